//! What must be true in the end.

use anyhow::ensure;
use lake::{Lake, Receipt, SNAPSHOT, State};
use pipeline::Dataset;

use super::{
    round::{Killer, Round, bad::JUNK, wait},
    vendor::{KILLER, counted},
};
use crate::common::lab::published;

/// A version that was given up.
pub struct Failed {
    path: String,
    times: u32,
}

impl Failed {
    /// Reconcile leaves it alone: one message and three that reconcile sent were given up, or more
    /// where somebody asked to reprocess it.
    pub fn is_final(&self) -> bool {
        self.times >= 4
    }
}

/// Versions that are given up now.
pub fn failed(round: &Round) -> anyhow::Result<Vec<Failed>> {
    let deps = round.another_process();
    wait(async {
        let mut failed = Vec::new();
        for receipt in newest(round).await? {
            if receipt.state == State::Failed {
                let times = deps.lake.receipts().failures(&receipt).await?;
                failed.push(Failed { path: receipt.path, times });
            }
        }
        Ok(failed)
    })
}

/// The newest receipt of each path.
async fn newest(round: &Round) -> anyhow::Result<Vec<Receipt>> {
    let deps = round.another_process();
    let damaged = &damaged(round);
    let mut newest = Vec::new();
    for dataset in Dataset::ALL {
        for (path, number) in deps.lake.receipts().list(dataset).await?.newest {
            if path != SNAPSHOT {
                newest.push(find(&deps.lake, dataset, &path, number, damaged).await?);
            }
        }
    }
    Ok(newest)
}

/// Receipts that somebody has damaged.
fn damaged(round: &Round) -> Vec<(String, u32)> {
    round.bad.as_ref().map(|bad| bad.damaged.clone()).unwrap_or_default()
}

/// A receipt, which must be readable unless somebody has damaged it.
async fn find(
    lake: &Lake,
    dataset: Dataset,
    path: &str,
    number: u32,
    damaged: &[(String, u32)],
) -> anyhow::Result<Receipt> {
    let receipts = lake.receipts();
    Ok(match damaged.iter().any(|(of, nth)| of == path && *nth == number) {
        true => receipts.find(dataset, path, number).await?,
        false => receipts.get(dataset, path, number).await?,
    })
}

pub fn all(round: &mut Round) -> anyhow::Result<()> {
    for Failed { path, times } in failed(round)? {
        let for_ever = round.killer == Killer::ForEver && path == KILLER;
        ensure!(for_ever, "{path} is stranded: given up {times} times");
    }
    let newest = wait(newest(round))?;
    for message in &round.queue.poison {
        let receipt = newest.iter().find(|receipt| receipt.path == message.path());
        ensure!(receipt.is_some(), "message {} in the poison queue matters", message.id);
        ensure!(message.deaths <= 5, "message {} died {} times", message.id, message.deaths);
    }
    let deps = round.another_process();
    let damaged = damaged(round);
    for newest in &newest {
        for number in 1..=newest.number {
            let (lake, dataset) = (&deps.lake, newest.dataset);
            let receipt = wait(find(lake, dataset, &newest.path, number, &damaged))?;
            let (sent, read) = (round.sent.get(&receipt.etag), &receipt.bytes_hash);
            let has_read = receipt.state == State::Accepted;
            let same = !has_read || sent == read.as_ref();
            ensure!(same, "{} {number} has the content of another version", receipt.path);
        }
    }
    let mut files = wait(round.lab.files());
    if round.killer == Killer::ForEver {
        files.remove(KILLER);
    }
    files.remove(JUNK);
    let files = counted(files);
    round.lab.holds(files.clone());
    if round.chance(25) {
        // From nothing, and from the files that are left.
        round.end_processes();
        std::fs::remove_file(round.lab.warehouse())?;
        let any = wait(published(&round.another_process()))?;
        ensure!(any || files.is_empty(), "a warehouse built from nothing has nothing");
        round.lab.holds(files);
    }
    Ok(())
}
