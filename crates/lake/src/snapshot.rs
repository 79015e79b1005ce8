//! Snapshots of the operational table: staged files that come from no vendor file.

use std::{sync::Arc, time::Instant};

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use pipeline::Dataset;
use tokio::runtime::Handle;

use crate::{
    Error, Lake, Receipt, Rows, State, erased::Eraser, failpoint::reach, parquet_out::ParquetOut,
    paths, receipt::now, receipt_log::Commit,
};

/// The path of snapshots in receipts. No vendor file can have it, since it is no CSV.
///
/// While a snapshot is live, it is all the purchases there are: what was staged from files before
/// is part of it, by way of the table.
pub const SNAPSHOT: &str = "user_purchase/_snapshot";

/// A snapshot being written from a thread that may block. Dropped before it is committed it
/// leaves an orphan at most.
pub struct SnapshotWriter {
    out: ParquetOut,
    eraser: Option<Eraser>,
    receipt: Receipt,
    begun: Instant,
}

/// What is known of a snapshot when it is whole.
#[derive(Clone, Debug)]
pub struct NewSnapshot {
    /// Tells this state of the table from others.
    pub version: String,
    /// Rules by which the table was read, and which table it was.
    pub recipe: String,
    /// Bytes that the table sent.
    pub size: u64,
    /// XXH3-128 of these bytes, as hexadecimal.
    pub content_hash: String,
}

impl SnapshotWriter {
    /// Begins the snapshot that follows receipt number `newest` (0: none).
    pub fn create(
        lake: &Lake,
        handle: &Handle,
        newest: u32,
        schema: Arc<Schema>,
    ) -> Result<Self, Error> {
        let (dataset, attempt) = (Dataset::UserPurchase, paths::attempt());
        let erased = handle.block_on(lake.erased())?;
        let eraser = Eraser::new(&erased, lake.keys(), dataset);
        let name = paths::parquet(dataset, SNAPSHOT, "snapshot", &attempt);
        let out = ParquetOut::create(lake, handle, lake.staging(), &name, schema)?;
        let receipt = Receipt {
            attempt,
            erasures: erased.entries(),
            parquet: Some(name),
            ..Receipt::new(dataset, SNAPSHOT, newest + 1, State::Accepted)
        };
        Ok(Self { out, eraser, receipt, begun: Instant::now() })
    }

    /// Appends rows, whose schema is that of [`create`](Self::create), but for those of erased
    /// customers.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<(), Error> {
        match &mut self.eraser {
            Some(eraser) => self.out.write(&eraser.keep(rows.clone())?),
            None => self.out.write(rows),
        }
    }

    /// Completes the file. It counts once its receipt is put, by
    /// [`commit_snapshot`](Lake::commit_snapshot).
    pub fn finish(self, new: NewSnapshot) -> Result<Receipt, Error> {
        let NewSnapshot { version, recipe, size, content_hash } = new;
        reach("snapshot:before")?;
        let (staged, erased) = (self.out.finish()?, self.eraser.map_or(0, |eraser| eraser.rows));
        Ok(Receipt {
            etag: version,
            recipe,
            size,
            content_hash: Some(content_hash),
            rows: Rows { read: staged + erased, staged, erased, ..Rows::default() },
            duration_ms: self.begun.elapsed().as_millis() as u64,
            written_at: now(),
            ..self.receipt
        })
    }
}

impl Lake {
    /// Puts the receipt of a snapshot. `false`, and the file is gone, when another one came first.
    pub async fn commit_snapshot(&self, receipt: &Receipt) -> Result<bool, Error> {
        if self.receipts().append(receipt).await? == Commit::Done {
            return Ok(true);
        }
        self.drop_snapshot(receipt).await;
        Ok(false)
    }

    /// Deletes the file of a snapshot that is not to be committed.
    pub async fn drop_snapshot(&self, receipt: &Receipt) {
        if let Some(parquet) = &receipt.parquet {
            self.discard(self.staging(), parquet).await;
        }
    }

    /// Purchase files whose rows a snapshot of the table with this recipe would miss: they count
    /// from staging, or were taken in by another table.
    pub async fn missing_in_table(&self, recipe: &str) -> Result<Vec<String>, Error> {
        let dataset = Dataset::UserPurchase;
        let mut missing = Vec::new();
        for (path, newest) in self.receipts().list(dataset).await?.newest {
            let live = self.receipts().live(dataset, &path, newest).await?;
            let is_in = |live: &Receipt| live.state == State::Loaded && live.recipe == recipe;
            if path != SNAPSHOT && live.is_some_and(|live| !is_in(&live)) {
                missing.push(path);
            }
        }
        Ok(missing)
    }
}
