//! The rules as they are written, over plain maps: the greater path wins, then join, then group.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use engine::{Engine, Error, Live};
use futures_util::TryStreamExt;
use pipeline::{
    Day,
    dimensions::{DIMENSIONS, Dimension, place},
    facts::{Fact, FactBatch},
};

use super::world::World;

/// Review id -> (customer, positive).
pub type Reviews = BTreeMap<i64, (i64, bool)>;
/// Log id -> (day of April 2021, device).
pub type Logs = BTreeMap<i64, (u32, &'static str)>;

#[derive(Clone, Default, PartialEq)]
pub struct Files {
    pub reviews: BTreeMap<String, Reviews>,
    pub logs: BTreeMap<String, Logs>,
}

impl Files {
    /// Adds a file of reviews.
    pub fn review(&mut self, name: impl Display, rows: Reviews) {
        self.reviews.insert(format!("movie_review/{name}.csv"), rows);
    }

    /// Adds a file of logs.
    pub fn log(&mut self, name: impl Display, rows: Logs) {
        self.logs.insert(format!("log_reviews/{name}.csv"), rows);
    }
}

/// Grain (day, customer, device) -> (score, count).
pub type Facts = BTreeMap<(Day, i64, String), (i32, i32)>;

/// Logs that wait, by day.
pub type Waiting = BTreeMap<Day, u64>;

pub fn april(day: u32) -> Day {
    Day::from_ymd(2021, 4, day).unwrap()
}

pub fn model(files: &Files) -> (Facts, Waiting) {
    let reviews: Reviews = files.reviews.values().flatten().map(|(id, r)| (*id, *r)).collect();
    let logs: Logs = files.logs.values().flatten().map(|(id, l)| (*id, *l)).collect();
    let (mut facts, mut waiting) = (Facts::new(), Waiting::new());
    for (id, (day, device)) in logs {
        match reviews.get(&id) {
            Some((customer, positive)) => {
                let fact = facts.entry((april(day), *customer, device.to_owned())).or_default();
                fact.0 += i32::from(*positive);
                fact.1 += 1;
            }
            None => *waiting.entry(april(day)).or_default() += 1,
        }
    }
    (facts, waiting)
}

/// Logs of each day whose review has another customer in another file.
pub fn other_customers(files: &Files) -> BTreeMap<Day, u64> {
    let logs: Logs = files.logs.values().flatten().map(|(id, l)| (*id, *l)).collect();
    let mut customers: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for (id, (customer, _)) in files.reviews.values().flatten() {
        customers.entry(*id).or_default().insert(*customer);
    }
    let mut days = BTreeMap::new();
    for (id, (day, _)) in logs {
        if customers.get(&id).is_some_and(|customers| customers.len() > 1) {
            *days.entry(april(day)).or_default() += 1;
        }
    }
    days
}

/// What the totals of the batches say of them.
pub fn found_customers(batches: &[FactBatch]) -> BTreeMap<Day, u64> {
    let mut days = BTreeMap::new();
    for total in batches.iter().flat_map(|batch| &batch.days) {
        if total.other_customers > 0 {
            *days.entry(total.day).or_default() += total.other_customers;
        }
    }
    days
}

pub fn review_csv(reviews: &Reviews) -> String {
    let row = |(id, (customer, positive)): (&i64, &(i64, bool))| {
        format!("{customer},{},{id}\n", if *positive { "good" } else { "bad" })
    };
    format!("cid,review_str,id_review\n{}", reviews.iter().map(row).collect::<String>())
}

pub fn log_csv(logs: &Logs) -> String {
    let row = |(id, (day, device)): (&i64, &(u32, &str))| log_row(*id, *day, &[("device", device)]);
    format!("id_review,log\n{}", logs.iter().map(row).collect::<String>())
}

/// A line of a log file, with these texts, and with any text of other required dimensions.
pub fn log_row(id: i64, day: u32, texts: &[(&str, &str)]) -> String {
    let mut elements = String::new();
    for Dimension { name, element, is_required, label, .. } in &DIMENSIONS {
        let given = texts.iter().find(|(given, _)| given == name).map(|(_, text)| *text);
        if let Some(text) = given.or(is_required.then_some(*label)) {
            elements += &format!("<{element}>{text}</{element}>");
        }
    }
    format!(
        "{id},<reviewlog><log><logDate>04-{day:02}-2021</logDate>{elements}</log></reviewlog>\n"
    )
}

pub fn csv(files: &Files) -> Vec<(&str, String)> {
    let reviews = files.reviews.iter().map(|(name, rows)| (name.as_str(), review_csv(rows)));
    reviews.chain(files.logs.iter().map(|(name, rows)| (name.as_str(), log_csv(rows)))).collect()
}

/// The facts of one batch of days, in one part or more.
pub async fn parts(
    engine: &dyn Engine,
    live: &Live,
    days: &BTreeSet<Day>,
) -> Result<Vec<FactBatch>, Error> {
    engine.facts(live, days).try_collect().await
}

pub async fn build(engine: &dyn Engine, live: &Live, days: &BTreeSet<Day>) -> Vec<FactBatch> {
    let mut batches = Vec::new();
    for days in engine.batches(live, days) {
        batches.extend(parts(engine, live, &days).await.unwrap());
    }
    batches
}

/// The days on which logs of the model may lie.
pub fn all_days() -> BTreeSet<Day> {
    (1..=5).map(april).collect()
}

/// The engine builds from these files the facts that the rules say.
pub async fn assert_model(world: &World<'_>, files: &Files) {
    let live = world.live(&csv(files)).await;
    let batches = build(world.engine().as_ref(), &live, &all_days()).await;
    assert_eq!(plain(&batches), model(files));
}

/// The text of a dimension.
pub fn text(batch: &FactBatch, fact: &Fact, dimension: &str) -> String {
    let place = place(dimension);
    batch.texts[place].text(fact.codes[place]).unwrap().to_owned()
}

/// Batches as the model has them. In each of them a grain stands once, days come in order and
/// totals add up.
#[track_caller]
pub fn plain(batches: &[FactBatch]) -> (Facts, Waiting) {
    let (mut facts, mut waiting) = (Facts::new(), Waiting::new());
    for batch in batches {
        let mut grains = BTreeSet::new();
        assert!(batch.rows.is_sorted_by_key(|fact| fact.day));
        assert!(batch.days.is_sorted_by_key(|total| total.day));
        for row in &batch.rows {
            let device = text(batch, row, "device");
            assert!(grains.insert((row.day, row.customer, row.codes)), "{row:?} stands twice");
            let fact = facts.entry((row.day, row.customer, device)).or_default();
            (fact.0, fact.1) = (fact.0 + row.score, fact.1 + row.count);
        }
        for total in &batch.days {
            if total.unmatched > 0 {
                *waiting.entry(total.day).or_default() += total.unmatched;
            }
            let counted = batch.rows.iter().filter(|fact| fact.day == total.day);
            assert_eq!(total.matched, counted.map(|fact| fact.count as u64).sum::<u64>());
        }
    }
    (facts, waiting)
}
