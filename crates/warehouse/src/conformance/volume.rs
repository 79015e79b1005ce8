//! Cases: many rows at once.

use pipeline::{
    Day,
    dimensions::COUNT,
    facts::{DayTotal, Fact, FactBatch},
};

use super::{Connect, Done, samples::*};
use crate::dashboard::{Filter, MOST_FACTS};

const DAYS: i32 = 365;
const CUSTOMERS: i64 = 5_000;

pub async fn half_a_million_facts_are_published_at_once(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let facts = many(500_000);
    let bought = (0..CUSTOMERS).map(|customer| spend(customer, customer.into(), 1)).collect();
    let published = publish_with_spend(&mut warehouse, bought, &facts).await?;
    assert_eq!((published.rows_inserted, published.rows_respent), (500_000, 0));
    let summary = warehouse.summary().await?;
    assert_eq!((summary.facts, summary.reviews, summary.days), (500_000, 1_000_000, 365));
    let counts = warehouse.day_counts(None).await?;
    assert_eq!(counts.values().map(|count| count.reviews).sum::<u64>(), 1_000_000);

    // Rebuilt whole, with nothing changed.
    let published = publish(&mut warehouse, &facts).await?;
    assert_eq!((published.rows_deleted, published.rows_inserted), (500_000, 500_000));

    // One customer in five spends again.
    let bought = (0..CUSTOMERS).step_by(5).map(|customer| spend(customer, 1, 1)).collect();
    let published = publish_with_spend(&mut warehouse, bought, &batch(&[], &[])).await?;
    assert_eq!(published.rows_respent, 100_000);
    let newest = warehouse.summary().await?;
    assert_eq!((newest.facts, newest.reviews), (summary.facts, summary.reviews));

    // As many facts as the dashboard looks at one by one, and one more.
    let all = Filter::default();
    let counted = warehouse.dashboard(&all).await?.customers.map(|customers| customers.count);
    assert_eq!((MOST_FACTS, counted), (500_000, Some(CUSTOMERS as u64)));
    publish(&mut warehouse, &batch(&[Day(0)], &[row(Day(0), 1)])).await?;
    let dashboard = warehouse.dashboard(&all).await?;
    assert_eq!((dashboard.total().reviews, dashboard.customers), (1_000_001, None));
    let later = Filter { from: Some(SUNDAY), ..all };
    assert_eq!(warehouse.dashboard(&later).await?.customers.map(|c| c.count), counted);
    Ok(())
}

pub async fn texts_of_any_number_are_told_apart(connect: Connect<'_>) -> Done {
    const TEXTS: usize = 4_000;
    let mut warehouse = connect();
    // As long as they may be: 10 MB, more than a publish holds before it sends them.
    let texts: Vec<String> =
        (0..TEXTS).map(|nth| format!("{nth:06}{}", "\u{3042}".repeat(194))).collect();
    let rows: Vec<Row<'_>> = (0..)
        .zip(&texts)
        .map(|(customer, text)| Row { texts: [Some(text); COUNT], ..row(SUNDAY, customer) })
        .collect();
    let mut publication = warehouse.begin(next(&mut connect()).await?).await?;
    for _ in 0..2 {
        publication.replace_days(&batch(&[SUNDAY], &rows)).await?;
    }
    let published = publication.commit(&[]).await?.expect("a publish");
    assert_eq!(published.rows_inserted, TEXTS as u64);
    assert_eq!(warehouse.summary().await?.members, [TEXTS as u64; COUNT]);
    for fact in warehouse.facts().await? {
        assert_eq!((fact.score, fact.count), (2, 2));
        assert!(fact.texts.iter().all(|text| *text == texts[fact.customer as usize]));
    }
    Ok(())
}

/// Facts over a year of days and [`CUSTOMERS`], as many of each.
fn many(facts: i64) -> FactBatch {
    let mut batch = FactBatch::default();
    // Of one dimension 50 members, of the next seven, and so on.
    let members = |place: usize| [50, 7, 5, 3][place % 4];
    for (place, texts) in batch.texts.iter_mut().enumerate() {
        for member in 1..members(place) {
            texts.code(&format!("member {member}"));
        }
    }
    for nth in 0..facts {
        // The remainders of a prime step visit all customers equally often.
        let pick = (nth * 7_919) as usize;
        batch.rows.push(Fact {
            day: Day(SUNDAY.0 + (nth * i64::from(DAYS) / facts) as i32),
            customer: (nth * 7_919) % CUSTOMERS,
            codes: std::array::from_fn(|place| (pick / (1 + 4 * place) % members(place)) as u32),
            score: (nth % 3) as i32,
            count: 2,
        });
    }
    batch.rows.sort_unstable();
    for day in batch.rows.chunk_by(|a, b| a.day == b.day) {
        batch.days.push(DayTotal {
            day: day[0].day,
            matched: 2 * day.len() as u64,
            unmatched: 0,
            other_customers: 0,
        });
    }
    batch
}
