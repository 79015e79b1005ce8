//! The engine: which days are dirty, and what are their facts? One trait, so that the same
//! publish runs on this process ([`Embedded`]) and, past one machine, on a cluster.
//!
//! ```
//! use engine::{Change, Changed, Embedded, Engine, Live};
//! use futures_util::TryStreamExt;
//! use lake::{IngestOptions, Lake, Outcome, ingest};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! # let review = "cid,review_str,id_review\n13756,A good film,1\n";
//! # let log = "id_review,log\n1,<reviewlog><log><logDate>04-25-2021</logDate><device>Mobile\
//! #     </device><location>Kansas</location><os>Apple iOS</os></log></reviewlog>\n";
//! # for (file, text) in [("movie_review/a.csv", review), ("log_reviews/a.csv", log)] {
//! #     let file = folder.join("raw").join(file);
//! #     std::fs::create_dir_all(file.parent().ok_or("no folder")?)?;
//! #     std::fs::write(file, text)?;
//! # }
//! let lake = Lake::local(folder)?;
//! let (mut live, mut change) = (Live::default(), Change::default());
//! for file in ["movie_review/a.csv", "log_reviews/a.csv"] {
//!     let outcome = ingest(&lake, file, &IngestOptions::default()).await?;
//!     let Outcome::Accepted(receipt) = outcome else { panic!("{outcome:?}") };
//!     let after = Some(receipt.clone());
//!     change.of_mut(receipt.dataset).push(Changed { before: None, after });
//!     live.of_mut(receipt.dataset).push(receipt);
//! }
//!
//! let engine = Embedded::new(lake, 256 << 20);
//! let days = engine.dirty_days(&live, &change).await?;
//! let facts: Vec<_> = engine.facts(&live, &days).try_collect().await?;
//! assert_eq!((facts[0].rows[0].customer, facts[0].rows[0].count), (13756, 1));
//! # Ok(())
//! # }
//! ```

mod change;
mod embedded;
mod error;
mod ids;
#[cfg(feature = "spark-connect")]
pub mod spark;

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use pipeline::{
    Day,
    facts::{FactBatch, SpendChange},
};

pub use change::{Change, Changed, Live};
pub use embedded::Embedded;
pub use error::Error;

/// Facts of some days, part by part.
pub type Facts<'a> = BoxStream<'a, Result<FactBatch, Error>>;

/// What an engine computes from staged files alone: no clock, no order of arrival.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Whether there is what the engine needs, by one cheap call.
    ///
    /// # Errors
    /// [`Error::Unreachable`] where a cluster does not answer as one.
    async fn check(&self) -> Result<(), Error> {
        Ok(())
    }

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

    /// The days cut into batches, in order, which fit the memory budget but where a day does not.
    fn batches(&self, live: &Live, days: &BTreeSet<Day>) -> Vec<BTreeSet<Day>>;

    /// All facts of one batch of days, in parts where they do not fit the memory budget: each part
    /// lists all the days, and what several parts have of a day or grain adds up.
    fn facts<'a>(&'a self, live: &'a Live, days: &'a BTreeSet<Day>) -> Facts<'a>;

    /// How the change moves the spend of customers.
    async fn spend(&self, change: &Change) -> Result<Vec<SpendChange>, Error>;
}
