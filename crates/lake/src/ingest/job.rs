//! The work on one file: what it is about, how it ends, and the commit of its receipt.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use chrono::Datelike;
use object_store::ObjectMeta;
use pipeline::{Dataset, FileRefusal};
use tokio::runtime::Handle;

use super::IngestOptions;
use crate::{
    Erased, Error, Lake, Receipt, State,
    duplicate_content::same_content,
    failpoint::applies,
    receipt::{now, text},
    receipt_log::{Commit, ReceiptLog},
    store,
};

/// What became of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// There is no such file (any more).
    Gone,
    /// Its newest receipt is of this very version. After `forgotten` any recipe counts as the
    /// same: only new bytes or force bring the path back.
    AlreadyDone(Receipt),
    /// Other work reads this very version now.
    UnderWay,
    /// Earlier deliveries of this message killed the process: the version is given up.
    Failed(Receipt),
    /// An earlier message was given up with this version.
    Failing(Receipt),
    /// Another version with the bytes of the live one.
    Unchanged(Receipt),
    /// Read and committed: live from now on, or loaded into the table.
    Accepted(Receipt),
    /// Refused as a whole; what was live stays live.
    Rejected(Receipt),
}

/// How an attempt ended.
pub(super) enum Step {
    Done(Box<Outcome>),
    /// Another ingest of this path committed first.
    Raced,
    /// The source was rewritten while it was read.
    Changed,
}

impl Step {
    pub(super) fn done(outcome: Outcome) -> Self {
        Self::Done(Box::new(outcome))
    }
}

pub(super) struct Job<'a> {
    pub(super) lake: &'a Lake,
    pub(super) dataset: Dataset,
    pub(super) path: &'a str,
    pub(super) options: &'a IngestOptions,
    pub(super) recipe: String,
    /// The list of erased customers, as the present attempt heeds it.
    pub(super) erased: Arc<Erased>,
    /// Entries of it that the receipt must have heeded.
    pub(super) due: u32,
    /// Entries of it that were there when this attempt committed.
    pub(super) heeded: u32,
    started: Instant,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        lake: &'a Lake,
        dataset: Dataset,
        path: &'a str,
        options: &'a IngestOptions,
    ) -> Self {
        let recipe = options.recipe(dataset);
        let (erased, due, heeded) = Default::default();
        Self { lake, dataset, path, options, recipe, erased, due, heeded, started: Instant::now() }
    }

    pub(super) fn log(&self) -> ReceiptLog<'a> {
        self.lake.receipts()
    }

    /// A receipt that says nothing yet but who wrote it about what.
    pub(super) fn receipt(
        &self,
        version: &ObjectMeta,
        number: u32,
        attempt: &str,
        state: State,
    ) -> Receipt {
        Receipt {
            etag: store::etag(version),
            size: version.size,
            // Some archives leave files without a time: in 1970, or before.
            source_at: Some(version.last_modified)
                .filter(|at| (2000..=9999).contains(&at.year()))
                .map(text),
            recipe: self.recipe.clone(),
            erasures: self.heeded,
            attempt: attempt.to_owned(),
            ..Receipt::new(self.dataset, self.path, number, state)
        }
    }

    /// Looks at the list of erased customers before an attempt.
    pub(super) async fn heed(&mut self) -> Result<(), Error> {
        self.erased = self.lake.erased().await?;
        self.heeded = self.erased.entries();
        self.due = self.due.max(self.erased.due(self.path));
        Ok(())
    }

    /// With the time.
    pub(super) fn finished(&self, receipt: Receipt) -> Receipt {
        let duration_ms = self.started.elapsed().as_millis() as u64;
        Receipt { written_at: now(), duration_ms, ..receipt }
    }

    pub(super) async fn commit(
        &self,
        receipt: Receipt,
        outcome: impl FnOnce(Receipt) -> Outcome,
    ) -> Result<Step, Error> {
        let mut receipt = self.finished(receipt);
        match self.append(&mut receipt).await? {
            Commit::Done => Ok(Step::done(outcome(receipt))),
            Commit::Taken(_) => Ok(Step::Raced),
        }
    }

    /// Appends a receipt. Finished work counts: a `failed` receipt that another worker wrote about
    /// the same version meanwhile moves it to the next number.
    pub(super) async fn append(&self, receipt: &mut Receipt) -> Result<Commit, Error> {
        loop {
            let commit = self.log().append(receipt).await?;
            let Commit::Taken(there) = &commit else { return Ok(commit) };
            let failed = there.state == State::Failed && receipt.state != State::Failed;
            if !failed
                || !applies("success wins")
                || there.etag != receipt.etag
                || there.recipe != receipt.recipe
            {
                return Ok(commit);
            }
            receipt.number += 1;
        }
    }

    pub(super) async fn reject(
        &self,
        receipt: Receipt,
        refusal: FileRefusal,
    ) -> Result<Step, Error> {
        let refusal = Some(refusal.into());
        let receipt = Receipt { state: State::Rejected, refusal, ..receipt };
        self.commit(receipt, Outcome::Rejected).await
    }

    /// Refuses a version whose content counts under `other`. Other content that counted under this
    /// path before is excluded: the vendor has replaced it.
    pub(super) async fn refuse_duplicate(
        &self,
        receipt: Receipt,
        other: &str,
    ) -> Result<Step, Error> {
        let (receipt, refusal) = (receipt.without_rows(), same_content(other));
        if receipt.number > 1 {
            let before = self.log().find(self.dataset, self.path, receipt.number - 1).await?;
            let may_be_live = before.state == State::Unreadable;
            if may_be_live || self.log().live_from(before).await?.is_some() {
                let refusal = Some(refusal.into());
                let receipt = Receipt { state: State::Forgotten, refusal, ..receipt };
                return self.commit(receipt, Outcome::Rejected).await;
            }
        }
        self.reject(receipt, refusal).await
    }

    /// Deletes what a receipt names that will not be committed.
    pub(super) async fn discard(&self, receipt: &Receipt) {
        if let Some(parquet) = &receipt.parquet {
            self.lake.discard(self.lake.staging(), parquet).await;
        }
        if let Some(quarantine) = &receipt.quarantine {
            self.lake.discard(self.lake.quarantine(), quarantine).await;
        }
    }

    /// Runs work on a thread that may block. Its flag is set when nobody waits any more.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Handle, Arc<AtomicBool>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let stop = StopOnDrop::default();
        let cancelled = Arc::clone(&stop.0);
        let task = tokio::task::spawn_blocking(move || work(&Handle::current(), cancelled));
        // Not what the panic says: it could hold row contents.
        task.await.unwrap_or_else(|_| Err(Error::Crashed { path: self.path.to_owned() }))
    }

    pub(super) fn bug(&self, detail: String) -> Error {
        Error::Bug { path: self.path.to_owned(), detail }
    }
}

/// Tells a blocking thread that nobody waits any more.
#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}
