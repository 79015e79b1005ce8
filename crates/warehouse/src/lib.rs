//! The warehouse: star schema, publish, state. One trait, one conformance suite
//! ([`conformance`]), one folder for each backend.

pub mod conformance;
pub mod dashboard;
mod refusals;
pub mod sqlite;
pub mod sqlserver;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use async_trait::async_trait;
use dashboard::{Dashboard, Edition, Filter};
use lake::Receipt;
use pipeline::{
    Day,
    facts::{FactBatch, SpendChange},
};
use serde::Serialize;
pub use sqlserver::Sent;

/// What a warehouse can do for the publisher and for readers.
#[async_trait]
pub trait Warehouse: Send {
    /// Whether there is anything to open; told without opening it. Where that cannot be known,
    /// it is taken to be there.
    fn exists(&self) -> bool {
        true
    }

    /// Tells one state of the warehouse from another without opening it: a file that was put back
    /// from a copy looks different. Empty where nothing can be told.
    fn fingerprint(&self) -> String {
        String::new()
    }

    /// What went to its server since it was made; none where it is a file.
    fn sent(&self) -> Option<Sent> {
        None
    }

    /// Brings the schema to the newest version, and returns the names of the steps that took. A
    /// warehouse that does so by itself whenever it is opened has none.
    async fn migrate(&mut self) -> Result<Vec<String>, Error>;

    /// What was published so far. Opens (and, for SQLite, makes) the schema.
    async fn state(&mut self) -> Result<State, Error>;

    /// Reviews counted on each day that has facts (or all such days, with `None`).
    async fn day_counts(
        &mut self,
        days: Option<&BTreeSet<Day>>,
    ) -> Result<BTreeMap<Day, u64>, Error>;

    /// Starts a publish: checks that nobody published since `publish.expected_id`
    /// ([`Error::Moved`], which `commit` may still find where the lock is taken only then), and
    /// takes the change of spend. Dropping the publication without `commit` leaves the warehouse
    /// as it was.
    async fn begin<'a>(&'a mut self, publish: Publish) -> Result<Box<dyn Publication + 'a>, Error>;

    /// Numbers for `status` and for the closing table of a run.
    async fn summary(&mut self) -> Result<Summary, Error>;

    /// The newest publish, `None` before the first: asked often, so it must be cheap.
    async fn edition(&mut self) -> Result<Option<Edition>, Error>;

    /// Numbers for people who look at a part of the facts.
    async fn dashboard(&mut self, filter: &Filter) -> Result<Dashboard, Error>;
}

/// A publish under way.
#[async_trait]
pub trait Publication: Send {
    /// Replaces the facts and totals of the batch's days, resolving its dimension texts to keys.
    async fn replace_days(&mut self, batch: &FactBatch) -> Result<(), Error>;

    /// Makes all of it visible at once, `refused` days keeping the rows they had.
    async fn commit(self: Box<Self>, refused: &[RefusedDay]) -> Result<Published, Error>;
}

/// What this warehouse has absorbed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Newest publish, 0 before the first.
    pub publish_id: i64,
    /// `facts::RECIPE` of the newest publish.
    pub fact_recipe: Option<String>,
    /// Review ids in all live files, with or without a log.
    pub live_reviews: u64,
    /// By source path.
    pub paths: BTreeMap<String, Absorbed>,
    /// Days that kept their last good rows and still do.
    pub refused_days: Vec<RefusedDay>,
}

/// What is known of one source path.
#[derive(Clone, Debug, PartialEq)]
pub struct Absorbed {
    /// Newest receipt seen.
    pub newest: u32,
    /// The receipt whose rows are in the facts.
    pub live: Option<Receipt>,
}

/// Everything about a publish that is known before its facts are built.
#[derive(Clone, Debug, Default)]
pub struct Publish {
    pub expected_id: i64,
    pub fact_recipe: String,
    /// UTC, `2021-04-25T06:15:04Z`; becomes `insert_date`.
    pub published_at: String,
    /// Receipts seen for the first time, of any state.
    pub receipts: Vec<Receipt>,
    /// Paths whose live version changed, with the number of the live receipt, if any is left.
    pub live: BTreeMap<String, Option<u32>>,
    /// Review ids in all live files after this publish.
    pub live_reviews: u64,
    /// When the work on this publish began, for its duration.
    pub started: Option<Instant>,
    /// Forget all spend before `spend` is applied (a new fact recipe).
    pub reset_spend: bool,
    pub spend: Vec<SpendChange>,
}

/// A day that failed a quality check and keeps the rows that it had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedDay {
    pub day: Day,
    /// The publish that left it out; 0 while it is not committed.
    pub publish_id: i64,
    /// Name of the check.
    pub check: String,
    /// What was found, in a sentence.
    pub detail: String,
}

/// What a publish did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    pub publish_id: i64,
    pub days_replaced: u64,
    pub rows_deleted: u64,
    pub rows_inserted: u64,
    /// Fact rows outside the replaced days whose `amount_spent` changed.
    pub rows_respent: u64,
}

/// Numbers of the whole warehouse.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    pub publish_id: i64,
    pub published_at: Option<String>,
    pub facts: u64,
    pub reviews: u64,
    pub positive_reviews: u64,
    pub customers: u64,
    pub buyers: u64,
    /// Days with facts.
    pub days: u64,
    pub first_day: Option<Day>,
    pub last_day: Option<Day>,
    pub devices: u64,
    pub locations: u64,
    pub systems: u64,
    pub browsers: u64,
    /// Logs whose review is not there yet.
    pub unmatched_logs: u64,
    /// Reviews whose log is not there yet.
    pub unmatched_reviews: u64,
    pub refused_days: Vec<RefusedDay>,
    /// The newest first, ten at most.
    pub publishes: Vec<LoggedPublish>,
}

/// A publish as the warehouse remembers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoggedPublish {
    pub publish_id: i64,
    pub published_at: String,
    pub duration_ms: u64,
    /// Receipts absorbed.
    pub receipts: u64,
    pub days_replaced: u64,
    pub days_refused: u64,
    pub rows_deleted: u64,
    pub rows_inserted: u64,
    pub rows_respent: u64,
}

/// What can go wrong. [`is_transient`](Self::is_transient) decides the retry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else published in the meantime: begin again.
    #[error("another publish ({found}) came in between, {expected} was expected")]
    Moved { expected: i64, found: i64 },
    /// The work was broken off by what passes, such as a lost connection: begin again.
    #[error("{0}")]
    Interrupted(String),
    #[error("{0}")]
    Transient(String),
    #[error("{0}")]
    Permanent(String),
}

impl Error {
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Permanent(_))
    }
}
