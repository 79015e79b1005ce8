//! The engine on a cluster that speaks Spark Connect: Databricks, Apache Spark or Sail.
//!
//! The statements lie in `sql/spark/`; their rules are those of the embedded engine. The cluster
//! reads the staged files itself, by a list of their paths, and only answers come back. A set that
//! one instance holds is left to the embedded engine: no cluster is woken for it.

mod address;
mod cluster;
mod columns;
mod dirty;
mod facts;
mod failure;
mod files;
mod linked;
mod place;
mod plan;
mod spend;

use std::{collections::BTreeSet, sync::LazyLock};

use arrow_array::{Date32Array, RecordBatch};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use lake::{Lake, Receipt};
use pipeline::{
    Day,
    dimensions::{all, fill},
    facts::{BYTES_PER_LOG, SpendChange},
};

pub use self::address::{Address, WrongAddress};
use self::{cluster::Cluster, place::Place};
use crate::{Change, Changed, Embedded, Engine, Error, Facts, Live};

macro_rules! statements {
    ($($name:ident = $file:literal,)*) => {
        $(const $name: &str = include_str!(concat!("../../../../sql/spark/", $file, ".sql"));)*
    };
}

statements! {
    DAYS_OF_IDS = "days_of_ids",
    DAYS_OF_RANGES = "days_of_ranges",
    LINKED_DAYS = "linked_days",
    RANKED = "ranked",
    REVIEW_WINNERS = "review_winners",
    ROW_COUNT = "row_count",
    SPEND = "spend",
    WINNERS = "winners",
}

static FACTS: LazyLock<String> =
    LazyLock::new(|| fill(include_str!("../../../../sql/spark/facts.sql"), all()));

/// Computes facts on a cluster, where a set of days outgrows this process.
pub struct Spark {
    lake: Lake,
    place: Place,
    cluster: Cluster,
    embedded: Embedded,
    memory_bytes: u64,
    /// Rows to look at from which on the cluster is asked.
    from_rows: u64,
    /// Whether the cluster shows the names of files, once it is known.
    names_files: tokio::sync::OnceCell<bool>,
}

impl Spark {
    /// `memory_bytes` bounds what this process holds: of smaller sets their logs, of larger ones
    /// the facts that come back. Nothing is asked of the cluster yet.
    pub fn new(lake: Lake, memory_bytes: u64, address: Address) -> Result<Self, Error> {
        let place = Place::new(&lake, &address)?;
        let embedded = Embedded::new(lake.clone(), memory_bytes);
        let fit = memory_bytes / BYTES_PER_LOG;
        let from_rows = address.from_rows.unwrap_or(fit).min(fit);
        let cluster = Cluster::new(address);
        let names_files = tokio::sync::OnceCell::new();
        Ok(Self { lake, place, cluster, embedded, memory_bytes, from_rows, names_files })
    }

    /// Whether as many rows are for the cluster.
    fn outgrow(&self, rows: u64) -> bool {
        rows >= self.from_rows
    }

    fn answer(&self, detail: String) -> Error {
        Error::Answer { cluster: self.cluster.address.to_string(), detail }
    }

    /// A plan that arrow refused to write down.
    fn unsent(&self, error: arrow_schema::ArrowError) -> Error {
        self.answer(format!("a plan cannot be written: {error}"))
    }

    /// Days as rows that go with a plan.
    fn days(&self, days: &BTreeSet<Day>) -> Result<spark_connect_proto::Relation, Error> {
        let column = Date32Array::from_iter_values(days.iter().map(|day| day.0));
        let batch = RecordBatch::try_from_iter_with_nullable([("day", array(column), false)]);
        batch.and_then(|batch| plan::rows(&batch)).map_err(|error| self.unsent(error))
    }

    /// The old versions that were cleared away, after later ones had replaced them.
    async fn gone<'a>(&self, changes: &'a [Changed]) -> Result<Vec<&'a Receipt>, Error> {
        let mut gone = Vec::new();
        for before in changes.iter().filter_map(|changed| changed.before.as_ref()) {
            if let Some(parquet) = &before.parquet
                && !self.lake.has_staged(parquet).await?
            {
                gone.push(before);
            }
        }
        Ok(gone)
    }
}

fn array(array: impl arrow_array::Array + 'static) -> arrow_array::ArrayRef {
    std::sync::Arc::new(array)
}

/// As the receipts have it.
fn staged<'a>(receipts: impl IntoIterator<Item = &'a Receipt>) -> u64 {
    receipts.into_iter().map(|receipt| receipt.rows.staged).sum()
}

#[async_trait]
impl Engine for Spark {
    async fn check(&self) -> Result<(), Error> {
        self.cluster.check().await
    }

    async fn dirty_days(&self, live: &Live, change: &Change) -> Result<BTreeSet<Day>, Error> {
        dirty::days(self, live, change).await
    }

    async fn linked_days(
        &self,
        live: &Live,
        change: &Change,
        dirty: &BTreeSet<Day>,
        days: BTreeSet<Day>,
    ) -> Result<BTreeSet<Day>, Error> {
        linked::days(self, live, change, dirty, days).await
    }

    fn batches(&self, live: &Live, days: &BTreeSet<Day>) -> Vec<BTreeSet<Day>> {
        match self.outgrow(days.iter().map(|day| live.logs_of(*day)).sum()) {
            true => live.batches(days, facts::BYTES_PER_FACT, self.memory_bytes),
            false => self.embedded.batches(live, days),
        }
    }

    fn facts<'a>(&'a self, live: &'a Live, days: &'a BTreeSet<Day>) -> Facts<'a> {
        match self.outgrow(days.iter().map(|day| live.logs_of(*day)).sum()) {
            true => stream::once(facts::build(self, live, days)).boxed(),
            false => self.embedded.facts(live, days),
        }
    }

    async fn spend(&self, change: &Change) -> Result<Vec<SpendChange>, Error> {
        spend::changes(self, change).await
    }
}
