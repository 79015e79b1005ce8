//! Cases: days are replaced, all at once or not at all.

use std::collections::BTreeMap;

use pipeline::{
    dimensions::{COUNT, DAILY, DIMENSIONS, place},
    facts::{DayTotal, UNKNOWN},
};

use super::{Connect, Connected, Daily, Done, FactRow, samples::*};
use crate::{DayCount, DayFact, Error, LoggedPublish, Publish, Published, State, Summary};

pub async fn an_empty_warehouse_has_no_state(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    assert_eq!(warehouse.state().await?, State::default());
    assert_eq!(warehouse.summary().await?, Summary::default());
    assert!(warehouse.day_counts(None).await?.is_empty());
    assert!(warehouse.facts().await?.is_empty());
    let unknown: Vec<_> =
        warehouse.members().await?.into_iter().map(|(_, key, text)| (key, text)).collect();
    assert_eq!(unknown, vec![(0, "Unknown".to_owned()); COUNT], "key 0 of each dimension");
    Ok(())
}

pub async fn what_was_published_is_read_back(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let review = Row { score: 2, count: 3, ..row(SUNDAY, 17_850).with("browser", "Firefox") };
    let published = publish_with_spend(
        &mut warehouse,
        vec![spend(17_850, 15_300, 1)],
        &batch(&[SUNDAY], &[review]),
    )
    .await?;
    assert_eq!(
        published,
        Published { publish_id: 1, days_replaced: 1, rows_inserted: 1, ..Published::default() }
    );

    // Another process sees it.
    let mut warehouse = connect();
    assert_eq!(
        warehouse.facts().await?,
        [FactRow {
            day: SUNDAY,
            customer: 17_850,
            texts: review.texts.map(|text| text.unwrap_or(UNKNOWN).to_owned()),
            amount_spent: 15.3,
            score: 2,
            count: 3,
            inserted_at: PUBLISHED_AT.to_owned(),
        }]
    );
    let state = warehouse.state().await?;
    assert_eq!((state.head.publish_id, state.fact_recipe.as_deref()), (1, Some(RECIPE)));
    assert_eq!(warehouse.day_counts(None).await?, [(SUNDAY, sums(3, 2))].into());
    Ok(())
}

pub async fn a_restated_day_is_replaced_and_other_days_stay(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let rows = [row(SUNDAY, 1), row(MONDAY, 1), row(MONDAY, 2), row(TUESDAY, 3)];
    publish(&mut warehouse, &batch(&[SUNDAY, MONDAY, TUESDAY], &rows)).await?;
    let restated = Row { score: 0, count: 5, ..row(MONDAY, 9) };
    let published = publish(&mut warehouse, &batch(&[MONDAY], &[restated])).await?;
    assert_eq!(
        published,
        Published {
            publish_id: 2,
            days_replaced: 1,
            rows_deleted: 2,
            rows_inserted: 1,
            rows_respent: 0
        }
    );
    assert_eq!(customers(&mut warehouse).await?, [(SUNDAY, 1), (MONDAY, 9), (TUESDAY, 3)]);
    let wanted = [MONDAY, pipeline::Day(0)].into();
    assert_eq!(warehouse.day_counts(Some(&wanted)).await?, [(MONDAY, sums(5, 0))].into());
    Ok(())
}

pub async fn a_day_may_become_empty(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    publish(&mut warehouse, &batch(&[SUNDAY, MONDAY], &[row(SUNDAY, 1), row(MONDAY, 2)])).await?;
    let published = publish(&mut warehouse, &batch(&[SUNDAY], &[])).await?;
    assert_eq!((published.days_replaced, published.rows_deleted), (1, 1));
    assert_eq!(customers(&mut warehouse).await?, [(MONDAY, 2)]);
    assert_eq!(warehouse.day_counts(None).await?, [(MONDAY, sums(1, 1))].into());
    let summary = warehouse.summary().await?;
    assert_eq!((summary.days, summary.first_day), (1, Some(MONDAY)));
    Ok(())
}

pub async fn a_publish_in_batches_is_one_publish(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let publish = next(&mut warehouse).await?;
    let mut publication = warehouse.begin(publish).await?;
    // Codes are local to a batch: Ohio is 1 here and 2 there.
    let ohio = row(TUESDAY, 1).with("location", "Ohio");
    publication.replace_days(&batch(&[TUESDAY], &[ohio])).await?;
    let rows = [row(SUNDAY, 1), row(MONDAY, 2).with("location", "Ohio")];
    publication.replace_days(&batch(&[SUNDAY, MONDAY], &rows)).await?;
    let published = publication.commit(&[]).await?.expect("a publish");
    assert_eq!((published.publish_id, published.days_replaced, published.rows_inserted), (1, 3, 3));
    let locations: BTreeMap<_, _> = warehouse
        .facts()
        .await?
        .into_iter()
        .map(|fact| (fact.day, fact.text("location").to_owned()))
        .collect();
    assert_eq!(locations.into_values().collect::<Vec<_>>(), ["Location", "Ohio", "Ohio"]);
    Ok(())
}

/// Parts of a day may have facts of the same grain, and each its own logs that wait.
pub async fn a_day_in_parts_adds_up(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    publish(&mut warehouse, &batch(&[SUNDAY], &[row(SUNDAY, 9)])).await?;
    let publish = Publish { spend: vec![spend(2, 7_500, 1)], ..next(&mut warehouse).await? };
    let mut publication = warehouse.begin(publish).await?;
    let counted = |score, count, row| Row { score, count, ..row };
    let parts = [
        vec![counted(1, 4, row(SUNDAY, 1)), counted(2, 2, row(SUNDAY, 2)), row(MONDAY, 5)],
        vec![],
        // Its texts have other codes than in the first part.
        vec![
            counted(0, 1, row(SUNDAY, 1).with("device", "Tablet")),
            counted(3, 3, row(SUNDAY, 2)),
            counted(1, 2, row(SUNDAY, 3)),
        ],
        vec![counted(0, 5, row(SUNDAY, 1)), counted(1, 1, row(SUNDAY, 2))],
    ];
    for rows in &parts {
        let mut part = batch(&[SUNDAY, MONDAY], rows);
        part.days[0].unmatched = 2;
        publication.replace_days(&part).await?;
    }
    let published = publication.commit(&[]).await?.expect("a publish");
    let Published { days_replaced, rows_deleted, rows_inserted, .. } = published;
    assert_eq!((days_replaced, rows_deleted, rows_inserted), (2, 1, 5));
    let mut facts: Vec<_> = warehouse
        .facts()
        .await?
        .into_iter()
        .map(|fact| {
            let text = fact.text("device").to_owned();
            (fact.day, fact.customer, text, fact.score, fact.count)
        })
        .collect();
    facts.sort();
    let (device, tablet) = (|| "Device".to_owned(), "Tablet".to_owned());
    let expected = [
        (SUNDAY, 1, device(), 1, 9),
        (SUNDAY, 1, tablet, 0, 1),
        (SUNDAY, 2, device(), 6, 6),
        (SUNDAY, 3, device(), 1, 2),
        (MONDAY, 5, device(), 1, 1),
    ];
    let counts = warehouse.day_counts(None).await?;
    assert_eq!(counts, [(SUNDAY, sums(18, 8)), (MONDAY, sums(1, 1))].into());
    assert_eq!(warehouse.summary().await?.unmatched_logs, 8);
    assert_eq!(facts, expected);
    let sums: Vec<_> = warehouse.daily().await?;
    let reviews: i64 = sums.iter().map(|daily| daily.count).sum();
    assert_eq!((reviews, sums.iter().map(|daily| daily.facts).sum::<i64>()), (19, 5));

    // The day is replaced as a whole again.
    let again = batch(&[SUNDAY], &[row(SUNDAY, 4)]);
    assert_eq!(self::publish(&mut warehouse, &again).await?.rows_deleted, 4);
    assert_eq!(customers(&mut warehouse).await?, [(SUNDAY, 4), (MONDAY, 5)]);
    Ok(())
}

pub async fn a_publish_in_between_is_noticed(connect: Connect<'_>) -> Done {
    let (mut slow, mut quick) = (connect(), connect());
    let stale = next(&mut slow).await?;
    publish(&mut quick, &batch(&[SUNDAY], &[row(SUNDAY, 1)])).await?;
    let moved = slow.begin(Publish { spend: vec![spend(1, 1_000, 1)], ..stale }).await.err();
    assert!(matches!(moved, Some(Error::Moved)), "{moved:?}");

    // The lock is free again, and beginning again works.
    assert!(slow.spend().await?.is_empty());
    publish(&mut slow, &batch(&[MONDAY], &[row(MONDAY, 2)])).await?;
    publish(&mut quick, &batch(&[TUESDAY], &[row(TUESDAY, 3)])).await?;
    assert_eq!(customers(&mut slow).await?, [(SUNDAY, 1), (MONDAY, 2), (TUESDAY, 3)]);
    Ok(())
}

pub async fn a_dropped_publication_changes_nothing(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let rows = [row(SUNDAY, 1), row(MONDAY, 1)];
    let first = batch(&[SUNDAY, MONDAY], &rows);
    publish_with_spend(&mut warehouse, vec![spend(1, 2_500, 1)], &first).await?;
    let before = everything(&mut warehouse).await?;

    let path = "log_reviews/a.csv";
    let change = Publish {
        receipts: vec![receipt(path, 1, lake::State::Accepted)],
        live: [(path.to_owned(), Some(1))].into(),
        reset_spend: true,
        spend: vec![spend(1, 9_000, 1), spend(7, 1_000, 1)],
        ..next(&mut warehouse).await?
    };
    let mut publication = warehouse.begin(change).await?;
    let new_texts = Row { texts: [Some("Plan 9"); COUNT], ..row(SUNDAY, 5) };
    publication.replace_days(&batch(&[SUNDAY], &[new_texts])).await?;
    drop(publication);

    assert_eq!(everything(&mut warehouse).await?, before);
    assert_eq!(everything(&mut connect()).await?, before);
    Ok(())
}

pub async fn a_rehearsal_tells_what_the_publish_does_and_changes_nothing(
    connect: Connect<'_>,
) -> Done {
    let mut warehouse = connect();
    let first = batch(&[SUNDAY, MONDAY], &[row(SUNDAY, 1), row(MONDAY, 1)]);
    publish_with_spend(&mut warehouse, vec![spend(1, 2_500, 1)], &first).await?;
    let before = everything(&mut warehouse).await?;

    let path = "log_reviews/a.csv";
    let change = Publish {
        receipts: vec![receipt(path, 1, lake::State::Accepted)],
        live: [(path.to_owned(), Some(1))].into(),
        spend: vec![spend(1, 9_000, 1), spend(7, 1_000, 1)],
        ..next(&mut warehouse).await?
    };
    let new_texts = Row { texts: [Some("Plan 9"); COUNT], ..row(SUNDAY, 5) };
    let facts = batch(&[SUNDAY], &[new_texts]);
    let mut publication = warehouse.begin(change.clone()).await?;
    publication.replace_days(&facts).await?;
    let rehearsed = publication.rehearse(&[]).await?;
    assert_eq!(everything(&mut warehouse).await?, before);
    assert_eq!(everything(&mut connect()).await?, before);

    let mut publication = warehouse.begin(change).await?;
    publication.replace_days(&facts).await?;
    assert_eq!(publication.commit(&[]).await?, rehearsed);
    assert_eq!(rehearsed.map(|published| published.rows_respent), Some(1));
    Ok(())
}

pub async fn a_failed_batch_cannot_be_committed(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let good = batch(&[SUNDAY], &[row(SUNDAY, 1)]);
    publish(&mut warehouse, &good).await?;
    let before = everything(&mut warehouse).await?;

    let stray = batch(&[SUNDAY], &[row(SUNDAY, 2), row(MONDAY, 2)]);
    let mut unsorted = batch(&[SUNDAY, MONDAY], &[row(SUNDAY, 3), row(MONDAY, 3)]);
    unsorted.rows.reverse();
    let mut uncoded = batch(&[SUNDAY], &[row(SUNDAY, 4)]);
    uncoded.rows[0].codes[1] = 99;
    for bad in [stray, unsorted, uncoded] {
        let publish = next(&mut warehouse).await?;
        let mut publication = warehouse.begin(publish).await?;
        let error = publication.replace_days(&bad).await.err();
        assert!(matches!(error, Some(Error::Permanent(_))), "{error:?}");
        let error = publication.commit(&[]).await.err();
        assert!(matches!(error, Some(Error::Permanent(_))), "{error:?}");
    }
    assert_eq!(everything(&mut warehouse).await?, before);
    Ok(())
}

pub async fn the_summary_counts_everything(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let rows = [
        Row { score: 1, count: 4, ..row(SUNDAY, 1) },
        Row { score: 0, count: 1, ..row(SUNDAY, 1).with("device", "Tablet") },
        Row {
            score: 2,
            count: 2,
            ..row(TUESDAY, 2).with("browser", "Lynx").with("location", "Ohio")
        },
    ];
    let mut facts = batch(&[SUNDAY, MONDAY, TUESDAY], &rows);
    facts.days[0].unmatched = 3;
    facts.days[1] = DayTotal { day: MONDAY, matched: 0, unmatched: 8, other_customers: 0 };
    let bought = vec![spend(1, 10, 1), spend(8, 10, 1), spend(9, 0, 1)];
    let mut staged = receipt("movie_review/a.csv", 1, lake::State::Accepted);
    staged.rows.staged = 12;
    let first = Publish {
        spend: bought,
        live: [(staged.path.clone(), Some(1))].into(),
        receipts: vec![staged],
        ..next(&mut warehouse).await?
    };
    publish_all(&mut warehouse, first, &facts, &[]).await?;
    let logged = LoggedPublish {
        publish_id: 1,
        published_at: PUBLISHED_AT.to_owned(),
        receipts: 1,
        days_replaced: 3,
        rows_inserted: 3,
        ..LoggedPublish::default()
    };
    let mut members = DIMENSIONS.map(|dimension| u64::from(dimension.is_required));
    for with_another in ["device", "location", "browser"] {
        members[place(with_another)] += 1;
    }
    let expected = Summary {
        publish_id: 1,
        published_at: Some(PUBLISHED_AT.to_owned()),
        facts: 3,
        reviews: 7,
        positive_reviews: 3,
        customers: 2,
        buyers: 3,
        days: 2,
        first_day: Some(SUNDAY),
        last_day: Some(TUESDAY),
        members,
        variants: Vec::new(),
        unmatched_logs: 11,
        uncounted_reviews: 5,
        held_customers: Vec::new(),
        refused_days: Vec::new(),
        latency: Vec::new(),
        publishes: vec![logged],
    };
    assert_eq!(warehouse.summary().await?, expected);

    // The logs that waited found their reviews.
    let found = Row { count: 8, ..row(MONDAY, 1) };
    publish(&mut warehouse, &batch(&[MONDAY], &[found])).await?;
    let summary = warehouse.summary().await?;
    assert_eq!((summary.reviews, summary.days, summary.unmatched_logs), (15, 3, 3));
    assert_eq!(summary.uncounted_reviews, 0);
    let newest: Vec<i64> = summary.publishes.iter().map(|publish| publish.publish_id).collect();
    assert_eq!(newest, [2, 1]);
    Ok(())
}

pub async fn facts_of_a_day_are_those_of_the_reports(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let rows: Vec<_> = [(SUNDAY, 2), (SUNDAY, 1), (MONDAY, 1), (SUNDAY, i64::MIN)]
        .into_iter()
        .map(|(day, customer)| row(day, customer))
        .chain([row(SUNDAY, 1).with("device", "Tablet")])
        .collect();
    publish(&mut warehouse, &batch(&[SUNDAY, MONDAY], &rows)).await?;
    let facts = warehouse.facts_of_day(SUNDAY, None).await?;
    let customers: Vec<_> = facts.iter().map(|fact| fact.customer).collect();
    assert_eq!(customers, [i64::MIN, 1, 1, 2], "in order of customers");
    let shown = |fact: DayFact| {
        let DayFact { customer, texts, amount_e5, score, count, inserted_at } = fact;
        let amount_spent = amount_e5 as f64 / 100_000.0;
        let (score, count) = (score.into(), count.into());
        FactRow { day: SUNDAY, customer, texts, amount_spent, score, count, inserted_at }
    };
    let mut shown: Vec<_> = facts.into_iter().map(shown).collect();
    let mut reported = warehouse.facts().await?;
    reported.retain(|fact| fact.day == SUNDAY);
    shown.sort_by(|a, b| a.partial_cmp(b).expect("amounts are numbers"));
    reported.sort_by(|a, b| a.partial_cmp(b).expect("amounts are numbers"));
    assert_eq!(shown, reported);
    assert_eq!(warehouse.facts_of_day(SUNDAY, Some(1)).await?.len(), 2);
    assert_eq!(warehouse.facts_of_day(TUESDAY, None).await?, []);
    Ok(())
}

pub async fn daily_sums_equal_the_facts(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let devices = ["Mobile", "Tablet", "Computer"];
    let systems = ["Linux", "Google Android"];
    let locations = ["Kansas", "Ohio", "Zürich", "Zurich"];
    // Each publish rebuilds other days, with other rows.
    for (publish_id, days) in
        [vec![SUNDAY, MONDAY, TUESDAY], vec![MONDAY], vec![SUNDAY, TUESDAY], vec![TUESDAY]]
            .into_iter()
            .enumerate()
    {
        let mut rows = Vec::new();
        for (nth, &day) in days.iter().enumerate() {
            for customer in 0..50 - 10 * publish_id {
                let pick = customer * 7 + nth * 3 + publish_id;
                let row = row(day, customer as i64).with("device", devices[pick % 3]);
                let row =
                    row.with("os", systems[pick % 2]).with("location", locations[pick / 2 % 4]);
                rows.push(Row { score: (pick % 3) as i32, count: 2 + (pick % 5) as i32, ..row });
            }
        }
        publish(&mut warehouse, &batch(&days, &rows)).await?;
        let mut daily = warehouse.daily().await?;
        daily.sort();
        assert_eq!(daily, grouped(&warehouse.facts().await?), "publish {}", publish_id + 1);
    }
    Ok(())
}

fn sums(reviews: u64, score: i64) -> DayCount {
    DayCount { reviews, score }
}

/// The facts, added up as `agg_daily` has them.
fn grouped(facts: &[FactRow]) -> Vec<Daily> {
    let mut groups: BTreeMap<_, (i64, i64, i64)> = BTreeMap::new();
    for fact in facts {
        let texts = DAILY.each_ref().map(|daily| fact.texts[daily.place].clone());
        let group = groups.entry((fact.day, texts)).or_default();
        *group = (group.0 + fact.score, group.1 + fact.count, group.2 + 1);
    }
    let groups = groups.into_iter();
    groups
        .map(|((day, texts), (score, count, facts))| Daily { day, texts, score, count, facts })
        .collect()
}

async fn customers(warehouse: &mut Connected) -> Result<Vec<(pipeline::Day, i64)>, Error> {
    let facts = warehouse.facts().await?;
    let mut customers: Vec<_> = facts.into_iter().map(|fact| (fact.day, fact.customer)).collect();
    customers.sort();
    Ok(customers)
}

/// All that a publish can change, to be compared.
async fn everything(warehouse: &mut Connected) -> Result<String, Error> {
    let mut facts = warehouse.facts().await?;
    facts.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    let (mut daily, mut members) = (warehouse.daily().await?, warehouse.members().await?);
    let (mut amounts, mut spend) = (warehouse.amounts().await?, warehouse.spend().await?);
    daily.sort();
    members.sort();
    amounts.sort();
    spend.sort();
    let (state, summary) = (warehouse.state().await?, warehouse.summary().await?);
    Ok(format!("{state:?} {summary:?} {facts:?} {daily:?} {members:?} {amounts:?} {spend:?}"))
}
