//! The engine: which days are dirty, and what are their facts? One trait, so that the same
//! publish runs on this process ([`Embedded`]) and, past one machine, on a cluster.

mod change;
mod embedded;
mod error;
mod ids;
mod portions;
#[cfg(feature = "spark-connect")]
pub mod spark;

use std::collections::BTreeSet;

use async_trait::async_trait;
use pipeline::{
    Day,
    facts::{FactBatch, SpendChange},
};

pub use change::{Change, Changed, Live};
pub use embedded::Embedded;
pub use error::Error;

/// What an engine computes from staged files alone: no clock, no order of arrival.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Days whose facts may differ before and after the change.
    async fn dirty_days(&self, live: &Live, change: &Change) -> Result<BTreeSet<Day>, Error>;

    /// The given days, and those of the dirty days that share an id with them, directly or by
    /// others: facts may have moved between them, so they are published together or not at all.
    async fn linked_days(
        &self,
        live: &Live,
        change: &Change,
        dirty: &BTreeSet<Day>,
        days: BTreeSet<Day>,
    ) -> Result<BTreeSet<Day>, Error>;

    /// The days cut into portions that fit the memory budget, in order.
    fn portions(&self, live: &Live, days: &BTreeSet<Day>) -> Vec<BTreeSet<Day>>;

    /// All facts of one portion of days.
    async fn facts(&self, live: &Live, days: &BTreeSet<Day>) -> Result<FactBatch, Error>;

    /// By how much the change moves the number of review ids in all live files.
    async fn review_ids(&self, live: &Live, change: &Change) -> Result<i64, Error>;

    /// How the change moves the spend of customers.
    async fn spend(&self, change: &Change) -> Result<Vec<SpendChange>, Error>;
}
