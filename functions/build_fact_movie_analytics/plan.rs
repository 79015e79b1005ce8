//! What a publish would do: the same work as a publish, rolled back in place of the commit.

use std::{cmp::Reverse, collections::BTreeMap};

use pipeline::{Day, facts::SpendChange};
use serde::Serialize;

use super::{Input, Outcome, Report, publish::End, try_publish};
use crate::deps::Deps;

/// Customers that a plan names.
const MOST_CUSTOMERS: usize = 5;

/// What the next publish would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    /// What the publish would report; `None` where nothing is new, or where there is no warehouse
    /// yet.
    pub publish: Option<Report>,
    /// The days that would be rebuilt, in order. Days that a check holds back are in `publish`.
    pub days: Vec<PlannedDay>,
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
    /// Sum of `review_score` afterwards.
    pub score_after: i64,
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
}

/// What a day comes to.
#[derive(Clone, Copy, Default)]
pub struct Sums {
    pub reviews: u64,
    pub score: i64,
}

/// Tells what a publish with this input would do. Writes nothing, but holds the lock of publishers
/// for a moment. An older SQLite schema is migrated, as by each command that opens the file.
pub async fn plan(deps: &Deps, input: &Input) -> anyhow::Result<Plan> {
    if !deps.warehouse.lock().await.exists() {
        return Ok(Plan::default());
    }
    let (outcome, Built { days, customers }) = try_publish(deps, input, End::RollBack).await?;
    let summary = deps.warehouse.lock().await.summary().await?;
    let publish = match outcome {
        Outcome::NothingNew => None,
        Outcome::Published(report) => Some(report),
    };
    let last_duration_ms = summary.publishes.first().map(|newest| newest.duration_ms);
    Ok(Plan { publish, days, customers, last_duration_ms, warehouse_exists: true })
}

/// Days that have, or had, reviews that count.
pub fn compared(before: &BTreeMap<Day, u64>, after: &BTreeMap<Day, Sums>) -> Vec<PlannedDay> {
    let days = after.iter().map(|(day, after)| PlannedDay {
        day: *day,
        reviews_before: before.get(day).copied().unwrap_or_default(),
        reviews_after: after.reviews,
        score_after: after.score,
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
    largest.truncate(MOST_CUSTOMERS);
    largest
}
