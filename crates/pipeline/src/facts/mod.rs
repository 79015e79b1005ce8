//! Facts: the star schema's rows before the warehouse has given its keys to the dimensions.

mod build;
mod check;
mod spend;

pub use build::{BYTES_PER_LOG, LatestLogs, Logs, REVIEW_COLUMNS, log_columns};
pub use check::{Check, Violation, check};
pub use spend::{Direction, SPEND_COLUMNS, Spend};

use std::collections::HashMap;

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
}

/// All facts of some days, sorted (by day first), each grain once.
#[derive(Clone, Debug, Default)]
pub struct FactBatch {
    /// Every day that was asked for, in order, also those without any row.
    pub days: Vec<DayTotal>,
    /// The facts of all these days.
    pub rows: Vec<Fact>,
    /// What the codes of `rows` mean, by [`DIMENSIONS`](crate::dimensions::DIMENSIONS).
    pub texts: [Interner; COUNT],
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

/// Text of key and code 0: what a fact shows where the log names nothing.
pub const UNKNOWN: &str = "Unknown";

/// Texts in the order of their codes. Code 0 is always [`UNKNOWN`].
#[derive(Clone, Debug)]
pub struct Interner {
    texts: Vec<String>,
    codes: HashMap<String, u32>,
}

impl Default for Interner {
    fn default() -> Self {
        let mut interner = Self { texts: Vec::new(), codes: HashMap::new() };
        interner.code(UNKNOWN);
        interner
    }
}

impl Interner {
    /// The code of a text, a new one where it has none yet.
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.codes.get(text) {
            return code;
        }
        let code = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.codes.insert(text.to_owned(), code);
        code
    }

    /// Texts by code.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}
