//! What the three file functions share: a blob-created event names a path, the lake decides.

use eventgrid::Data;
use lake::{Delivery, IngestOptions, Outcome, Receipt};
use pipeline::Dataset;
use serde::{Deserialize, Serialize};

use crate::deps::Deps;

/// Our own message on the queue of a dataset: from `reconcile` and `replay`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Name of the blob within `raw`.
    pub path: String,
    /// Read it although a receipt covers it, up to this number: see [`IngestOptions::force`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<u32>,
}

/// Input of a file function.
#[derive(Clone, Default)]
pub struct Input {
    /// Name of the blob within `raw`.
    pub path: String,
    /// Read it although a receipt covers it, up to this number: see [`IngestOptions::force`].
    pub force: Option<u32>,
    /// Which delivery of a queue message names the file.
    pub delivery: Option<Delivery>,
    /// Called with the bytes read so far, and the total.
    pub progress: Option<std::sync::Arc<dyn Fn(lake::Progress) + Send + Sync>>,
}

/// What became of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Ingested {
    /// Name of the blob within `raw`.
    pub path: String,
    /// By the first folder of the path.
    pub dataset: Dataset,
    /// accepted, rejected, unchanged, already_done, under_way (other work reads this version now),
    /// failed (deliveries of this message killed the process), failing (those of an earlier message
    /// did) or gone.
    pub outcome: &'static str,
    /// The version that was found; `None` where the file is gone.
    pub etag: Option<String>,
    /// By the receipt: all 0 unless they were staged or loaded.
    pub rows: lake::Rows,
    /// Why the file was refused; `None` where it was not.
    pub reason: Option<pipeline::FileReason>,
    /// What was found, in a sentence without row contents.
    pub detail: Option<String>,
    /// Refused rows, within `quarantine`.
    pub quarantine: Option<String>,
    /// Milliseconds of the work that wrote the receipt; 0 where the file is gone.
    pub duration_ms: u64,
}

impl Ingested {
    fn new(path: &str, dataset: Dataset, outcome: &'static str, receipt: Option<Receipt>) -> Self {
        let etag = receipt.as_ref().map(|receipt| receipt.etag.clone());
        let (rows, refusal, quarantine, duration_ms) = receipt
            .map(|receipt| (receipt.rows, receipt.refusal, receipt.quarantine, receipt.duration_ms))
            .unwrap_or_default();
        let (reason, detail) = refusal.map(|refusal| (refusal.reason, refusal.detail)).unzip();
        let path = path.to_owned();
        Self { path, dataset, outcome, etag, rows, reason, detail, quarantine, duration_ms }
    }

    /// The file itself was refused, or is known to kill the process.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.outcome, "rejected" | "failed" | "failing")
    }
}

impl std::fmt::Display for Ingested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, outcome, rows, .. } = self;
        write!(f, "{outcome} {path}")?;
        match (&self.reason, &self.detail) {
            (Some(reason), Some(detail)) => write!(f, ": {reason}: {detail}"),
            _ if *outcome == "under_way" => write!(f, ": other work reads this version now"),
            _ if matches!(*outcome, "failed" | "failing") => {
                write!(f, ": reading this version killed the process repeatedly")
            }
            _ => {
                let lake::Rows { read, staged, refused, duplicate, erased, .. } = rows;
                write!(
                    f,
                    ": {read} rows read, {staged} staged, {refused} refused, {duplicate} duplicate"
                )?;
                if *erased > 0 { write!(f, ", {erased} erased") } else { Ok(()) }
            }
        }
    }
}

/// Stages the file that the event names, if it is of this dataset and not staged yet.
pub async fn ingest(deps: &Deps, dataset: Dataset, input: Input) -> anyhow::Result<Ingested> {
    let Input { path, force, delivery, progress } = input;
    anyhow::ensure!(
        Dataset::of_path(&path) == Some(dataset),
        "`{}` is not a file of {dataset}: expected a .csv or .csv.gz file below {}/",
        path.escape_debug(),
        dataset.raw_folder()
    );
    let options = IngestOptions { force, delivery, progress, ..deps.ingest_options() };
    let (outcome, receipt) = match lake::ingest(&deps.lake, &path, &options).await? {
        Outcome::Gone => ("gone", None),
        Outcome::AlreadyDone(receipt) => ("already_done", Some(receipt)),
        Outcome::UnderWay => ("under_way", None),
        Outcome::Failed(receipt) => ("failed", Some(receipt)),
        Outcome::Failing(receipt) => ("failing", Some(receipt)),
        Outcome::Unchanged(receipt) => ("unchanged", Some(receipt)),
        Outcome::Accepted(receipt) => ("accepted", Some(receipt)),
        Outcome::Rejected(receipt) => ("rejected", Some(receipt)),
    };
    let ingested = Ingested::new(&path, dataset, outcome, receipt);
    let (dataset, rows) = (dataset.name().to_owned(), ingested.rows.staged);
    match (ingested.outcome, ingested.reason) {
        ("accepted", _) => deps.publish_event(Data::FileStaged { path, dataset, rows }).await,
        ("rejected", Some(reason)) => {
            let reason = reason.name().to_owned();
            deps.publish_event(Data::FileRefused { path, dataset, reason }).await;
        }
        _ => {}
    }
    Ok(ingested)
}
