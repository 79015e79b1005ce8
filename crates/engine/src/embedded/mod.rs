//! The engine within this process: Arrow arrays, sorted vectors and integers.

mod dirty;
mod facts;
mod linked;
mod reviews;
mod spend;

use std::{collections::BTreeSet, ops::RangeInclusive};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use lake::{Lake, Receipt};
use pipeline::{
    Day,
    facts::{BYTES_PER_LOG, FactBatch, SpendChange},
};

use crate::{Change, Engine, Error, Live};

/// Computes facts over the lake within a memory budget.
pub struct Embedded {
    lake: Lake,
    memory_bytes: u64,
}

impl Embedded {
    /// `memory_bytes` bounds what one portion of days may take; a single day is never cut.
    pub fn new(lake: Lake, memory_bytes: u64) -> Self {
        Self { lake, memory_bytes }
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

    fn portions(&self, live: &Live, days: &BTreeSet<Day>) -> Vec<BTreeSet<Day>> {
        let logs_of = |day: &Day| -> u64 {
            live.logs.iter().filter_map(|receipt| receipt.days.get(day)).sum()
        };
        let mut portions: Vec<BTreeSet<Day>> = Vec::new();
        let mut bytes = 0;
        for day in days {
            let more = logs_of(day) * BYTES_PER_LOG;
            match portions.last_mut() {
                Some(portion) if bytes + more <= self.memory_bytes => {
                    portion.insert(*day);
                    bytes += more;
                }
                _ => {
                    portions.push(BTreeSet::from([*day]));
                    bytes = more;
                }
            }
        }
        portions
    }

    async fn facts(&self, live: &Live, days: &BTreeSet<Day>) -> Result<FactBatch, Error> {
        facts::build(self, live, days).await
    }

    async fn review_ids(&self, live: &Live, change: &Change) -> Result<i64, Error> {
        reviews::change_of_ids(self, live, change).await
    }

    async fn spend(&self, change: &Change) -> Result<Vec<SpendChange>, Error> {
        spend::changes(self, change).await
    }
}
