//! The engine within this process: Arrow arrays, sorted vectors and integers.

pub(crate) mod dirty;
mod facts;
mod linked;

use std::{collections::BTreeSet, ops::RangeInclusive};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use lake::{Lake, Receipt};
use pipeline::{
    Day,
    facts::{BYTES_PER_LOG, Direction, FactBatch, SPEND_COLUMNS, Spend, SpendChange},
};

use crate::{Change, Engine, Error, Live};

/// Bytes of memory that one id takes of a set of them.
const BYTES_PER_ID: u64 = 8;

/// Computes facts over the lake within a memory budget.
pub struct Embedded {
    lake: Lake,
    memory_bytes: u64,
}

impl Embedded {
    /// `memory_bytes` bounds what one batch of days may take. A single day is never cut: one
    /// that does not fit is an error.
    pub fn new(lake: Lake, memory_bytes: u64) -> Self {
        Self { lake, memory_bytes }
    }

    /// Whether as many rows, by what the receipts say, can be held.
    fn fit(&self, what: &str, rows: u64, bytes_per_row: u64) -> Result<(), Error> {
        let needed = rows * bytes_per_row;
        if needed <= self.memory_bytes {
            return Ok(());
        }
        let (needed_mb, budget_mb) = (needed.div_ceil(1 << 20), self.memory_bytes >> 20);
        Err(Error::TooLarge { what: what.to_owned(), rows, needed_mb, budget_mb })
    }

    /// Hands the rows of a staged file to `take`, batch by batch.
    async fn read(
        &self,
        receipt: &Receipt,
        columns: &[&str],
        ids: Option<RangeInclusive<i64>>,
        mut take: impl FnMut(arrow_array::RecordBatch) + Send,
    ) -> Result<(), Error> {
        let Some(parquet) = &receipt.parquet else { return Ok(()) };
        let mut batches = self.lake.read_staged(receipt.dataset, parquet, columns, ids).await?;
        while let Some(batch) = batches.try_next().await? {
            take(batch);
        }
        Ok(())
    }
}

#[async_trait]
impl Engine for Embedded {
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
        live.batches(days, BYTES_PER_LOG, self.memory_bytes)
    }

    async fn facts(&self, live: &Live, days: &BTreeSet<Day>) -> Result<FactBatch, Error> {
        facts::build(self, live, days).await
    }

    async fn spend(&self, change: &Change) -> Result<Vec<SpendChange>, Error> {
        // What leaves with the old versions of changed files, and what comes in with the new ones.
        let mut spend = Spend::default();
        for changed in &change.purchases {
            let versions = [(&changed.before, Direction::Out), (&changed.after, Direction::In)];
            for (version, direction) in versions {
                if let Some(receipt) = version {
                    self.read(receipt, &SPEND_COLUMNS, None, |rows| spend.push(&rows, direction))
                        .await?;
                }
            }
        }
        Ok(spend.changes())
    }
}
