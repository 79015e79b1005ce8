//! How long files took from their last write to the facts, when a publish has absorbed them.

use lake::Receipt;
use warehouse::{Latency, latency::seconds};

/// How long the files took that were absorbed right now. Each is an event of its own for the
/// metrics alone: `telemetry` sends it nowhere else.
pub fn latency(receipts: &[Receipt]) -> Vec<Latency> {
    let now = lake::now();
    for receipt in receipts {
        if let Some((staged, Some(published))) = seconds(receipt, now) {
            let feed = receipt.dataset.raw_folder();
            tracing::debug!(feed, latency.staged = staged, latency.published = published);
        }
    }
    Latency::of(receipts, now)
}
