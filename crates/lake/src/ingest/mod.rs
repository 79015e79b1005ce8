//! Commit point 1: a version of a vendor file becomes a receipt, exactly once.
//!
//! [`ingest()`] repeats [attempts](attempt) until one comes to an end. Each makes a [pass] over the
//! [source], sorts [duplicate ids](dedupe) out and commits a receipt by its [job]; purchases
//! may go [into a table](into_table) first.

mod attempt;
mod content;
mod cut;
mod dedupe;
mod gone;
mod into_table;
mod job;
mod options;
mod pass;
mod quarantine;
mod remote;
mod source;
mod start_marker;
mod under_way;

use std::time::Duration;

use pipeline::Dataset;
use retry::Backoff;

use crate::{Error, Lake, failpoint, paths};
use job::{Job, Step};

pub use cut::CutRaw;
pub(crate) use dedupe::count_days;
pub use job::Outcome;
pub use options::{Delivery, IngestOptions};
pub use pass::Progress;
pub(crate) use under_way::UnderWay;

/// Attempts at a file that changes, or whose log does, meanwhile.
const ATTEMPTS: u32 = 5;

/// Pauses after attempts at a file that changes.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Brings the file at `path` (its name within `raw`) into staging, as it is now.
///
/// Any number of calls may run at the same time, in any process: each version gets one receipt.
/// Whatever is interrupted leaves an orphan Parquet at most. A vendor file with wrong contents
/// is no error but [`Outcome::Rejected`]; see [`Error::is_transient`] for the rest.
pub async fn ingest(lake: &Lake, path: &str, options: &IngestOptions) -> Result<Outcome, Error> {
    paths::source(path)?;
    let dataset = Dataset::of_path(path).ok_or_else(|| Error::Foreign { path: path.to_owned() })?;
    let mut job = Job::new(lake, dataset, path, options);
    let mut pauses = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE).pauses();
    for _ in 0..ATTEMPTS {
        match job.attempt().await {
            Ok(Step::Done(outcome)) => match job.complete(*outcome).await {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => {}
                Err(error) => return Err(lake.explain(error).await),
            },
            Ok(Step::Raced) => {}
            // Somebody is still writing it, perhaps.
            Ok(Step::Changed) => failpoint::pause(pauses.next().unwrap_or_default()).await,
            Err(error) => return Err(lake.explain(error).await),
        }
    }
    Err(Error::Changing { path: path.to_owned(), tries: ATTEMPTS })
}
