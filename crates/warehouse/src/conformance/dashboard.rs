//! Cases: what people see is what the facts come to.

use std::collections::{BTreeMap, BTreeSet};

use lake::State;
use pipeline::{
    Day,
    dimensions::{DAILY, place},
};

use super::{Connect, Connected, Done, FactRow, samples::*};
use crate::{
    Publish, RefusedDay,
    dashboard::{Customers, Dashboard, Filter, LatestPublish, Sums},
};

/// Texts that differ in little, or that mean something elsewhere.
const LOCATIONS: [&str; 6] =
    ["Kansas", "kansas", "<script>alert(1)</script>", "' OR 1=1 --", "[1]", "Zürich"];
const DEVICES: [&str; 3] = ["Mobile", "Tablet", "\"; DROP TABLE agg_daily"];
const SYSTEMS: [&str; 3] = ["Linux", "LINUX", "Unknown"];

pub async fn an_empty_warehouse_has_a_dashboard(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    assert_eq!(warehouse.latest_publish().await?, None);
    let nobody = Some(Customers::default());
    let expected = Dashboard { customers: nobody, ..Dashboard::default() };
    assert_eq!(warehouse.dashboard(&Filter::default()).await?, expected);
    let filter = Filter { from: Some(SUNDAY), ..filter([("location", &["Kansas"][..])]) };
    assert_eq!(warehouse.dashboard(&filter).await?, expected);
    Ok(())
}

pub async fn a_dashboard_adds_up_what_its_filter_chooses(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let days = [SUNDAY, MONDAY, TUESDAY, Day(SUNDAY.0 + 400)];
    let rows: Vec<_> = (0..600_usize)
        .map(|nth| {
            let row = Row {
                score: (nth % 3) as i32,
                count: 2 + (nth % 4) as i32,
                ..row(days[nth % days.len()], (nth / 5) as i64)
            };
            let row = row.with("device", DEVICES[nth % 3]).with("os", SYSTEMS[nth / 7 % 3]);
            let row = row.with("location", LOCATIONS[nth / 3 % 6]);
            if nth % 2 == 0 { row.with("browser", "Lynx") } else { row }
        })
        .collect();
    // Some customers of the facts bought nothing, some buyers wrote nothing.
    let bought = (0..200).step_by(3).map(|customer| spend(customer, 7 * i128::from(customer), 1));
    publish_with_spend(&mut warehouse, bought.collect(), &batch(&days, &rows)).await?;

    let none: &[&str] = &[];
    for locations in [none, &["Kansas"], &["kansas", "' OR 1=1 --"], &LOCATIONS, &["Atlantis"]] {
        for devices in [none, &["Tablet", DEVICES[2]]] {
            for systems in [none, &["LINUX"], &["Unknown", "Linux"]] {
                for (from, to) in
                    [(None, None), (Some(MONDAY), Some(TUESDAY)), (Some(TUESDAY), Some(SUNDAY))]
                {
                    let texts = [("location", locations), ("device", devices), ("os", systems)];
                    let filter = Filter { from, to, ..filter(texts) };
                    check(&mut warehouse, &filter).await?;
                }
            }
        }
    }
    Ok(())
}

pub async fn texts_of_a_filter_are_compared_byte_for_byte(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let rows = LOCATIONS.map(|location| row(SUNDAY, 1).with("location", location));
    publish(&mut warehouse, &batch(&[SUNDAY], &rows)).await?;
    for wanted in ["KANSAS", "Kansas ", "Zurich", "", "%", "' OR 1=1", "1", "0"] {
        let dashboard = warehouse.dashboard(&filter([("location", &[wanted][..])])).await?;
        let locations = &dashboard.members[daily_place("location")];
        assert_eq!(dashboard.total(), Sums::default(), "{wanted:?}");
        assert_eq!(dashboard.customers, Some(Customers::default()), "{wanted:?}");
        assert!(locations.iter().all(|member| !member.chosen), "{wanted:?}");
        // What they would add is shown nevertheless.
        assert!(locations.iter().all(|member| member.sums.reviews == 1), "{wanted:?}");
    }
    Ok(())
}

pub async fn a_dashboard_shows_the_newest_publish(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let path = "log_reviews/a.csv";
    let change = Publish {
        receipts: vec![receipt(path, 1, State::Accepted), receipt(path, 2, State::Rejected)],
        live: [(path.to_owned(), Some(1))].into(),
        ..next(&mut warehouse).await?
    };
    publish_all(&mut warehouse, change, &batch(&[SUNDAY], &[row(SUNDAY, 1)]), &[]).await?;
    // By another process, which looked before.
    let mut reader = connect();
    assert_eq!(reader.dashboard(&Filter::default()).await?.total().reviews, 1);
    let (day, check, detail) = (MONDAY, "day_shrink".to_owned(), "1 instead of 9".to_owned());
    let refused = RefusedDay { day, publish_id: 0, since: String::new(), check, detail };
    let rows = [Row { count: 5, ..row(SUNDAY, 1) }];
    let change = next(&mut warehouse).await?;
    publish_all(&mut warehouse, change, &batch(&[SUNDAY], &rows), std::slice::from_ref(&refused))
        .await?;

    let latest =
        LatestPublish { publish_id: 2, published_at: PUBLISHED_AT.to_owned(), absorption_id: 0 };
    assert_eq!(reader.latest_publish().await?, Some(latest.clone()));
    let dashboard = reader.dashboard(&Filter::default()).await?;
    assert_eq!(dashboard.latest, Some(latest));
    assert_eq!((dashboard.total().reviews, dashboard.span), (5, Some((SUNDAY, SUNDAY))));
    assert_eq!(
        dashboard.refused_days,
        [RefusedDay { publish_id: 2, since: PUBLISHED_AT.to_owned(), ..refused }]
    );
    let freshness: Vec<_> =
        dashboard.freshness.iter().map(|f| (&*f.dataset, f.live, f.refused)).collect();
    assert_eq!(freshness, [("review_logs", 1, 1)]);
    assert_eq!(dashboard.freshness[0].newest_at.as_deref(), Some(PUBLISHED_AT));
    Ok(())
}

/// Sums that fit neither a double nor 64 bits.
pub async fn spend_of_a_dashboard_is_exact(connect: Connect<'_>) -> Done {
    const MOST_MILLI: i128 = 9_999_999_999_999_999;
    let mut warehouse = connect();
    let rows: Vec<_> = (0..40).map(|customer| row(SUNDAY, customer)).collect();
    let bought = (0..40).map(|customer| spend(customer, MOST_MILLI - i128::from(customer), 1));
    publish_with_spend(&mut warehouse, bought.collect(), &batch(&[SUNDAY], &rows)).await?;
    let spend_e5 = (0..40).map(|customer| 100 * (MOST_MILLI - customer)).sum();
    assert!(spend_e5 > i64::MAX.into());
    let dashboard = warehouse.dashboard(&Filter::default()).await?;
    let expected = Customers { count: 40, spend_e5 };
    assert_eq!((dashboard.customers, dashboard.buyers), (Some(expected), expected));
    Ok(())
}

/// A filter on these texts of dimensions.
fn filter<const N: usize>(wanted: [(&str, &[&str]); N]) -> Filter {
    let mut filter = Filter::default();
    for (dimension, texts) in wanted {
        let texts = texts.iter().map(|text| (*text).to_owned());
        filter.texts[daily_place(dimension)] = texts.collect();
    }
    filter
}

fn daily_place(dimension: &str) -> usize {
    DAILY.iter().position(|daily| daily.place == place(dimension)).expect("one of the dashboard")
}

/// Holds the dashboard against the facts, one by one.
async fn check(warehouse: &mut Connected, filter: &Filter) -> Done {
    let found = warehouse.dashboard(filter).await?;
    let facts = warehouse.facts().await?;
    let spend: BTreeMap<i64, i64> = warehouse.spend().await?.into_iter().collect();
    let within =
        |wanted: &BTreeSet<String>, text: &String| wanted.is_empty() || wanted.contains(text);
    let text = |fact: &FactRow, nth: usize| fact.texts[DAILY[nth].place].clone();
    let lets = |fact: &FactRow| -> [bool; DAILY.len()] {
        std::array::from_fn(|nth| within(&filter.texts[nth], &text(fact, nth)))
    };
    let in_days = |fact: &&FactRow| {
        filter.from.is_none_or(|from| from <= fact.day) && filter.to.is_none_or(|to| fact.day <= to)
    };
    let in_span: Vec<&FactRow> = facts.iter().filter(in_days).collect();
    let chosen = || in_span.iter().filter(|fact| lets(fact) == [true; DAILY.len()]);

    let mut days: BTreeMap<Day, Sums> = BTreeMap::new();
    for fact in chosen() {
        *days.entry(fact.day).or_default() += sums(fact);
    }
    assert_eq!(found.days, days, "{filter:?}");
    let customers: BTreeSet<i64> = chosen().map(|fact| fact.customer).collect();
    let spent = customers.iter().filter_map(|customer| spend.get(customer));
    let expected = Customers {
        count: customers.len() as u64,
        spend_e5: spent.map(|e5| i128::from(*e5)).sum(),
    };
    assert_eq!(found.customers, Some(expected), "{filter:?}");
    let expected = Customers {
        count: spend.len() as u64,
        spend_e5: spend.values().map(|e5| i128::from(*e5)).sum(),
    };
    assert_eq!(found.buyers, expected);

    for (nth, (members, wanted)) in found.members.iter().zip(&filter.texts).enumerate() {
        let mut expected: BTreeMap<String, Sums> = BTreeMap::new();
        for fact in &facts {
            // `Unknown` is shown where it has reviews.
            if text(fact, nth) != "Unknown" {
                expected.entry(text(fact, nth)).or_default();
            }
        }
        for fact in &in_span {
            if (0..DAILY.len()).all(|other| other == nth || lets(fact)[other]) {
                *expected.entry(text(fact, nth)).or_default() += sums(fact);
            }
        }
        let expected: Vec<_> = expected
            .iter()
            .map(|(text, sums)| (text.as_str(), *sums, within(wanted, text)))
            .collect();
        let found: Vec<_> = members
            .iter()
            .map(|member| (member.text.as_str(), member.sums, member.chosen))
            .collect();
        assert_eq!(found, expected, "dimension {nth} under {filter:?}");
    }
    Ok(())
}

fn sums(fact: &FactRow) -> Sums {
    Sums { reviews: fact.count as u64, positive: fact.score as u64 }
}
