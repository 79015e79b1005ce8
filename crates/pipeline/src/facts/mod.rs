//! Facts: the star schema's rows before the warehouse has given its keys to the dimensions.

mod build;
mod check;
mod spend;
mod texts;

pub use build::{BYTES_PER_LOG, LatestLogs, Logs, REVIEW_COLUMNS, log_columns};
pub use check::{
    Check, FEWEST_SHARED, USUAL_DAYS, Unknown, Violation, check, check_customers, check_growth,
    check_shrink, check_unknown,
};
pub use spend::{Direction, SPEND_COLUMNS, Spend};
pub use texts::{Interner, UNKNOWN};

use std::collections::BTreeMap;

use crate::{Day, dimensions::COUNT, versions};

/// Names the rules by which staged rows become facts: another version rebuilds every day.
pub const VERSION: &str = versions::FACTS.0;

/// One row of the fact table. Texts are codes of its [`FactBatch::texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// `log_date` of the reviews.
    pub day: Day,
    /// `customer_id` of the reviews.
    pub customer: i64,
    /// Codes of its texts, by [`DIMENSIONS`](crate::dimensions::DIMENSIONS); 0 where the logs
    /// name none.
    pub codes: [u32; COUNT],
    /// Sum of `is_positive`.
    pub score: i32,
    /// Reviews counted.
    pub count: i32,
}

/// What became of a day's logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTotal {
    /// `log_date` of the logs.
    pub day: Day,
    /// Logs whose review is there; the day's facts count as many reviews.
    pub matched: u64,
    /// Logs whose review is not there yet.
    pub unmatched: u64,
    /// Of the matched ones, those whose id has another customer in another file.
    pub other_customers: u64,
}

impl DayTotal {
    /// Of a day without logs.
    pub fn empty(day: Day) -> Self {
        Self { day, matched: 0, unmatched: 0, other_customers: 0 }
    }
}

/// Facts of some days, sorted (by day first), each grain once. All of them, or those
/// of a part of the ids: then more batches of the days follow. Their totals and the rows of the same
/// grain add up.
#[derive(Clone, Debug, Default)]
pub struct FactBatch {
    /// Every day that was asked for, in order, also those without any row.
    pub days: Vec<DayTotal>,
    /// The facts of all these days.
    pub rows: Vec<Fact>,
    /// What the codes of `rows` mean, by [`DIMENSIONS`](crate::dimensions::DIMENSIONS).
    pub texts: [Interner; COUNT],
    /// Rows that do not count because a greater path has their id, by the path of their file.
    /// Empty where the engine cannot tell files apart.
    pub superseded: BTreeMap<String, u64>,
}

/// What changed in the purchases of a customer, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendChange {
    /// `customer_id` of the purchases.
    pub customer: i64,
    /// Change of the sum of quantity * unit price, in thousandths.
    pub amount_milli: i128,
    /// Change of the number of purchase rows.
    pub purchases: i64,
}
