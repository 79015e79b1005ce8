//! What a publish would do: the same work as a publish, rolled back in place of the commit.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use pipeline::{
    Day,
    dimensions::{COUNT, DIMENSIONS},
    facts::{Fact, FactBatch, SpendChange, Unknown},
};
use serde::Serialize;
use warehouse::DayCount;

use super::{Input, Outcome, Report, publish::End, try_publish};
use crate::deps::Deps;

/// Customers that a plan names, and new members of each dimension.
const MOST_NAMED: usize = 5;

/// What the next publish would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    /// What the publish would report; `None` where nothing is new, or where there is no warehouse
    /// yet.
    pub publish: Option<Report>,
    /// The days that would be rebuilt, in order. Days that a check holds back are in `publish`.
    pub days: Vec<PlannedDay>,
    /// Dimensions that would get members, in their order.
    pub members: Vec<PlannedMembers>,
    /// The customers whose spend changes most, the greatest change first. None where all spend is
    /// counted anew.
    pub customers: Vec<PlannedSpend>,
    /// Milliseconds that the newest publish took; `None` before the first.
    pub last_duration_ms: Option<u64>,
    /// `false`: the first run makes the warehouse, so there is nothing to compare with.
    pub warehouse_exists: bool,
}

/// A day before and after the publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedDay {
    /// Its `log_date`.
    pub day: Day,
    /// Sum of `review_count` now.
    pub reviews_before: u64,
    /// Sum of `review_count` afterwards.
    pub reviews_after: u64,
    /// Sum of `review_score` now.
    pub score_before: i64,
    /// Sum of `review_score` afterwards.
    pub score_after: i64,
}

/// What a dimension would get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedMembers {
    /// Name of the dimension.
    pub dimension: &'static str,
    /// Texts that it does not have yet.
    pub added: u64,
    /// The first of them, five at most.
    pub first: Vec<String>,
}

/// A customer whose spend changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedSpend {
    /// `customerid` of the facts.
    pub customer: i64,
    /// The difference, in 1/1,000.
    pub change_milli: i128,
}

/// What a try found on its way to the commit.
#[derive(Default)]
pub struct Built {
    pub days: Vec<PlannedDay>,
    pub customers: Vec<PlannedSpend>,
    /// Texts that facts use, with the place of their dimension.
    pub texts: BTreeSet<(usize, String)>,
}

/// What a day comes to.
#[derive(Clone, Copy, Default)]
pub struct Sums {
    pub counted: Unknown,
    pub score: i64,
}

impl Sums {
    /// Adds the score of a fact, and its reviews where it has the text of code 0, `Unknown`.
    pub fn add(&mut self, fact: &Fact) {
        self.score += i64::from(fact.score);
        for place in (0..COUNT).filter(|place| fact.codes[*place] == 0) {
            self.counted.unknown[place] += fact.count.unsigned_abs() as u64;
        }
    }
}

/// Tells what a publish with this input would do. Writes nothing, but holds the lock of publishers
/// for a moment. An older SQLite schema is migrated, as by each command that opens the file.
pub async fn plan(deps: &Deps, input: &Input) -> anyhow::Result<Plan> {
    if !deps.warehouse.lock().await.exists() {
        return Ok(Plan::default());
    }
    let (outcome, built) = try_publish(deps, input, End::RollBack).await?;
    let Built { days, customers, texts } = built;
    let mut warehouse = deps.warehouse.lock().await;
    let (summary, known) = (warehouse.summary().await?, warehouse.texts().await?);
    let members = added(texts.difference(&known));
    let publish = match outcome {
        Outcome::NothingNew => None,
        Outcome::Published(report) => Some(report),
    };
    let last_duration_ms = summary.publishes.first().map(|newest| newest.duration_ms);
    Ok(Plan { publish, days, members, customers, last_duration_ms, warehouse_exists: true })
}

/// Texts of a batch that its facts use.
pub fn texts(facts: &FactBatch, into: &mut BTreeSet<(usize, String)>) {
    for (place, texts) in facts.texts.iter().enumerate() {
        let codes: BTreeSet<u32> = facts.rows.iter().map(|fact| fact.codes[place]).collect();
        let texts = codes.iter().filter_map(|code| texts.text(*code));
        into.extend(texts.map(|text| (place, text.to_owned())));
    }
}

fn added<'a>(texts: impl Iterator<Item = &'a (usize, String)>) -> Vec<PlannedMembers> {
    let mut members: BTreeMap<usize, PlannedMembers> = BTreeMap::new();
    for (place, text) in texts {
        let dimension = DIMENSIONS[*place].name;
        let new = || PlannedMembers { dimension, added: 0, first: Vec::new() };
        let of_dimension = members.entry(*place).or_insert_with(new);
        of_dimension.added += 1;
        if of_dimension.first.len() < MOST_NAMED {
            of_dimension.first.push(text.clone());
        }
    }
    members.into_values().collect()
}

/// Days that have, or had, reviews that count.
pub fn compared(before: &BTreeMap<Day, DayCount>, after: &BTreeMap<Day, Sums>) -> Vec<PlannedDay> {
    let days = after.iter().map(|(day, after)| {
        let before = before.get(day).copied().unwrap_or_default();
        PlannedDay {
            day: *day,
            reviews_before: before.reviews,
            reviews_after: after.counted.reviews,
            score_before: before.score,
            score_after: after.score,
        }
    });
    days.collect()
}

/// The greatest changes; customers whose total stays are left out.
pub fn largest(changes: &[SpendChange]) -> Vec<PlannedSpend> {
    let mut largest: Vec<_> = changes
        .iter()
        .filter(|change| change.amount_milli != 0)
        .map(|c| PlannedSpend { customer: c.customer, change_milli: c.amount_milli })
        .collect();
    largest.sort_unstable_by_key(|c| (Reverse(c.change_milli.unsigned_abs()), c.customer));
    largest.truncate(MOST_NAMED);
    largest
}
