//! Lists `raw` and names what no receipt covers: lost events, renames, writers that never close,
//! messages that were given up during an outage. Leaves files to their event while its message may
//! still be under way. Tries versions again that killed the process, a few times, with growing
//! pauses. Sweeps what interrupted work and old versions left behind.
//!
//! **Idempotency key**: none is needed; a file named twice is staged once.
//! **Retry**: always; the next hour does the same.
//! **What a crash leaves behind**: nothing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use custom_handler::{Outcome, Timer};
use lake::{Source, Swept, Unread, now};
use pipeline::Dataset;

use crate::{
    deps::{Context, Deps},
    erase, events,
    ingest::Order,
    late::Late,
    schedule,
    settings::Withdrawn,
    survey::{Inventory, inventory},
    withdrawn::{self, Fresh},
};

/// Age of files from which on they are no work under way.
const GRACE: Duration = Duration::from_hours(24);

/// How long a file is left to its event: the host locks a message for 10 minutes, so one whose
/// handler was killed comes back after them. To order it before would send it twice.
///
/// Compares the storage's clock with ours. Where ours is ahead, a file is ordered too early and
/// found staged; where it is behind, the next hour orders it.
const MESSAGE_LOCK: TimeDelta = TimeDelta::minutes(10);

/// Objects that get a line of their own; `status` names all of them.
const MOST_NAMED: usize = 20;

/// What a run found.
#[derive(Debug, Default)]
pub struct Found {
    /// One for each file that waits, or is due again after a failure.
    pub orders: Vec<(Dataset, Order)>,
    /// Files that wait and are left to their event.
    pub left: usize,
    /// Files that killed the process, and are tried again later or by `replay --failed` alone.
    pub failed: usize,
    /// Objects that are not read.
    pub unread: usize,
    /// Paths whose file is gone and whose rows still count, unless `WITHDRAWN=keep`.
    pub withdrawn: usize,
    /// Feeds whose next file is overdue.
    pub late: Vec<Late>,
}

/// Requests for every file that waits, but for those written after `written_before`, if that is
/// given, and for every file that failed and is due again.
pub async fn run(deps: &Deps, written_before: Option<DateTime<Utc>>) -> anyhow::Result<Found> {
    let now = now();
    let mut found = Found::default();
    let mut inventory = inventory(deps).await?;
    withdrawn::settle(deps, &mut inventory, Fresh::SinceLastLook).await?;
    found.unread = warn_of_unread(&inventory.unread);
    found.withdrawn = warn_of_withdrawn(deps, &inventory);
    found.orders.extend(erase::due(deps, Some(&inventory)).await?);
    for survey in inventory.datasets {
        let dataset = survey.dataset;
        found.late.extend(survey.late.clone());
        let due = found.orders.len();
        found.orders.extend(survey.due_again(now).map(|order| (dataset, order)));
        let due = found.orders.len() - due;
        let failed = survey.refused.iter().filter(|file| file.failure.is_some()).count();
        found.failed += failed - due;
        for Source { path, written_at, .. } in survey.waiting {
            match written_before {
                Some(before) if written_at > before => found.left += 1,
                _ => found.orders.push((dataset, Order { path, force: None })),
            }
        }
    }
    Ok(found)
}

/// A line for each of the first objects that are not read. Returns their number.
fn warn_of_unread(unread: &[Unread]) -> usize {
    for object in unread.iter().take(MOST_NAMED) {
        tracing::warn!("not read: {object}");
    }
    unread.len()
}

/// Likewise for files that are gone and still count, where these are to be warned of.
fn warn_of_withdrawn(deps: &Deps, inventory: &Inventory) -> usize {
    if deps.settings.withdrawn == Withdrawn::Keep {
        return 0;
    }
    let withdrawn = || inventory.datasets.iter().flat_map(|survey| &survey.vanished);
    for file in withdrawn().take(MOST_NAMED) {
        tracing::warn!(file.path = file.path, "{file}");
    }
    withdrawn().count()
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
        match deps.lake.sweep_quarantine(dataset, deps.settings.personal.retention).await {
            Ok(swept) => sum.quarantine += swept,
            Err(error) => {
                tracing::warn!(%dataset, "the sweep failed, the next run repeats it: {error}")
            }
        }
    }
    if let Err(error) = deps.lake.sweep_start_markers(GRACE).await {
        tracing::warn!("the sweep of start markers failed, the next run repeats it: {error}");
    }
    sum
}

pub(crate) async fn handle(timer: Timer, context: Context) -> anyhow::Result<Outcome> {
    let deps = context.state();
    let now = now();
    // A call by hand means all files, as with the command.
    let written_before = (!schedule::is_by_hand(&timer, now)).then_some(now - MESSAGE_LOCK);
    let Found { orders, left, failed, unread, withdrawn, late } = run(deps, written_before).await?;
    let swept = sweep(deps).await;
    let found = orders.len();
    let young = match left {
        0 => String::new(),
        _ => {
            let minutes = MESSAGE_LOCK.num_minutes();
            format!(", {left} younger than {minutes} minutes that wait for their event")
        }
    };
    let failures = match failed {
        0 => String::new(),
        _ => format!(", {failed} that killed the process before"),
    };
    let (function, invocation_id) = (context.function(), context.invocation_id());
    // Each run names them, for as long as they are late: alerts look back a few hours only.
    for feed in &late {
        tracing::warn!(
            function,
            invocation_id,
            feed = feed.feed,
            feed.rhythm = %feed.rhythm,
            feed.arrived_at = feed.arrived_at,
            feed.late_since = feed.since,
            "{feed}"
        );
    }
    tracing::info!(
        function,
        invocation_id,
        files.waiting = found,
        files.left = left,
        files.failed = failed,
        files.unread = unread,
        files.withdrawn = withdrawn,
        feeds.late = late.len(),
        swept.parquet = swept.parquet,
        swept.quarantine = swept.quarantine,
        "reconciled: {found} files to read{young}{failures}; swept {} staged and {} quarantine \
         files",
        swept.parquet,
        swept.quarantine
    );
    Ok(events::outputs(Outcome::done(), orders)?)
}
