//! Commit point 1: a version of a vendor file becomes a receipt, exactly once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use object_store::ObjectMeta;
use pipeline::{Dataset, FileRefusal, Tally, parser};
use tokio::runtime::Handle;

use crate::{
    Error, Lake, Receipt, Refusal, Rows, State, Table,
    dedupe::{self, Dedupe, unique_id},
    failpoint::reach,
    into_table::Begun,
    paths,
    receipts::{Commit, now},
    source::Bounds,
    stage::{OnProgress, Pass, Reading},
    store,
    table::Load,
    twins::same_content,
};

/// How often a file is begun again because it, or its log, changed meanwhile.
const TRIES: u32 = 5;

/// How to ingest a file.
#[derive(Clone)]
pub struct IngestOptions {
    /// Limits of reading, and what becomes of personal data.
    pub parser: pipeline::Options,
    /// Read the file though a receipt says that this version is done, failing or unchanged:
    /// those up to this number do not count. A later one that read or forgot the file does, so
    /// that an order that comes late, or twice, brings nothing back.
    pub force: Option<u32>,
    /// The queue will not try often again: write a `failed` receipt before the work, so that a
    /// file that kills the process does not do so for ever.
    pub last_try: bool,
    /// Decompressed bytes of a file at most.
    pub max_bytes: u64,
    /// How often gzip may expand, beyond the first 64 MiB of text.
    pub max_ratio: u64,
    /// Where purchases go instead of into staging.
    pub table: Option<Arc<dyn Table>>,
    /// Called on the reading thread, every few MiB.
    pub progress: Option<OnProgress>,
}

impl IngestOptions {
    /// Names the rules by which a file of this dataset is taken in, and where to: a version that
    /// was taken in otherwise is taken in again.
    pub fn recipe(&self, dataset: Dataset) -> String {
        let recipe = parser::recipe(dataset, &self.parser);
        match self.table_of(dataset) {
            Some(table) => format!("{recipe} {}", table.recipe()),
            None => recipe,
        }
    }

    pub(crate) fn table_of(&self, dataset: Dataset) -> Option<&Arc<dyn Table>> {
        self.table.as_ref().filter(|_| dataset == Dataset::UserPurchase)
    }
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            parser: pipeline::Options::default(),
            force: None,
            last_try: false,
            max_bytes: 64 << 30,
            max_ratio: 200,
            table: None,
            progress: None,
        }
    }
}

/// What became of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// There is no such file (any more).
    Gone,
    /// Its newest receipt is of this very version. After `forgotten` any recipe counts as the
    /// same: only new bytes or force bring the path back.
    AlreadyDone(Receipt),
    /// Its newest receipt says that the work on this version did not come to an end.
    Failing(Receipt),
    /// Another version with the bytes of the live one.
    Unchanged(Receipt),
    /// Read and committed: live from now on, or loaded into the table.
    Accepted(Receipt),
    /// Refused as a whole; what was live stays live.
    Rejected(Receipt),
}

/// Brings the file at `path` (its name within `raw`) into staging, as it is now.
///
/// Any number of calls may run at the same time, in any process: each version gets one receipt.
/// Whatever is interrupted leaves an orphan Parquet at most. A vendor file with wrong contents
/// is no error but [`Outcome::Rejected`]; see [`Error::is_transient`] for the rest.
pub async fn ingest(lake: &Lake, path: &str, options: &IngestOptions) -> Result<Outcome, Error> {
    paths::source(path)?;
    let dataset = Dataset::of_path(path).ok_or_else(|| Error::Foreign { path: path.to_owned() })?;
    let job = Job {
        lake,
        dataset,
        path,
        options,
        recipe: options.recipe(dataset),
        id: paths::attempt(),
        started: Instant::now(),
    };
    for n in 0..TRIES {
        let step = match job.attempt().await {
            Ok(step) => step,
            Err(error) => return Err(lake.explain(error).await),
        };
        match step {
            Step::Done(outcome) => return Ok(*outcome),
            Step::Raced => {}
            // Somebody is still writing it, perhaps.
            Step::Changed => tokio::time::sleep(Duration::from_millis(50 << n)).await,
        }
    }
    Err(Error::Changing { path: path.to_owned(), tries: TRIES })
}

pub(crate) struct Job<'a> {
    pub(crate) lake: &'a Lake,
    pub(crate) dataset: Dataset,
    pub(crate) path: &'a str,
    pub(crate) options: &'a IngestOptions,
    recipe: String,
    /// Marks the `failed` receipt as ours.
    id: String,
    started: Instant,
}

pub(crate) enum Step {
    Done(Box<Outcome>),
    /// Another ingest of this path committed first.
    Raced,
    /// The source was rewritten while it was read.
    Changed,
}

impl Step {
    pub(crate) fn accepted(receipt: Receipt) -> Self {
        Self::Done(Box::new(Outcome::Accepted(receipt)))
    }
}

/// What a pass has staged, or sent on its way into the table.
struct Staged {
    load: Option<Box<dyn Load>>,
    hash: String,
    tally: Tally,
    written: u64,
    parquet: String,
    quarantine: Option<String>,
}

impl Job<'_> {
    async fn attempt(&self) -> Result<Step, Error> {
        let object = paths::source(self.path)?;
        reach("head:before")?;
        let Some(version) = store::head(self.lake.raw(), &object).await? else {
            self.lake.check().await?;
            return Ok(Step::Done(Box::new(Outcome::Gone)));
        };
        reach("head:after")?;
        let newest = self.lake.newest_receipt(self.dataset, self.path).await?;
        if let Some(newest) = &newest
            && let Some(outcome) = self.settled(newest, &version)
            && !self.lake.is_free_again(newest).await?
        {
            return Ok(Step::Done(Box::new(outcome)));
        }
        let mut number = newest.as_ref().map_or(0, |newest| newest.number);
        let failing = newest
            .as_ref()
            .is_some_and(|newest| newest.state == State::Failed && self.is_of(newest, &version));
        if self.options.last_try && !failing {
            let failed = self.receipt(&version, number + 1, &self.id, State::Failed);
            if self.lake.commit(&failed).await? == Commit::Taken {
                return Ok(Step::Raced);
            }
            number += 1;
        }
        let forced = self.forced(newest.as_ref());
        let live = match newest {
            Some(newest) => self.lake.live_from(newest).await?,
            None => None,
        };
        let loaded = live.as_ref().filter(|live| live.state == State::Loaded);
        let load = match self.begin_load(loaded, number + 1).await? {
            Some(Begun::MadeUp) => return Ok(Step::Raced),
            Some(Begun::Load(load)) => Some(load),
            None => None,
        };
        // A table that was made anew has nothing, whatever the receipts say.
        let is_there = load.as_ref().is_none_or(|load| load.present().is_some());
        let known = live.filter(|live| !forced && live.recipe == self.recipe && is_there);

        let attempt = paths::attempt();
        let etag = store::etag(&version);
        let parquet = paths::parquet(self.dataset, self.path, &etag, &attempt);
        let known = known.and_then(|live| live.content_hash);
        let next = |state| self.receipt(&version, number + 1, &attempt, state);
        match self.read(&version, &parquet, known, load).await? {
            Reading::Changed => Ok(Step::Changed),
            Reading::Known { hash } => {
                let receipt = Receipt { content_hash: Some(hash), ..next(State::Unchanged) };
                self.commit(receipt, Outcome::Unchanged).await
            }
            Reading::Refused { refusal, hash, extra_columns, quarantined } => {
                let quarantine = quarantined.then(|| parquet.clone());
                let (content_hash, rejected) = (hash, next(State::Rejected));
                let receipt = Receipt { content_hash, extra_columns, quarantine, ..rejected };
                let step = self.reject(receipt.clone(), refusal).await?;
                if matches!(step, Step::Raced) {
                    self.discard(&receipt).await;
                }
                Ok(step)
            }
            Reading::Staged { hash, tally, written, quarantined, load } => {
                let quarantine = quarantined.then(|| parquet.clone());
                let staged = Staged { load, hash, tally, written, parquet, quarantine };
                self.settle(next(State::Accepted), staged).await
            }
        }
    }

    /// Whether the newest receipt leaves nothing to do.
    fn settled(&self, newest: &Receipt, version: &ObjectMeta) -> Option<Outcome> {
        if self.forced(Some(newest)) {
            return None;
        }
        match newest.state {
            State::Forgotten if newest.etag == store::etag(version) => {
                Some(Outcome::AlreadyDone(newest.clone()))
            }
            _ if !self.is_of(newest, version) => None,
            State::Failed if newest.attempt == self.id => None,
            State::Failed => Some(Outcome::Failing(newest.clone())),
            _ => Some(Outcome::AlreadyDone(newest.clone())),
        }
    }

    /// Whether the order to read the file in any case still stands.
    fn forced(&self, newest: Option<&Receipt>) -> bool {
        let stands = |newest: &Receipt, seen| {
            newest.number <= seen || matches!(newest.state, State::Failed | State::Unchanged)
        };
        self.options.force.is_some_and(|seen| newest.is_none_or(|newest| stands(newest, seen)))
    }

    fn is_of(&self, receipt: &Receipt, version: &ObjectMeta) -> bool {
        receipt.etag == store::etag(version) && receipt.recipe == self.recipe
    }

    /// Reads the source on a thread that may block.
    async fn read(
        &self,
        version: &ObjectMeta,
        parquet: &str,
        known: Option<String>,
        load: Option<Box<dyn Load>>,
    ) -> Result<Reading, Error> {
        let stop = StopOnDrop::default();
        let pass = Pass {
            lake: self.lake.clone(),
            dataset: self.dataset,
            path: self.path.to_owned(),
            version: version.clone(),
            parquet: parquet.to_owned(),
            options: self.options.parser.clone(),
            bounds: Bounds { max_bytes: self.options.max_bytes, max_ratio: self.options.max_ratio },
            progress: self.options.progress.clone(),
            known,
            load,
            cancelled: stop.flag(),
        };
        self.blocking(move |handle| pass.run(handle)).await
    }

    /// Takes duplicates of an id out and commits what is left.
    async fn settle(&self, accepted: Receipt, mut staged: Staged) -> Result<Step, Error> {
        let tally = &staged.tally;
        if tally.rows_out != staged.written {
            let detail = format!("{} rows counted, {} written", tally.rows_out, staged.written);
            return Err(self.bug(detail));
        }
        let mut rows = Rows {
            read: tally.rows_in,
            staged: staged.written,
            refused: tally.rows_refused,
            duplicate: 0,
            refused_by_reason: tally.refused.clone(),
        };
        if !tally.ascending && staged.written > 1 && unique_id(self.dataset).is_some() {
            let stop = StopOnDrop::default();
            let without =
                paths::parquet(self.dataset, self.path, &accepted.etag, &paths::attempt());
            let dedupe = Dedupe {
                lake: self.lake.clone(),
                dataset: self.dataset,
                parquet: staged.parquet.clone(),
                rows: staged.written,
                without: without.clone(),
                round: dedupe::ROUND,
                cancelled: stop.flag(),
            };
            reach("dedupe:before")?;
            let deduped = self.blocking(move |handle| dedupe.run(handle)).await?;
            reach("dedupe:after")?;
            if let Some(deduped) = deduped {
                self.lake.discard(self.lake.staging(), &staged.parquet).await;
                staged.parquet = without;
                staged.tally.days = deduped.days;
                (rows.staged, rows.duplicate) = (deduped.staged, deduped.duplicate);
            }
        }
        if !rows.add_up() {
            return Err(self.bug(format!("the rows do not add up ({rows:?})")));
        }
        let Staged { load, hash, tally, parquet, quarantine, .. } = staged;
        let receipt = Receipt {
            content_hash: Some(hash),
            parquet: Some(parquet),
            quarantine,
            rows,
            // Of each id one row is left, so the bounds stay.
            min_id: tally.min_id,
            max_id: tally.max_id,
            days: tally.days,
            extra_columns: tally.extra_columns,
            ..accepted
        };
        match (load, self.dataset) {
            (Some(load), _) => self.accept_load(load, receipt).await,
            (None, Dataset::UserPurchase) => self.accept_purchases(receipt).await,
            (None, _) => self.accept(receipt).await,
        }
    }

    async fn accept(&self, receipt: Receipt) -> Result<Step, Error> {
        let step = self.commit(receipt.clone(), Outcome::Accepted).await?;
        if matches!(step, Step::Raced) {
            self.discard(&receipt).await;
        }
        Ok(step)
    }

    /// Purchases add up, so content that is live elsewhere is refused.
    async fn accept_purchases(&self, receipt: Receipt) -> Result<Step, Error> {
        let hash = receipt.content_hash.clone().unwrap_or_default();
        // Held to the end: no other ingest of this process may commit in between.
        let mut purchases = self.lake.purchases().lock().await;
        if let Some(twin) = purchases.twin(self.lake, self.path, &hash).await? {
            self.discard(&receipt).await;
            return self.reject(stripped(receipt), same_content(&twin)).await;
        }
        let step = self.accept(receipt.clone()).await?;
        if !matches!(step, Step::Done(_)) {
            return Ok(step);
        }
        // Another process may have done the same under another path meanwhile. Of the two that
        // are live now, the greater path is taken out, by whoever sees it.
        let Some(twin) = purchases.twin(self.lake, self.path, &hash).await? else {
            return Ok(step);
        };
        let (kept, loser) = (self.path.min(&twin), self.path.max(&twin));
        let taken_out = self.lake.take_out_twin(loser, kept, &hash).await?;
        match taken_out {
            _ if loser != self.path => Ok(step),
            Some(receipt) => Ok(Step::Done(Box::new(Outcome::Rejected(receipt)))),
            // The other one was faster.
            None => Ok(Step::Raced),
        }
    }

    pub(crate) async fn reject(
        &self,
        receipt: Receipt,
        refusal: FileRefusal,
    ) -> Result<Step, Error> {
        let FileRefusal { reason, detail } = refusal;
        let refusal = Some(Refusal { reason, detail });
        let receipt = Receipt { state: State::Rejected, refusal, ..receipt };
        self.commit(receipt, Outcome::Rejected).await
    }

    async fn commit(
        &self,
        receipt: Receipt,
        outcome: impl FnOnce(Receipt) -> Outcome,
    ) -> Result<Step, Error> {
        let receipt = self.finished(receipt);
        match self.lake.commit(&receipt).await? {
            Commit::Done => Ok(Step::Done(Box::new(outcome(receipt)))),
            Commit::Taken => Ok(Step::Raced),
        }
    }

    /// With the time.
    pub(crate) fn finished(&self, receipt: Receipt) -> Receipt {
        let duration_ms = self.started.elapsed().as_millis() as u64;
        Receipt { written_at: now(), duration_ms, ..receipt }
    }

    /// Deletes what a receipt names that will not be committed.
    pub(crate) async fn discard(&self, receipt: &Receipt) {
        if let Some(parquet) = &receipt.parquet {
            self.lake.discard(self.lake.staging(), parquet).await;
        }
        if let Some(quarantine) = &receipt.quarantine {
            self.lake.discard(self.lake.quarantine(), quarantine).await;
        }
    }

    /// A receipt that says nothing yet but who wrote it about what.
    fn receipt(&self, version: &ObjectMeta, number: u32, attempt: &str, state: State) -> Receipt {
        Receipt {
            path: self.path.to_owned(),
            dataset: self.dataset,
            number,
            state,
            etag: store::etag(version),
            size: version.size,
            recipe: self.recipe.clone(),
            attempt: attempt.to_owned(),
            written_at: now(),
            duration_ms: 0,
            content_hash: None,
            parquet: None,
            quarantine: None,
            refusal: None,
            rows: Rows::default(),
            min_id: None,
            max_id: None,
            days: Default::default(),
            extra_columns: Vec::new(),
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Handle) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let task = tokio::task::spawn_blocking(move || work(&Handle::current()));
        // Not what the panic says: it could hold row contents.
        task.await.unwrap_or_else(|_| Err(Error::Crashed { path: self.path.to_owned() }))
    }

    fn bug(&self, detail: String) -> Error {
        Error::Bug { path: self.path.to_owned(), detail }
    }
}

/// A receipt without what was staged.
pub(crate) fn stripped(receipt: Receipt) -> Receipt {
    Receipt {
        parquet: None,
        quarantine: None,
        rows: Rows::default(),
        min_id: None,
        max_id: None,
        days: Default::default(),
        ..receipt
    }
}

/// Tells a blocking thread that nobody waits any more.
#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl StopOnDrop {
    fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}
