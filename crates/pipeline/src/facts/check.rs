//! Quality checks of candidate facts, day by day, before they replace what is published.

use std::{collections::BTreeMap, fmt};

use super::{Fact, FactBatch};
use crate::{
    Day,
    dimensions::{COUNT, DIMENSIONS},
};

/// Days before a day that show what is usual.
pub const USUAL_DAYS: i32 = 14;

/// Days with facts among them without which nothing is usual.
const FEWEST_USUAL_DAYS: usize = 3;

/// Reviews of a day below which its growth is not judged.
const FEWEST_GROWN: u64 = 1_000;

/// Reviews of a day below which shares of them show nothing.
pub const FEWEST_SHARED: u64 = 100;

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
    /// The day does not count many times as many reviews as is usual.
    DayGrowth,
    /// In no dimension the share of `Unknown` jumps.
    UnknownJump,
    /// Not too many of the day's reviews have another customer in another file: ids were given twice.
    SameCustomer,
    /// The day's facts fit the memory budget: an engine that cannot cut a day may fail it.
    FitsMemory,
}

impl Check {
    /// In the order in which a day is checked.
    pub const ALL: [Self; 8] = [
        Self::UniqueGrain,
        Self::ScoreWithinCount,
        Self::CountsMatchReviews,
        Self::DayShrink,
        Self::DayGrowth,
        Self::UnknownJump,
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
            Self::DayGrowth => "day_growth",
            Self::UnknownJump => "unknown_jump",
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

/// Checks that no day counts more than `max_growth` times as many reviews as is usual: the median of
/// the days with facts among the [`USUAL_DAYS`] before it, or what it counts already. `before` has
/// what these days count now. Small days, and days without three such days before them, are not
/// judged.
pub fn check_growth(
    before: &BTreeMap<Day, u64>,
    after: &BTreeMap<Day, u64>,
    max_growth: impl Fn(Day) -> Option<f64>,
) -> Vec<Violation> {
    let violation = |(&day, &now): (&Day, &u64)| {
        let most = max_growth(day).filter(|_| now >= FEWEST_GROWN)?;
        let mut usual: Vec<u64> =
            before.range(Day(day.0 - USUAL_DAYS)..day).map(|(_, reviews)| *reviews).collect();
        if usual.len() < FEWEST_USUAL_DAYS {
            return None;
        }
        usual.sort_unstable();
        let usual = usual[usual.len() / 2].max(before.get(&day).copied().unwrap_or(0));
        let detail = format!(
            "{now} reviews are more than {most} times the {usual} that are usual: look for files \
             with rows of other days, or with rows that were sent before under other ids"
        );
        let check = Check::DayGrowth;
        (now as f64 > usual as f64 * most).then_some(Violation { day, check, detail })
    };
    after.iter().filter_map(violation).collect()
}

/// Reviews of a day, and those of them that show `Unknown`, by dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// All of them.
    pub reviews: u64,
    /// By [`DIMENSIONS`].
    pub unknown: [u64; COUNT],
}

impl Unknown {
    fn share(&self, place: usize) -> f64 {
        self.unknown[place] as f64 / self.reviews.max(1) as f64
    }
}

/// Checks that in no dimension the share of `Unknown` rises by more than `max_jump` above each of
/// those that `before` has for the day: its own, and that of a day before it. Days without any are
/// not judged, nor are small ones.
pub fn check_unknown(
    before: &BTreeMap<Day, Vec<Unknown>>,
    after: &BTreeMap<Day, Unknown>,
    max_jump: impl Fn(Day) -> Option<f64>,
) -> Vec<Violation> {
    let violation = |(&day, now): (&Day, &Unknown)| {
        let most = max_jump(day).filter(|_| now.reviews >= FEWEST_SHARED)?;
        let before = before.get(&day)?;
        let (dimension, usual, share) = DIMENSIONS.iter().enumerate().find_map(|(place, of)| {
            let shares = before.iter().map(|before| before.share(place));
            let usual = shares.max_by(f64::total_cmp)?;
            let share = now.share(place);
            (share - usual > most).then_some((of, usual, share))
        })?;
        let detail = format!(
            "{:.0} % of the reviews have no {}, {:.0} % are usual: look whether the vendor still \
             sends it, under the same name",
            100.0 * share,
            dimension.name,
            100.0 * usual
        );
        Some(Violation { day, check: Check::UnknownJump, detail })
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
