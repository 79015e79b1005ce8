//! What the suite reads beyond [`Warehouse`]: the tables as they are. It is no part of that
//! trait because the program itself never reads facts back, reports do.

use async_trait::async_trait;
use pipeline::Day;

use crate::{Error, Warehouse};

/// Reads what was published. The order of rows does not matter.
#[async_trait]
pub trait Inspect: Warehouse {
    /// Rows of `v_fact_movie_analytics`.
    async fn facts(&mut self) -> Result<Vec<FactRow>, Error>;

    /// The amounts that facts show, exactly: each day, customer and amount once.
    async fn amounts(&mut self) -> Result<Vec<Amount>, Error>;

    /// Rows of `customer_spend`, exactly.
    async fn spend(&mut self) -> Result<Vec<Spend>, Error>;

    /// Rows of `agg_daily`, with texts for keys.
    async fn daily(&mut self) -> Result<Vec<Daily>, Error>;

    /// Rows of the four text dimensions.
    async fn members(&mut self) -> Result<Vec<Member>, Error>;

    /// Rows of `ops.v_quarantine`.
    async fn refusals(&mut self) -> Result<Vec<Refused>, Error>;
}

/// A row of `v_fact_movie_analytics`.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct FactRow {
    pub day: Day,
    pub customer: i64,
    pub device: String,
    pub location: String,
    pub os: String,
    pub browser: String,
    pub amount_spent: f64,
    pub score: i64,
    pub count: i64,
    /// UTC, `2021-04-25T06:15:04Z`.
    pub inserted_at: String,
}

/// What the facts of a customer show on a day, in 1/100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    pub day: Day,
    pub customer: i64,
    pub e5: i64,
}

/// What a buyer spent, in 1/100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spend {
    pub customer: i64,
    pub e5: i64,
}

/// A row of `agg_daily`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Daily {
    pub day: Day,
    pub location: String,
    pub device: String,
    pub os: String,
    pub score: i64,
    pub count: i64,
    pub facts: i64,
}

/// A row of a text dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// `device`, `location`, `os` or `browser`.
    pub dimension: String,
    pub key: i64,
    pub text: String,
}

/// A row of `ops.v_quarantine`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    pub path: String,
    pub receipt: i64,
    pub etag: String,
    pub live: bool,
    pub reason: String,
    /// None where the whole file was refused.
    pub rows: Option<i64>,
    pub detail: Option<String>,
    pub quarantine: Option<String>,
}
