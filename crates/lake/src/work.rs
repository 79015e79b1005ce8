//! How much the lake was asked to do: tests and `status` show by it that cost follows the change.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// What was done through a lake and its clones so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Work {
    /// Listings begun, however many pages they have.
    pub listings: u64,
    /// Receipts fetched, one object each.
    pub receipts_read: u64,
    /// Sources opened for reading, tries that were given up included.
    pub sources_read: u64,
    /// Bytes of sources and of staged Parquet.
    pub bytes_read: u64,
    /// Staged files opened, the look back for duplicate ids included.
    pub parquet_files_read: u64,
    /// Staged and quarantine files completed.
    pub parquet_files_written: u64,
}

/// The counters behind [`Work`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub listings: AtomicU64,
    pub receipts_read: AtomicU64,
    pub sources_read: AtomicU64,
    pub bytes_read: AtomicU64,
    pub parquet_files_read: AtomicU64,
    pub parquet_files_written: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Relaxed);
    }

    pub(crate) fn work(&self) -> Work {
        Work {
            listings: self.listings.load(Relaxed),
            receipts_read: self.receipts_read.load(Relaxed),
            sources_read: self.sources_read.load(Relaxed),
            bytes_read: self.bytes_read.load(Relaxed),
            parquet_files_read: self.parquet_files_read.load(Relaxed),
            parquet_files_written: self.parquet_files_written.load(Relaxed),
        }
    }
}
