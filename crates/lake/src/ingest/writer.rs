//! The staged file, written on a thread of its own: the next rows are parsed meanwhile.

use std::sync::mpsc::{SyncSender, sync_channel};

use arrow_array::RecordBatch;
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{Error, parquet_out::ParquetOut};

/// Batches that wait for the writer.
const WAITING: usize = 1;

/// A [`ParquetOut`] on its thread. Dropped before [`finish`](Self::finish) it leaves nothing.
pub(super) struct Writer {
    batches: SyncSender<RecordBatch>,
    file: JoinHandle<Result<ParquetOut, Error>>,
    handle: Handle,
    /// Of the vendor file, for errors.
    path: String,
}

impl Writer {
    pub(super) fn start(mut file: ParquetOut, handle: &Handle, path: &str) -> Self {
        let (batches, waiting) = sync_channel(WAITING);
        let write = move || {
            waiting.iter().try_for_each(|batch| file.write(&batch))?;
            Ok(file)
        };
        let file = handle.spawn_blocking(write);
        Self { batches, file, handle: handle.clone(), path: path.to_owned() }
    }

    pub(super) fn write(&mut self, batch: RecordBatch) -> Result<(), Error> {
        match self.batches.send(batch) {
            Ok(()) => Ok(()),
            // It has stopped, and says why.
            Err(_) => match self.handle.block_on(&mut self.file) {
                Ok(Err(error)) => Err(error),
                _ => Err(Error::Crashed { path: self.path.clone() }),
            },
        }
    }

    /// Completes the file and tells how many rows it holds.
    pub(super) fn finish(self) -> Result<u64, Error> {
        drop(self.batches);
        match self.handle.block_on(self.file) {
            Ok(file) => file?.finish(),
            Err(_) => Err(Error::Crashed { path: self.path }),
        }
    }
}
