//! The files of a dataset and what their receipts say of them.

mod newest;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use lake::{Raw, Receipt, SNAPSHOT, Source, State, Unread, failpoint::applies};
use pipeline::{Dataset, FileReason, RefusedRow, RowReason, parser::protection};
use serde::Serialize;

use crate::{
    deps::{Deps, text},
    ingest::Order,
    late::{Late, arrived_at},
    withdrawn,
};

use newest::last_versions;
pub use newest::newest;

/// Receipts that are read at the same time.
const CONCURRENT: usize = 32;

/// Files below `raw` of one dataset, compared with the newest receipt of each path.
#[derive(Serialize)]
pub struct Survey {
    /// Whose files these are.
    pub dataset: Dataset,
    /// Files whose version no receipt covers, by path: the next run reads them.
    #[serde(serialize_with = "paths")]
    pub waiting: Vec<Source>,
    /// Files whose version was taken in.
    pub staged: u64,
    /// Files whose version was rejected, or killed the process.
    pub refused: Vec<RefusedFile>,
    /// Files whose version somebody took out.
    pub excluded: Vec<String>,
    /// Of the files that count, those with refused rows.
    pub with_refused_rows: Vec<RefusedRows>,
    /// Files whose dates were read in the order of the setting, though no file shows it, or one shows
    /// the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_dates: Option<OpenDates>,
    /// Files of which nobody knows what counts, because a receipt of theirs cannot be read.
    pub unreadable: Vec<UnreadableReceipt>,
    /// Paths whose file is gone and whose rows still count.
    pub vanished: Vec<Vanished>,
    /// Files that count and were staged under another protection of personal data than that of the
    /// settings: another mode, or an older key. The next run stages them again.
    #[serde(skip_serializing_if = "is_zero")]
    pub old_protection: u64,
    /// Files whose version was taken in.
    #[serde(skip)]
    pub counted: BTreeMap<String, Counted>,
    /// A file that counts with each content.
    #[serde(skip)]
    pub contents: BTreeMap<String, String>,
    /// When the newest version was ingested, UTC.
    pub newest_at: Option<String>,
    /// When the newest file was read first, refused or not, UTC: what is staged again did not arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<String>,
    /// That its next file is overdue; `None` while it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
    /// When the snapshot of the operational table was taken that counts, UTC. `None` where files
    /// count themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_at: Option<String>,
}

/// What is known of a file whose version was taken in.
pub struct Counted {
    /// Number of its newest receipt.
    pub newest: u32,
    /// When the version was found, UTC.
    pub at: String,
    /// It was staged again, and counted before.
    pub restaged: bool,
}

/// A file whose present version does not count.
#[derive(Serialize)]
pub struct RefusedFile {
    /// Name of the blob within `raw`.
    pub path: String,
    /// `rejected`, `failed` where reading it killed the process, or `forgotten` where it had come
    /// in at the same moment as another file with the same content.
    pub state: State,
    /// Why it was rejected; `None` where processing failed.
    pub reason: Option<FileReason>,
    /// What was found, in a sentence without row contents; `None` likewise.
    pub detail: Option<String>,
    /// Its refused rows within `quarantine`, where it was refused because of them.
    pub quarantine: Option<String>,
    /// The first of them.
    pub first_rows: Vec<RefusedRow>,
    /// When that was decided, UTC, `2021-04-25T06:15:04Z`.
    pub at: String,
    /// What comes next where processing failed; `None` where the file was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl RefusedFile {
    /// Whether it counts as soon as its content counts nowhere else.
    pub fn is_duplicate(&self) -> bool {
        self.reason == Some(FileReason::SameContent)
    }
}

/// A receipt that is damaged or gone. The facts keep what was published of its file.
#[derive(Serialize)]
pub struct UnreadableReceipt {
    /// Name of the blob within `raw`.
    pub path: String,
    /// Its number in the log of the path.
    pub receipt: u32,
    /// When it became what it is, UTC; `None` where it is gone.
    pub since: Option<String>,
}

impl std::fmt::Display for UnreadableReceipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, receipt, since } = self;
        let since = since.as_ref().map(|at| format!(" since {at}")).unwrap_or_default();
        write!(
            f,
            "receipt {receipt} of {path} cannot be read{since}, so the facts keep what was published of the \
             file: `replay {path}` reads it again"
        )
    }
}

/// A file that counts and is no longer in `raw`.
#[derive(Serialize)]
pub struct Vanished {
    /// Name of the blob within `raw`.
    pub path: String,
    /// When that was seen first, UTC; `None` where it is seen for the first time.
    pub since: Option<String>,
    /// The hash of its content, where it is known.
    #[serde(skip)]
    pub content: Option<String>,
    /// Whether it was staged as the settings protect personal data.
    #[serde(skip)]
    pub is_protected: bool,
}

impl std::fmt::Display for Vanished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, since, .. } = self;
        match since {
            Some(at) => write!(f, "{path} has been gone from raw since {at} and still counts"),
            None => write!(f, "{path} is gone from raw and still counts"),
        }
    }
}

/// A version that killed the process.
#[derive(Serialize)]
pub struct Failure {
    /// Messages that were given up with it.
    pub times: u32,
    /// When `reconcile` tries it again, UTC; `None`: it does not, `replay --failed` does.
    pub retry_at: Option<String>,
    #[serde(skip)]
    retry: Option<Retry>,
}

/// When to reprocess a version, and the receipt to name in the request.
#[derive(Clone, Copy)]
struct Retry {
    at: DateTime<Utc>,
    seen: u32,
}

/// Pauses before `reconcile` tries a version again that killed the process: bad surroundings may
/// be to blame, and pass. After the last one an operator decides.
const PAUSES: [TimeDelta; 3] = [TimeDelta::hours(1), TimeDelta::hours(6), TimeDelta::hours(24)];

impl Failure {
    /// By the receipts that end the log of the path.
    async fn new(deps: &Deps, newest: &Receipt) -> anyhow::Result<Self> {
        let times = deps.lake.receipts().failures(newest).await?;
        let written_at = newest.written_at.parse::<DateTime<Utc>>()?;
        let pause = PAUSES.get(times as usize - 1);
        let retry = pause.map(|pause| Retry { at: written_at + *pause, seen: newest.number });
        Ok(Self { times, retry_at: retry.map(|retry| text(retry.at)), retry })
    }
}

/// What happened, and what happens next.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("reading it killed the process")?;
        if self.times > 1 {
            write!(f, ", in {} messages", self.times)?;
        }
        match &self.retry_at {
            Some(at) => write!(f, "; reconcile tries it again after {at}"),
            None => write!(f, "; fix the cause, then run `replay --failed`"),
        }
    }
}

/// Rows that a version does without, and where they lie.
#[derive(Serialize)]
pub struct RefusedRows {
    /// Name of the blob within `raw`.
    pub path: String,
    /// The version that counts.
    pub etag: String,
    /// Refused rows of this version.
    pub rows: u64,
    /// The sum is `rows`.
    pub by_reason: BTreeMap<RowReason, u64>,
    /// The first of them.
    pub first_rows: Vec<RefusedRow>,
    /// Within `quarantine`.
    pub quarantine: Option<String>,
}

impl RefusedRows {
    fn of(receipt: Receipt) -> Option<Self> {
        (receipt.rows.refused > 0).then_some(Self {
            path: receipt.path,
            etag: receipt.etag,
            rows: receipt.rows.refused,
            by_reason: receipt.rows.refused_by_reason,
            first_rows: receipt.first_refused,
            quarantine: receipt.quarantine,
        })
    }
}

/// Purchases whose dates fit both orders, so that only the setting decides, unless some file shows
/// that the setting is right and none that it is wrong.
#[derive(Serialize)]
pub struct OpenDates {
    /// How they were read: `month-first` or `day-first`.
    pub read: &'static str,
    /// A file with dates that fit the other order only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_by: Option<String>,
    /// Names of the files within `raw`.
    pub files: Vec<String>,
    #[serde(skip)]
    other: &'static str,
}

impl OpenDates {
    fn find(deps: &Deps, newest: &[(Source, Option<Receipt>)]) -> Option<Self> {
        let order = deps.settings.row_rules.date_order;
        let receipts = || newest.iter().filter_map(|(_, receipt)| receipt.as_ref());
        let shows = |order| receipts().find(|receipt| receipt.date_orders.prove(order));
        let shown_by = shows(order.other()).map(|receipt| receipt.path.clone());
        if shown_by.is_none() && shows(order).is_some() {
            return None;
        }
        let counts = |receipt: &&Receipt| receipt.state != State::Rejected;
        let open = receipts().filter(counts).filter(|receipt| receipt.date_orders.are_open());
        let files: Vec<_> = open.map(|receipt| receipt.path.clone()).collect();
        let (read, other) = (order.name(), order.other().name());
        (!files.is_empty()).then_some(Self { read, shown_by, files, other })
    }
}

impl std::fmt::Display for OpenDates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { read, shown_by, files, other } = self;
        write!(f, "dates that fit both orders are read {read}")?;
        match shown_by {
            Some(path) => write!(f, ", but {path} fits {other} only")?,
            None => write!(f, ", and no file shows that this is right")?,
        }
        write!(f, ": check PURCHASE_DATE_ORDER for {}", files.join(", "))
    }
}

fn paths<S: serde::Serializer>(sources: &[Source], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(sources.iter().map(|source| &source.path))
}

/// What `raw` holds, compared with the receipts.
#[derive(Serialize)]
pub struct Inventory {
    /// One of each dataset.
    pub datasets: Vec<Survey>,
    /// What is not read.
    pub unread: Vec<Unread>,
    /// Objects with hidden or temporary names, see [`is_ignored`](pipeline::dataset::is_ignored).
    pub ignored: u64,
}

/// A listing of `raw`, and a [survey](Survey) of each dataset.
pub async fn inventory(deps: &Deps) -> anyhow::Result<Inventory> {
    let Raw { mut files, unread, ignored } = deps.lake.list_raw().await?;
    let mut datasets = Vec::new();
    for dataset in Dataset::ALL {
        let sources = files.remove(&dataset).unwrap_or_default();
        datasets.push(survey(deps, dataset, sources).await?);
    }
    withdrawn::date(deps, &mut datasets).await;
    Ok(Inventory { datasets, unread, ignored })
}

/// One listing, and one small read for each path, more where it was sent again unchanged; one
/// listing more for each file that was refused for its content.
async fn survey(deps: &Deps, dataset: Dataset, sources: Vec<Source>) -> anyhow::Result<Survey> {
    let receipts = deps.lake.receipts().list(dataset).await?;
    let recipe = deps.ingest_options().recipe(dataset);
    let is_there = |path: &str| sources.binary_search_by(|s| s.path.as_str().cmp(path)).is_ok();
    let numbers = receipts.newest.iter().map(|(path, newest)| (path.clone(), *newest));
    let of_file = numbers.filter(|(path, _)| path != SNAPSHOT);
    let gone: Vec<(String, u32)> = of_file.filter(|(path, _)| !is_there(path)).collect();
    let vanished = vanished(deps, dataset, gone).await?;
    let mut old_protection = vanished.iter().filter(|live| !is_protected(live, &recipe)).count();
    let snapshot = receipts.newest.get(SNAPSHOT).copied().unwrap_or(0);
    let snapshot = deps.lake.receipts().live(dataset, SNAPSHOT, snapshot).await?;
    let newest = newest(deps, dataset, sources, &receipts).await?;
    let receipts = newest.iter().filter_map(|(_, receipt)| receipt.as_ref());
    let arrived_at = receipts.chain(&vanished).filter_map(arrived_at).max();
    let newest = last_versions(deps, newest).await?;
    let mut survey = Survey {
        dataset,
        waiting: Vec::new(),
        staged: 0,
        refused: Vec::new(),
        excluded: Vec::new(),
        with_refused_rows: Vec::new(),
        unreadable: Vec::new(),
        open_dates: OpenDates::find(deps, &newest),
        vanished: vanished
            .into_iter()
            .map(|live| Vanished {
                is_protected: is_protected(&live, &recipe),
                path: live.path,
                since: None,
                content: live.content_hash,
            })
            .collect(),
        old_protection: 0,
        counted: BTreeMap::new(),
        contents: BTreeMap::new(),
        newest_at: None,
        late: Late::find(&deps.settings.feeds, dataset, arrived_at.as_deref(), lake::now()),
        arrived_at,
        snapshot_at: snapshot.map(|snapshot| snapshot.written_at),
    };
    for (source, receipt) in newest {
        if let Some(newest) = receipt.as_ref().filter(|newest| !is_protected(newest, &recipe)) {
            let live = deps.lake.receipts().live(dataset, &newest.path, newest.number).await?;
            old_protection += usize::from(live.is_some());
        }
        match receipt {
            Some(receipt)
                if covers(&receipt, &source, &recipe)
                    && !deps.lake.is_free_again(&receipt).await? =>
            {
                let taken_in = taken_in(deps, &receipt).await?;
                if taken_in.is_none()
                    && let Some(number) = deps.lake.receipts().unreadable(&receipt).await?
                {
                    let path = receipt.path.clone();
                    let put_at = deps.lake.receipts().put_at(dataset, &path, number).await?;
                    let since = put_at.map(text);
                    survey.unreadable.push(UnreadableReceipt { path, receipt: number, since });
                }
                survey.with_refused_rows.extend(taken_in.and_then(RefusedRows::of));
                let failure = match receipt.state {
                    State::Failed => Some(Failure::new(deps, &receipt).await?),
                    _ => None,
                };
                survey.add(receipt, failure);
            }
            _ => survey.waiting.push(source),
        }
    }
    survey.old_protection = old_protection as u64;
    Ok(survey)
}

/// The refused rows of the version that a newest receipt leaves live, if it took any in.
pub async fn refused_rows(deps: &Deps, newest: &Receipt) -> anyhow::Result<Option<RefusedRows>> {
    Ok(taken_in(deps, newest).await?.and_then(RefusedRows::of))
}

/// The receipt with the rows of the version that a newest receipt says to be live.
async fn taken_in(deps: &Deps, newest: &Receipt) -> anyhow::Result<Option<Receipt>> {
    Ok(match newest.state {
        State::Accepted | State::Loaded => Some(newest.clone()),
        // Its rows stand in an earlier receipt.
        State::Unchanged => {
            deps.lake.receipts().live(newest.dataset, &newest.path, newest.number).await?
        }
        State::Rejected | State::Failed | State::Forgotten | State::Unreadable => None,
    })
}

/// Of paths whose file is gone, those that still count.
async fn vanished(
    deps: &Deps,
    dataset: Dataset,
    gone: Vec<(String, u32)>,
) -> anyhow::Result<Vec<Receipt>> {
    let live: Vec<Option<Receipt>> = stream::iter(gone)
        .map(
            |(path, newest)| async move { deps.lake.receipts().live(dataset, &path, newest).await },
        )
        .buffered(CONCURRENT)
        .try_collect()
        .await?;
    Ok(live.into_iter().flatten().collect())
}

/// Whether a receipt names the same protection as a recipe.
fn is_protected(receipt: &Receipt, recipe: &str) -> bool {
    protection(&receipt.recipe).eq(protection(recipe))
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn covers(receipt: &Receipt, source: &Source, recipe: &str) -> bool {
    // A forgotten version stays out whatever the recipe, until the vendor sends another.
    receipt.etag == source.etag && (receipt.recipe == recipe || receipt.state == State::Forgotten)
}

impl Survey {
    /// Requests to reprocess the versions that killed the process and are due again.
    pub fn due_again(&self, now: DateTime<Utc>) -> impl Iterator<Item = Order> {
        let failed = self.refused.iter().filter(|_| applies("due again"));
        failed.filter_map(move |file| {
            let retry = file.failure.as_ref()?.retry.filter(|retry| retry.at <= now)?;
            Some(Order { path: file.path.clone(), force: Some(retry.seen) })
        })
    }

    /// Files whose version a receipt covers: the next run leaves them alone.
    pub fn covered(&self) -> u64 {
        self.staged + (self.refused.len() + self.excluded.len()) as u64
    }

    fn add(&mut self, receipt: Receipt, failure: Option<Failure>) {
        match receipt.state {
            State::Accepted | State::Loaded | State::Unchanged => {
                let Receipt { path, number, content_hash, written_at, restaged, .. } = receipt;
                self.staged += 1;
                self.newest_at = self.newest_at.take().max(Some(written_at.clone()));
                self.contents.extend(content_hash.map(|content| (content, path.clone())));
                self.counted.insert(path, Counted { newest: number, at: written_at, restaged });
            }
            State::Forgotten if receipt.refusal.is_none() => self.excluded.push(receipt.path),
            // Covers nothing.
            State::Unreadable => {}
            State::Rejected | State::Failed | State::Forgotten => {
                let (reason, detail) =
                    receipt.refusal.map(|refusal| (refusal.reason, refusal.detail)).unzip();
                let Receipt { path, state, quarantine, first_refused, written_at, .. } = receipt;
                let (first_rows, at) = (first_refused, written_at);
                let file = RefusedFile {
                    path,
                    state,
                    reason,
                    detail,
                    quarantine,
                    first_rows,
                    at,
                    failure,
                };
                self.refused.push(file);
            }
        }
    }
}
