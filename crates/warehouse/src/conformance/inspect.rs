//! What the suite reads beyond [`Warehouse`]: the tables as they are. It is no part of that
//! trait because the program itself never reads facts back, reports do.

use async_trait::async_trait;
use pipeline::{
    Day,
    dimensions::{COUNT, DAILY, place},
};

use crate::{Error, Warehouse};

/// Reads what was published. The order of rows does not matter.
#[async_trait]
pub trait Inspect: Warehouse {
    /// Rows of `v_fact_movie_analytics`.
    async fn facts(&mut self) -> Result<Vec<FactRow>, Error>;

    /// The amounts that facts show: each day, customer and amount in 1/100,000 once.
    async fn amounts(&mut self) -> Result<Vec<(Day, i64, i64)>, Error>;

    /// Rows of `customer_spend`: customer and amount in 1/100,000.
    async fn spend(&mut self) -> Result<Vec<(i64, i64)>, Error>;

    /// Rows of `agg_daily`, with texts for keys.
    async fn daily(&mut self) -> Result<Vec<Daily>, Error>;

    /// Rows of the tables of all dimensions: dimension, key (from 1 on; 0 is `Unknown`) and text.
    async fn members(&mut self) -> Result<Vec<(String, i64, String)>, Error>;

    /// Rows of `ops.v_quarantine`.
    async fn refusals(&mut self) -> Result<Vec<Refused>, Error>;

    /// Rows of what the others leave out, as text with the name of their table or view: `dim_date`,
    /// purchase counts, totals of days, the load history, freshness and what is unmatched. Which
    /// publish a row is from is left out, and when that was.
    async fn lines(&mut self) -> Result<Vec<String>, Error>;
}

/// A row of `v_fact_movie_analytics`.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct FactRow {
    /// `log_date`.
    pub day: Day,
    /// `customerid`.
    pub customer: i64,
    /// Texts, not their keys, by [`DIMENSIONS`](pipeline::dimensions::DIMENSIONS).
    pub texts: [String; COUNT],
    /// As reports see it: the nearest number to the exact amount.
    pub amount_spent: f64,
    /// `review_score`.
    pub score: i64,
    /// `review_count`.
    pub count: i64,
    /// UTC, `2021-04-25T06:15:04Z`.
    pub inserted_at: String,
}

impl FactRow {
    /// The text of the dimension of this name.
    pub fn text(&self, dimension: &str) -> &str {
        &self.texts[place(dimension)]
    }
}

/// A row of `agg_daily`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Daily {
    /// `log_date`.
    pub day: Day,
    /// Texts, not their keys, by [`DAILY`].
    pub texts: [String; DAILY.len()],
    /// Sum of `review_score`.
    pub score: i64,
    /// Sum of `review_count`.
    pub count: i64,
    /// Rows of the fact table that were added up.
    pub facts: i64,
}

/// A row of `ops.v_quarantine`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// Name of the file within `raw`.
    pub path: String,
    /// Number of the receipt in the log of the path.
    pub receipt: i64,
    /// The version that was read.
    pub etag: String,
    /// Whether the other rows of this version count.
    pub live: bool,
    /// The data contract's name for it.
    pub reason: String,
    /// None where the whole file was refused.
    pub rows: Option<i64>,
    /// What was found; `None` unless the whole file was refused.
    pub detail: Option<String>,
    /// The Parquet with the rows, within `quarantine`; `None` where there are none.
    pub quarantine: Option<String>,
}
