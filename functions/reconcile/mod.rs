//! Lists `raw` and names what no receipt covers: lost events, renames, writers that never close.
//! Leaves files to their event while its message may still be under way.
//! Sweeps what interrupted work and old versions left behind.
//!
//! **Idempotency key**: none is needed; a file named twice is staged once.
//! **Retry**: always; the next hour does the same.
//! **What a crash leaves behind**: nothing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use custom_handler::{Context, Outcome, Timer};
use lake::{Source, Swept};
use pipeline::Dataset;

use crate::{deps::Deps, events, ingest::Order, schedule, survey::survey};

/// Age of files from which on they are no work under way.
const GRACE: Duration = Duration::from_hours(24);

/// How long a file is left to its event: the host locks a message for 10 minutes, so one whose
/// handler was killed comes back after them. To order it before would send it twice.
///
/// Compares the storage's clock with ours. Where ours is ahead, a file is ordered too early and
/// found staged; where it is behind, the next hour orders it.
const MESSAGE_LOCK: TimeDelta = TimeDelta::minutes(10);

/// What a run found.
#[derive(Debug, Default)]
pub struct Found {
    /// One for each file that waits.
    pub orders: Vec<(Dataset, Order)>,
    /// Files that wait and are left to their event.
    pub left: usize,
}

/// Orders for every file that waits, but for those written after `written_before`, if that is
/// given. Files whose processing failed are left to `replay`.
pub async fn run(deps: &Deps, written_before: Option<DateTime<Utc>>) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for dataset in Dataset::ALL {
        let survey = survey(deps, dataset).await?;
        for sentence in &survey.misnamed {
            tracing::warn!(%dataset, "skipped a file: {sentence}");
        }
        for Source { path, written_at, .. } in survey.waiting {
            match written_before {
                Some(before) if written_at > before => found.left += 1,
                _ => found.orders.push((dataset, Order { path, force: None })),
            }
        }
    }
    Ok(found)
}

/// Deletes files that nothing refers to any more. The next run repeats a sweep that fails: files
/// that wait matter more.
pub(crate) async fn sweep(deps: &Deps) -> Swept {
    let mut sum = Swept::default();
    for dataset in Dataset::ALL {
        match deps.lake.sweep(dataset, GRACE).await {
            Ok(swept) => {
                sum.parquet += swept.parquet;
                sum.quarantine += swept.quarantine;
            }
            Err(error) => {
                tracing::warn!(%dataset, "the sweep failed, the next run repeats it: {error}")
            }
        }
    }
    sum
}

pub(crate) async fn handle(deps: &Deps, timer: Timer, context: Context) -> anyhow::Result<Outcome> {
    let now = Utc::now();
    // A call by hand means all files, as with the command.
    let written_before = (!schedule::is_by_hand(&timer, now)).then_some(now - MESSAGE_LOCK);
    let Found { orders, left } = run(deps, written_before).await?;
    let swept = sweep(deps).await;
    let found = orders.len();
    let young = match left {
        0 => String::new(),
        _ => {
            let minutes = MESSAGE_LOCK.num_minutes();
            format!(", {left} younger than {minutes} minutes that wait for their event")
        }
    };
    tracing::info!(
        function = context.function(),
        invocation_id = context.invocation_id(),
        files.waiting = found,
        files.left = left,
        swept.parquet = swept.parquet,
        swept.quarantine = swept.quarantine,
        "reconciled: {found} files that no receipt covers{young}; swept {} staged and {} quarantine \
         files",
        swept.parquet,
        swept.quarantine
    );
    Ok(events::outputs(Outcome::done(), orders))
}
