//! Dirty days: the dates of all log rows, old and new, whose id stands in a changed file.

use std::collections::BTreeSet;

use arrow_array::{
    cast::AsArray,
    types::{Date32Type, Int64Type},
};
use lake::Receipt;
use pipeline::{Dataset, Day};

use super::{BYTES_PER_ID, Embedded};
use crate::{
    Change, Changed, Error, Live,
    ids::{Ids, overlap, range_of},
};

pub async fn days(engine: &Embedded, live: &Live, change: &Change) -> Result<BTreeSet<Day>, Error> {
    let mut dirty = listed(change);
    let unchanged = unchanged(live, change);
    // One changed file after the other, so that memory holds the ids of one at a time.
    for changed in change.reviews.iter().chain(&change.logs) {
        let candidates = candidates(&unchanged, changed, &dirty);
        if candidates.is_empty() {
            continue;
        }
        let ids = ids_of(engine, changed).await?;
        for log in candidates {
            dirty_of(engine, log, &ids, &mut dirty).await?;
        }
    }
    Ok(dirty)
}

/// Every id of a changed log file is in the change, so all its days are dirty: its receipt lists
/// them.
pub(crate) fn listed(change: &Change) -> BTreeSet<Day> {
    let versions = change.logs.iter().flat_map(Changed::versions);
    versions.flat_map(|receipt| receipt.days.keys().copied()).collect()
}

pub(crate) fn unchanged<'a>(live: &'a Live, change: &Change) -> Vec<&'a Receipt> {
    live.logs.iter().filter(|log| !in_change(&change.logs, log)).collect()
}

/// Log files that may hold an id of a changed file on a day that is not known to be dirty.
pub(crate) fn candidates<'a>(
    unchanged: &[&'a Receipt],
    changed: &Changed,
    dirty: &BTreeSet<Day>,
) -> Vec<&'a Receipt> {
    let ranges: Vec<_> = changed.versions().filter_map(range_of).collect();
    let touched = |log: &Receipt| {
        range_of(log).is_some_and(|ids| ranges.iter().any(|range| overlap(range, &ids)))
    };
    let unknown = |log: &Receipt| log.days.keys().any(|day| !dirty.contains(day));
    unchanged.iter().copied().filter(|log| touched(log) && unknown(log)).collect()
}

fn in_change(changes: &[Changed], log: &Receipt) -> bool {
    changes.iter().flat_map(Changed::versions).any(|receipt| receipt.path == log.path)
}

/// All ids that a changed file has or had.
async fn ids_of(engine: &Embedded, changed: &Changed) -> Result<Ids, Error> {
    let rows = changed.versions().map(|version| version.rows.staged).sum();
    engine.fit("a changed file", rows, BYTES_PER_ID)?;
    let mut ids = Ids::default();
    for receipt in changed.versions() {
        let column = [id_column(receipt.dataset)];
        let read = engine.read(receipt, &column, None, |batch| {
            ids.extend(batch[column[0]].as_primitive::<Int64Type>().values());
        });
        match read.await {
            // A version that was replaced twice since the last publish may have been cleared
            // away: every id in its range is then taken for changed.
            Err(Error::Lake(lake::Error::Missing { .. })) => {
                range_of(receipt).into_iter().for_each(|range| ids.extend_range(range));
            }
            read => read?,
        }
    }
    ids.seal();
    Ok(ids)
}

/// Adds the days of those rows of a log file whose id is in the set.
async fn dirty_of(
    engine: &Embedded,
    log: &Receipt,
    ids: &Ids,
    dirty: &mut BTreeSet<Day>,
) -> Result<(), Error> {
    engine
        .read(log, &["log_id", "log_date"], ids.range(), |batch| {
            let days = batch["log_date"].as_primitive::<Date32Type>().values();
            for (&id, &day) in batch["log_id"].as_primitive::<Int64Type>().values().iter().zip(days)
            {
                if ids.contains(id) {
                    dirty.insert(Day(day));
                }
            }
        })
        .await
}

fn id_column(dataset: Dataset) -> &'static str {
    if dataset == Dataset::ReviewLogs { "log_id" } else { "review_id" }
}
