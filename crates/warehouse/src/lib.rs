//! The warehouse: star schema, publish, state. One trait, one folder for each backend. The feature
//! `conformance` adds the test cases that each backend runs.
//!
//! ```
//! use pipeline::{Day, facts::{DayTotal, Fact, FactBatch}};
//! use warehouse::{Publish, Warehouse, sqlite::Sqlite};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), warehouse::Error> {
//! # let folder = tempfile::tempdir().expect("a new folder");
//! # let file = folder.path().join("warehouse.db");
//! let day = Day::from_key(20210425).expect("a day of the calendar");
//! let mut facts = FactBatch::default();
//! facts.days.push(DayTotal { day, matched: 1, unmatched: 0, other_customers: 0 });
//! facts.rows.push(Fact {
//!     day,
//!     customer: 13756,
//!     codes: facts.texts.each_mut().map(|texts| texts.code("Mobile")),
//!     score: 1,
//!     count: 1,
//! });
//!
//! let mut warehouse = Sqlite::new(file);
//! let publish = Publish {
//!     expected: warehouse.state().await?.head,
//!     published_at: "2021-04-25T06:15:04Z".to_owned(),
//!     ..Publish::default()
//! };
//! let mut publication = warehouse.begin(publish).await?;
//! publication.replace_days(&facts).await?;
//! let published = publication.commit(&[]).await?.expect("facts that are new");
//! assert_eq!((published.publish_id, published.rows_inserted), (1, 1));
//! # Ok(())
//! # }
//! ```

mod checks;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod dashboard;
mod day_fact;
pub mod dictionary;
mod held;
pub mod latency;
mod migrations;
mod refusals;
mod spend;
pub mod sqlite;
pub mod sqlserver;
mod statements;
mod variants;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use async_trait::async_trait;
pub use checks::OwnCheck;
use dashboard::{Dashboard, Filter, LatestPublish};
pub use day_fact::DayFact;
pub use held::HeldCustomer;
use lake::Receipt;
pub use latency::{Latency, Percentiles};
use pipeline::{
    Day,
    dimensions::{COUNT, DIMENSIONS},
    facts::{FactBatch, SpendChange},
    limits,
};
use serde::{Serialize, Serializer};
pub use sqlserver::Sent;
pub use variants::Variants;

/// What a warehouse can do for the publisher and for readers.
#[async_trait]
pub trait Warehouse: Send {
    /// Whether there is anything to open, found without opening it. True where that cannot be
    /// known, or where nothing could be made: opening it says what is wrong.
    fn exists(&self) -> bool {
        true
    }

    /// Cheap fingerprint, without opening the warehouse: detects a restored file. Empty where there
    /// is no file.
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

    /// What each day that has facts counts (or all such days, with `None`).
    async fn day_counts(
        &mut self,
        days: Option<&BTreeSet<Day>>,
    ) -> Result<BTreeMap<Day, DayCount>, Error>;

    /// Reviews of each of these days that show `Unknown`, by [`DIMENSIONS`]. Reads their facts.
    async fn unknown_counts(
        &mut self,
        days: &BTreeSet<Day>,
    ) -> Result<BTreeMap<Day, [u64; COUNT]>, Error>;

    /// All texts of dimensions, each with the place of its dimension.
    async fn texts(&mut self) -> Result<BTreeSet<(usize, String)>, Error>;

    /// Runs checks over no day at all: [`Error::BrokenCheck`] for the first that cannot be run.
    async fn try_checks(&mut self, checks: &[OwnCheck]) -> Result<(), Error>;

    /// The facts of a day, of all customers or of one, by customer and texts.
    async fn facts_of_day(
        &mut self,
        day: Day,
        customer: Option<i64>,
    ) -> Result<Vec<DayFact>, Error>;

    /// Starts a publish: checks that no publisher has committed since `publish.expected`
    /// ([`Error::Moved`]), which `commit` may still find where the lock is taken only then, and
    /// takes the change of spend: of a customer whose new total does not fit, nothing
    /// ([`Publication::held`]). Dropping the publication without `commit` leaves the warehouse as
    /// it was.
    async fn begin<'a>(&'a mut self, publish: Publish) -> Result<Box<dyn Publication + 'a>, Error>;

    /// Numbers for `status` and for the closing table of a run.
    async fn summary(&mut self) -> Result<Summary, Error>;

    /// The newest publish, `None` before the first: asked often, so it must be cheap.
    async fn latest_publish(&mut self) -> Result<Option<LatestPublish>, Error>;

    /// Numbers for people who look at a part of the facts.
    async fn dashboard(&mut self, filter: &Filter) -> Result<Dashboard, Error>;
}

/// A publish under way.
#[async_trait]
pub trait Publication: Send {
    /// Replaces the facts and totals of the batch's days, resolving its dimension texts to keys. A
    /// day that a batch before had gets more: its totals add up, and its facts by their grain.
    async fn replace_days(&mut self, batch: &FactBatch) -> Result<(), Error>;

    /// Customers whose new total does not fit: they keep the last one. Who publishes adds what to
    /// do about each as its `detail`.
    fn held(&mut self) -> &mut [HeldCustomer];

    /// Makes all of it visible at once, `refused` days keeping the rows they had. `None` where
    /// nothing but the load history has changed: that takes no publish id. [`Error::FailedChecks`],
    /// and nothing is changed, where [`Publish::checks`] return rows.
    async fn commit(self: Box<Self>, refused: &[RefusedDay]) -> Result<Option<Published>, Error>;

    /// Does the work of [`commit`](Self::commit) and then rolls it back: what a publish would do.
    /// The warehouse stays as it was.
    async fn rehearse(self: Box<Self>, refused: &[RefusedDay]) -> Result<Option<Published>, Error>;
}

/// What becomes of the work of a publish, once all of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Commit,
    RollBack,
}

/// The newest entries of both logs. Each commit of a publisher adds one: to the publish log where
/// it changes facts, spend or the days held back, else to the absorption log. So an equal head
/// means that nobody has committed in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Newest publish, 0 before the first.
    pub publish_id: i64,
    /// Newest commit that only absorbed receipts, 0 before the first.
    pub absorption_id: i64,
}

/// What is read of both logs.
#[derive(Default)]
struct Newest {
    head: Head,
    published_at: Option<String>,
    fact_recipe: Option<String>,
}

impl Newest {
    fn latest_publish(self) -> Option<LatestPublish> {
        let Head { publish_id, absorption_id } = self.head;
        let latest = |published_at| LatestPublish { publish_id, published_at, absorption_id };
        self.published_at.map(latest)
    }
}

/// What this warehouse has absorbed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What a publish that is computed from this state expects.
    pub head: Head,
    /// When the newest publish began, UTC, `2021-04-25T06:15:04Z`.
    pub published_at: Option<String>,
    /// `facts::VERSION` of the newest publish.
    pub fact_recipe: Option<String>,
    /// By source path.
    pub paths: BTreeMap<String, Absorbed>,
    /// Days that kept their last good rows and still do.
    pub refused_days: Vec<RefusedDay>,
    /// Customers who kept their last total and still do, by customer.
    pub held_customers: Vec<HeldCustomer>,
}

/// What is known of one source path.
#[derive(Clone, Debug, PartialEq)]
pub struct Absorbed {
    /// Newest receipt seen.
    pub newest: u32,
    /// When that was written, UTC, `2021-04-25T06:15:04Z`.
    pub written_at: String,
    /// The receipt whose rows are in the facts.
    pub live: Option<Receipt>,
}

/// Everything about a publish that is known before its facts are built.
#[derive(Clone, Debug, Default)]
pub struct Publish {
    /// Head of the [`State`] that the change was computed from.
    pub expected: Head,
    /// [`VERSION`](pipeline::facts::VERSION) by which the facts are built.
    pub fact_recipe: String,
    /// UTC, `2021-04-25T06:15:04Z`; becomes `insert_date`.
    pub published_at: String,
    /// Receipts seen for the first time, of any state.
    pub receipts: Vec<Receipt>,
    /// Paths whose live version changed, with the number of the live receipt, if any is left.
    pub live: BTreeMap<String, Option<u32>>,
    /// When the work on this publish began, for its duration.
    pub started: Option<Instant>,
    /// Remove all spend before `spend` is applied (a new fact version).
    pub reset_spend: bool,
    /// By customer, each once: differences, not totals.
    pub spend: Vec<SpendChange>,
    /// Remove texts of dimensions that no fact has after it. Their keys are never given again.
    pub remove_unused_members: bool,
    /// Those of the [`State`]. What was not applied of a customer is added to his next change.
    pub held: Vec<HeldCustomer>,
    /// Run over the replaced days before the commit.
    pub checks: Vec<OwnCheck>,
    /// Replaced days that no check judges: somebody has accepted them.
    pub accepted: BTreeSet<Day>,
}

impl Publish {
    /// Of the replaced days, given by their keys, those that checks judge.
    fn judged(&self, replaced: impl IntoIterator<Item = i32>) -> BTreeSet<Day> {
        let days = replaced.into_iter().filter_map(Day::from_key);
        days.filter(|day| !self.accepted.contains(day)).collect()
    }

    fn changes_spend(&self) -> bool {
        self.reset_spend || !self.spend.is_empty()
    }
}

/// What a day counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCount {
    /// Sum of `review_count`.
    pub reviews: u64,
    /// Sum of `review_score`.
    pub score: i64,
}

/// A day that failed a quality check and keeps the rows that it had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedDay {
    /// Its `log_date`.
    pub day: Day,
    /// The publish that left it out; 0 while it is not committed.
    pub publish_id: i64,
    /// When that was, UTC, `2021-04-25T06:15:04Z`; empty while it is not committed.
    pub since: String,
    /// Name of the check.
    pub check: String,
    /// What was found, in a sentence.
    pub detail: String,
}

impl RefusedDay {
    /// A day that a publish leaves out. The detail is cut to [`limits::DETAIL`].
    pub fn new(day: Day, check: &str, detail: &str) -> Self {
        let detail = limits::cut(detail, limits::DETAIL).into_owned();
        Self { day, publish_id: 0, since: String::new(), check: check.to_owned(), detail }
    }
}

/// What a publish did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Counted from 1, without gaps.
    pub publish_id: i64,
    /// Days of all batches, those that became empty too.
    pub days_replaced: u64,
    /// Fact rows that the replaced days had.
    pub rows_deleted: u64,
    /// Fact rows that the replaced days have now.
    pub rows_inserted: u64,
    /// Fact rows outside the replaced days whose `amount_spent` changed.
    pub rows_respent: u64,
}

/// Numbers of the whole warehouse.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The newest publish, 0 before the first.
    pub publish_id: i64,
    /// When, UTC, `2021-04-25T06:15:04Z`; `None` before the first.
    pub published_at: Option<String>,
    /// Rows of `fact_movie_analytics`.
    pub facts: u64,
    /// Sum of `review_count`.
    pub reviews: u64,
    /// Sum of `review_score`.
    pub positive_reviews: u64,
    /// Customers with facts.
    pub customers: u64,
    /// Customers with purchases, whether they have facts or not.
    pub buyers: u64,
    /// Days with facts.
    pub days: u64,
    /// The first of them; `None` without facts.
    pub first_day: Option<Day>,
    /// The last of them; `None` without facts.
    pub last_day: Option<Day>,
    /// How many members each of [`DIMENSIONS`] has, `Unknown` aside.
    #[serde(flatten, serialize_with = "by_plural")]
    pub members: [u64; COUNT],
    /// Members that differ in case or blanks alone; none where there are very many members.
    pub variants: Vec<Variants>,
    /// Logs whose review is not there yet.
    pub unmatched_logs: u64,
    /// Staged reviews less counted ones: their log is not there yet, or another file has the
    /// latest row of their id.
    pub uncounted_reviews: u64,
    /// Days that keep their last good rows.
    pub refused_days: Vec<RefusedDay>,
    /// Customers who keep their last total.
    pub held_customers: Vec<HeldCustomer>,
    /// How long the files of the last 30 days took, by dataset.
    pub latency: Vec<Latency>,
    /// The newest first, ten at most.
    pub publishes: Vec<LoggedPublish>,
}

fn by_plural<S: Serializer>(members: &[u64; COUNT], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(DIMENSIONS.iter().map(|dimension| dimension.plural).zip(members))
}

/// A publish as the warehouse remembers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoggedPublish {
    /// As in [`Published`].
    pub publish_id: i64,
    /// UTC, `2021-04-25T06:15:04Z`.
    pub published_at: String,
    /// Milliseconds from the start of the work to the commit.
    pub duration_ms: u64,
    /// Receipts absorbed.
    pub receipts: u64,
    /// As in [`Published`].
    pub days_replaced: u64,
    /// Days left out by a quality check.
    pub days_refused: u64,
    /// As in [`Published`].
    pub rows_deleted: u64,
    /// As in [`Published`].
    pub rows_inserted: u64,
    /// As in [`Published`].
    pub rows_respent: u64,
}

/// What can go wrong. [`is_transient`](Self::is_transient) decides the retry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another publisher has committed since the state was read: begin again.
    #[error("another publisher has committed in the meantime: read the state again")]
    Moved,
    /// A transient fault, such as a lost connection, interrupted the work: begin again.
    #[error("{0}")]
    Interrupted(String),
    /// Checks of one's own returned rows of these days: begin again without them.
    #[error("{} days fail a check", .0.len())]
    FailedChecks(Vec<RefusedDay>),
    /// A check of one's own cannot be run. A wrong setting: no publish passes until its file is
    /// corrected.
    #[error("{0}")]
    BrokenCheck(String),
    /// Passes by itself, such as a lock or a busy server: try again.
    #[error("{0}")]
    Transient(String),
    /// Needs somebody: another try ends the same way.
    #[error("{0}")]
    Permanent(String),
}

impl Error {
    /// Whether the same call, or the publish begun again, can succeed later.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Permanent(_) | Self::BrokenCheck(_) | Self::FailedChecks(_))
    }
}
