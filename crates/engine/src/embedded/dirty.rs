//! Dirty days: the dates of all log rows, old and new, whose id stands in a changed file.

use std::collections::{BTreeSet, HashSet};

use arrow_array::{
    cast::AsArray,
    types::{Date32Type, Int64Type},
};
use futures_util::TryStreamExt;
use lake::Receipt;
use pipeline::{Dataset, Day};

use super::{BYTES_PER_ID, Embedded};
use crate::{Change, Changed, Error, Live, ids::Ids};

pub async fn days(engine: &Embedded, live: &Live, change: &Change) -> Result<BTreeSet<Day>, Error> {
    let mut dirty = listed(change);
    let unchanged = unchanged(live, change);
    // One changed file after the other, so that memory holds ids of one at a time.
    for changed in change.reviews.iter().chain(&change.logs) {
        let candidates = candidates(&unchanged, changed, &dirty);
        if !candidates.is_empty() {
            let dirty = &mut dirty;
            Search { engine, candidates, dirty, ids: Ids::default() }.run(changed).await?;
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
    let changed = change.logs.iter().flat_map(Changed::versions);
    let changed: HashSet<&str> = changed.map(|receipt| receipt.path.as_str()).collect();
    live.logs.iter().filter(|log| !changed.contains(log.path.as_str())).collect()
}

/// Log files that may hold an id of a changed file on a day that is not known to be dirty.
pub(crate) fn candidates<'a>(
    unchanged: &[&'a Receipt],
    changed: &Changed,
    dirty: &BTreeSet<Day>,
) -> Vec<&'a Receipt> {
    let ids: Vec<_> = changed.versions().map(Receipt::ids).collect();
    let touched = |log: &Receipt| {
        let of_log = log.ids();
        ids.iter().any(|ids| ids.meets(&of_log))
    };
    unchanged.iter().copied().filter(|log| is_open(log, dirty) && touched(log)).collect()
}

/// Whether a log file has a day that is not known to be dirty.
fn is_open(log: &Receipt, dirty: &BTreeSet<Day>) -> bool {
    log.days.keys().any(|day| !dirty.contains(day))
}

/// The days of one changed file in the log files that may hold its ids.
struct Search<'a> {
    engine: &'a Embedded,
    candidates: Vec<&'a Receipt>,
    dirty: &'a mut BTreeSet<Day>,
    /// As many ids of the file as fit into memory.
    ids: Ids,
}

impl Search<'_> {
    async fn run(mut self, changed: &Changed) -> Result<(), Error> {
        let most = self.engine.memory_bytes / BYTES_PER_ID;
        for receipt in changed.versions() {
            match self.take(receipt, most).await {
                // A version that was replaced twice since the last publish may have been cleared
                // away: every id in its ranges is then taken for changed.
                Err(Error::Lake(lake::Error::Missing { .. })) => {
                    self.ids.extend_ranges(receipt.ids().into_owned());
                }
                taken => taken?,
            }
        }
        self.look().await
    }

    async fn take(&mut self, receipt: &Receipt, most: u64) -> Result<(), Error> {
        let column = [id_column(receipt.dataset)];
        let Some(mut batches) = self.engine.open(receipt, &column, None).await? else {
            return Ok(());
        };
        while let Some(batch) = batches.try_next().await? {
            self.ids.extend(batch[column[0]].as_primitive::<Int64Type>().values());
            if self.ids.len() >= most {
                self.look().await?;
            }
        }
        Ok(())
    }

    /// Adds the days of those rows of the log files whose id was taken, and forgets the ids.
    async fn look(&mut self) -> Result<(), Error> {
        let mut ids = std::mem::take(&mut self.ids);
        ids.seal();
        for log in &self.candidates {
            if !ids.meet(&log.ids()) || !is_open(log, self.dirty) {
                continue;
            }
            let dirty = &mut self.dirty;
            let columns = ["log_id", "log_date"];
            self.engine
                .read(log, &columns, ids.hull(), |batch| {
                    let of_rows = batch["log_id"].as_primitive::<Int64Type>().values();
                    let days = batch["log_date"].as_primitive::<Date32Type>().values();
                    for (&id, &day) in of_rows.iter().zip(days) {
                        if ids.contains(id) {
                            dirty.insert(Day(day));
                        }
                    }
                })
                .await?;
        }
        Ok(())
    }
}

fn id_column(dataset: Dataset) -> &'static str {
    if dataset == Dataset::ReviewLogs { "log_id" } else { "review_id" }
}
