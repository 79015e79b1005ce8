//! The engine within this process: Arrow arrays, sorted vectors and integers.

pub(crate) mod dirty;
mod facts;
mod linked;

use std::{collections::BTreeSet, ops::RangeInclusive};

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use lake::{Lake, Receipt};
use pipeline::{
    Day,
    facts::{BYTES_PER_LOG, Direction, SPEND_COLUMNS, Spend, SpendChange},
};

use crate::{Change, Engine, Error, Facts, Live};

/// Bytes of memory that one id takes of a set of them, while it grows.
const BYTES_PER_ID: u64 = 16;

/// Computes facts over the lake within a memory budget.
pub struct Embedded {
    lake: Lake,
    memory_bytes: u64,
}

impl Embedded {
    /// `memory_bytes` bounds what one batch of days may take. What does not fit is done part by
    /// part, and the files are read once for each.
    pub fn new(lake: Lake, memory_bytes: u64) -> Self {
        Self { lake, memory_bytes }
    }

    /// The rows of a staged file, if it has any, batch by batch.
    async fn open(
        &self,
        receipt: &Receipt,
        columns: &[&str],
        ids: Option<RangeInclusive<i64>>,
    ) -> Result<Option<lake::StagedStream>, Error> {
        let Some(parquet) = &receipt.parquet else { return Ok(None) };
        Ok(Some(self.lake.read_staged(receipt.dataset, parquet, columns, ids).await?))
    }

    /// Hands the rows of a staged file to `take`, batch by batch.
    async fn read(
        &self,
        receipt: &Receipt,
        columns: &[&str],
        ids: Option<RangeInclusive<i64>>,
        mut take: impl FnMut(arrow_array::RecordBatch) + Send,
    ) -> Result<(), Error> {
        let Some(mut batches) = self.open(receipt, columns, ids).await? else { return Ok(()) };
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

    fn facts<'a>(&'a self, live: &'a Live, days: &'a BTreeSet<Day>) -> Facts<'a> {
        let build = facts::Build { engine: self, live, days };
        stream::try_unfold(Some(facts::Part::default()), move |part| async move {
            let Some(part) = part else { return Ok(None) };
            build.facts(part).await.map(Some)
        })
        .boxed()
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
