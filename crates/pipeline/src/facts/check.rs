//! Quality checks of candidate facts, day by day, before they replace what is published.

use std::{collections::BTreeMap, fmt};

use super::{Fact, FactBatch};
use crate::Day;

/// A check that a day can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Each customer, date and text of every dimension stands once.
    UniqueGrain,
    /// 0 <= score <= count, and count is at least 1.
    ScoreWithinCount,
    /// The counts sum up to the reviews that were matched.
    CountsMatchReviews,
    /// The day does not lose more than the allowed share of its reviews.
    DayShrink,
    /// Not too many of the day's reviews have another customer in another file: ids were given twice.
    SameCustomer,
    /// The day's facts fit the memory budget: an engine that cannot cut a day may fail it.
    FitsMemory,
}

impl Check {
    /// In the order in which a day is checked.
    pub const ALL: [Self; 6] = [
        Self::UniqueGrain,
        Self::ScoreWithinCount,
        Self::CountsMatchReviews,
        Self::DayShrink,
        Self::SameCustomer,
        Self::FitsMemory,
    ];

    /// Name in reports, and in the warehouse's list of refused days.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UniqueGrain => "unique_grain",
            Self::ScoreWithinCount => "score_within_count",
            Self::CountsMatchReviews => "counts_match_reviews",
            Self::DayShrink => "day_shrink",
            Self::SameCustomer => "same_customer",
            Self::FitsMemory => "fits_memory",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A day that failed a check, with what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// A day of the batch; it keeps the rows that are published.
    pub day: Day,
    /// The first that the day failed.
    pub check: Check,
    /// What was found, in a sentence with counts and without row contents.
    pub detail: String,
}

/// Checks every day of a batch, which may hold a part of its grains.
pub fn check(batch: &FactBatch) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut rest = batch.rows.as_slice();
    for total in &batch.days {
        let (rows, others) = rest.split_at(rest.partition_point(|fact| fact.day <= total.day));
        rest = others;
        let found = grain(rows).or_else(|| scores(rows)).or_else(|| counts(rows, total.matched));
        if let Some((check, detail)) = found {
            violations.push(Violation { day: total.day, check, detail });
        }
    }
    violations
}

/// Checks that no day loses too many of its reviews. `before` has those that each day counts now,
/// `after` those that it would count; `max_shrink` is the largest share of them that a day may
/// lose, `None` where a restated file or an operator explains the loss.
pub fn check_shrink(
    before: &BTreeMap<Day, u64>,
    after: &BTreeMap<Day, u64>,
    max_shrink: impl Fn(Day) -> Option<f64>,
) -> Vec<Violation> {
    let violation = |(day, after): (&Day, &u64)| {
        let before = before.get(day).copied().unwrap_or(0);
        let (check, detail) = shrink(*after, before, max_shrink(*day)?)?;
        Some(Violation { day: *day, check, detail })
    };
    after.iter().filter_map(violation).collect()
}

/// Checks that no more than a share of each day's reviews has another customer in another file.
/// `reviews` has those of each day, and all of the day.
pub fn check_customers(
    reviews: &BTreeMap<Day, (u64, u64)>,
    max_share: impl Fn(Day) -> Option<f64>,
) -> Vec<Violation> {
    let violation = |(&day, &(others, all)): (&Day, &(u64, u64))| {
        let detail = format!(
            "{others} of {all} reviews have another customer in another file: their ids were \
             given twice, or a file corrects another; have ids that are unique over all files, \
             or exclude a file"
        );
        let check = Check::SameCustomer;
        (others as f64 > all as f64 * max_share(day)?).then_some(Violation { day, check, detail })
    };
    reviews.iter().filter_map(violation).collect()
}

type Found = Option<(Check, String)>;

fn grain(rows: &[Fact]) -> Found {
    // The engine has sorted by customer, so only the few rows of each are looked at together.
    let by_customer;
    let rows = if rows.is_sorted_by_key(|fact| fact.customer) {
        rows
    } else {
        let mut copy = rows.to_vec();
        copy.sort_unstable_by_key(|fact| fact.customer);
        by_customer = copy;
        &by_customer
    };
    let (mut twice, mut keys) = (0, Vec::new());
    for rows in rows.chunk_by(|a, b| a.customer == b.customer).filter(|rows| rows.len() > 1) {
        keys.clear();
        keys.extend(rows.iter().map(|f| (f.day, f.codes)));
        keys.sort_unstable();
        twice += keys.windows(2).filter(|pair| pair[0] == pair[1]).count();
    }
    (twice > 0).then(|| (Check::UniqueGrain, format!("{twice} rows stand twice")))
}

fn scores(rows: &[Fact]) -> Found {
    let wrong = rows.iter().filter(|f| f.count < 1 || !(0..=f.count).contains(&f.score)).count();
    let detail = || format!("{wrong} rows have a score outside 0 to their count");
    (wrong > 0).then(|| (Check::ScoreWithinCount, detail()))
}

fn counts(rows: &[Fact], matched: u64) -> Found {
    let sum: i64 = rows.iter().map(|fact| i64::from(fact.count)).sum();
    let detail = || format!("the rows count {sum} reviews, {matched} were matched");
    (i128::from(sum) != i128::from(matched)).then(|| (Check::CountsMatchReviews, detail()))
}

fn shrink(now: u64, before: u64, max_share: f64) -> Found {
    let lost = before.saturating_sub(now);
    let detail = || format!("{before} reviews would become {now}, and no file was restated");
    (lost as f64 > before as f64 * max_share).then(|| (Check::DayShrink, detail()))
}
