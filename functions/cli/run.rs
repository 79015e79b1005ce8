//! `run`, `reconcile`, `replay` and `publish`: the functions one after the other, in process.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures_util::{StreamExt, stream};
use lake::{SNAPSHOT, now};
use pipeline::Dataset;

use super::{
    progress::Progress,
    report::{Concerns, Failed, Raw, Report, Work},
};
use crate::{
    build_fact_movie_analytics as build, classify_movie_review,
    deps::Deps,
    erase, extract_user_purchase as extract,
    ingest::{Ingested, Input, Order},
    load_user_purchase, parse_log_reviews, publish as publish_function, reconcile, replay,
    settings::Withdrawn,
    states::States,
    survey::{Inventory, inventory},
    withdrawn::{self, Fresh},
};

/// Withdrawn files that are named one by one; the report has all.
const SHOWN: usize = 20;

/// Files that are read at the same time: each keeps one core busy, and memory stays small.
const CONCURRENT_FILES: usize = 2;

/// A file to stage, with its size where that is known.
type Job = (Dataset, Order, u64);

/// Stages what is new and publishes it.
pub async fn run(deps: &Deps, progress: &Progress) -> anyhow::Result<Report> {
    deps.engine.check().await?;
    let (Staged { files, mut failed }, covered, raw) = stage_all(deps, false, progress).await?;
    let extract = extract(deps, &mut failed, progress).await?;
    let report = publish(deps, Done { files, covered, raw }, ask(), progress).await?;
    Ok(Report { extract, failed, ..report })
}

/// Stages what is new and leaves publishing to the next run.
/// `deep`: also files whose bytes are others than those that were staged, whatever their version.
pub async fn reconcile(deps: &Deps, deep: bool, progress: &Progress) -> anyhow::Result<Report> {
    let (Staged { files, failed }, covered, raw) = stage_all(deps, deep, progress).await?;
    let swept = Some(reconcile::sweep(deps).await);
    let done = Done { files, covered, raw };
    Ok(Report { swept, failed, ..report(deps, done, None).await? })
}

/// Reprocesses or excludes files, and publishes the change.
pub async fn replay(
    deps: &Deps,
    request: replay::Request,
    progress: &Progress,
) -> anyhow::Result<Report> {
    deps.engine.check().await?;
    let replayed = replay::run(deps, request).await?;
    for path in &replayed.forgotten {
        eprintln!("excluded: {path}");
    }
    if replayed.orders.is_empty() && replayed.forgotten.is_empty() {
        progress.line("no file matches: there is nothing to replay");
    }
    let jobs = replayed.orders.into_iter().map(|(dataset, order)| (dataset, order, 0)).collect();
    let Staged { files, mut failed } = stage(deps, jobs, progress).await?;
    let extract = extract(deps, &mut failed, progress).await?;
    let raw = look(deps, inventory(deps).await?);
    let report = publish(deps, Done { files, covered: 0, raw }, ask(), progress).await?;
    Ok(Report { extract, failed, ..report })
}

/// Erases customers, stages the files that hold them again, and publishes the change.
pub async fn erase(
    deps: &Deps,
    request: erase::Request,
    raw: bool,
    progress: &Progress,
) -> anyhow::Result<Report> {
    deps.engine.check().await?;
    let customers = request.customers.clone();
    let mut erased = erase::run(deps, request).await?;
    let jobs = erased.orders.iter().map(|(dataset, order)| (*dataset, order.clone(), 0)).collect();
    let Staged { mut files, mut failed } = stage(deps, jobs, progress).await?;
    if raw {
        // Reviews of files that wait have to be known before their rows are gone.
        stage_all(deps, false, progress).await?;
        erased.raw = Some(deps.lake.cut_raw(&customers, &deps.ingest_options()).await?);
        let (staged, ..) = stage_all(deps, false, progress).await?;
        files.extend(staged.files);
        failed.extend(staged.failed);
    }
    let extract = extract(deps, &mut failed, progress).await?;
    let raw = look(deps, inventory(deps).await?);
    let report = publish(deps, Done { files, covered: 0, raw }, ask(), progress).await?;
    Ok(Report { erased: Some(erased), extract, failed, ..report })
}

/// The operational database concerns purchases alone: where it fails, reviews are counted with the
/// last spend that is known.
async fn extract(
    deps: &Deps,
    failed: &mut Vec<Failed>,
    progress: &Progress,
) -> anyhow::Result<Option<extract::Extracted>> {
    let away = failed.iter().any(|failed| failed.concerns == Concerns::Purchases);
    if deps.purchase_db.is_none() || away {
        return Ok(None);
    }
    let step = progress.step("reading the operational database");
    let extracted = extract::run(deps, step.rows()).await;
    drop(step);
    let extracted = match extracted {
        Err(error)
            if error.downcast_ref::<purchase_db::Error>().is_some_and(|e| e.is_transient()) =>
        {
            let error = Failed::new(SNAPSHOT, Concerns::Purchases, &error);
            progress.line(&error.to_string());
            failed.push(error);
            return Ok(None);
        }
        extracted => extracted?,
    };
    if let Some(extracted) = &extracted {
        progress.extracted(extracted);
    }
    Ok(extracted)
}

/// Interactive runs always query the warehouse: they open it anyway for its numbers, and its
/// database may have been recreated or restored.
pub fn ask() -> build::Input {
    build::Input { even_if_seen: true, ..build::Input::default() }
}

/// Fails where there never was such a publish, and names those that hold no day back.
pub async fn check_accepted(
    deps: &Deps,
    accept: &[i64],
    progress: &Progress,
) -> anyhow::Result<()> {
    for id in publish_function::check(deps, accept).await? {
        progress
            .line(&format!("publish {id} holds no day back: `status` shows the publishes that do"));
    }
    Ok(())
}

/// Publishes, and accepts the days that these publishes held back.
pub async fn accept(deps: &Deps, accept: Vec<i64>, progress: &Progress) -> anyhow::Result<Report> {
    deps.engine.check().await?;
    let input = build::Input { accept, ..ask() };
    let raw = look(deps, inventory(deps).await?);
    publish(deps, Done { raw, ..Done::default() }, input, progress).await
}

/// What `raw` holds.
#[derive(Default)]
struct Waiting {
    jobs: Vec<Job>,
    /// Files that need no work.
    covered: u64,
    found: Option<Inventory>,
    /// Files that are covered, refused for their content.
    duplicates: Vec<String>,
}

async fn waiting(deps: &Deps, progress: &Progress) -> anyhow::Result<Waiting> {
    let found = inventory(deps).await?;
    found.unread.iter().for_each(|object| progress.line(&format!("not read: {object}")));
    let mut waiting = Waiting::default();
    for survey in &found.datasets {
        let dataset = survey.dataset;
        waiting.covered += survey.covered();
        let duplicates = survey.refused.iter().filter(|file| file.is_duplicate());
        waiting.duplicates.extend(duplicates.map(|file| file.path.clone()));
        let due = survey.due_again(now()).map(|order| (dataset, order, 0));
        waiting.jobs.extend(due);
        waiting.jobs.extend(
            survey
                .waiting
                .iter()
                .map(|s| (dataset, Order { path: s.path.clone(), force: None }, s.size)),
        );
    }
    let due = erase::due(deps, Some(&found)).await?;
    waiting.jobs.extend(due.into_iter().map(|(dataset, order)| (dataset, order, 0)));
    if waiting.jobs.is_empty() && waiting.covered == 0 {
        progress.line(&format!("no file found below {}/raw", deps.lake.describe()));
    }
    Ok(Waiting { found: Some(found), ..waiting })
}

/// Stages what waits, then content that a restated file has freed. The files and what the first
/// look found.
async fn stage_all(
    deps: &Deps,
    deep: bool,
    progress: &Progress,
) -> anyhow::Result<(Staged, u64, Raw)> {
    let mut first = waiting(deps, progress).await?;
    if deep {
        let other = other_bytes(deps, first.found.as_ref(), progress).await?;
        first.covered -= other.len() as u64;
        first.jobs.extend(other);
    }
    let mut staged = stage(deps, std::mem::take(&mut first.jobs), progress).await?;
    let mut free = freed(deps, &staged.files, &first.duplicates).await?;
    // Each may free another.
    while !free.is_empty() {
        let jobs = free.into_iter().map(|path| {
            progress.line(&format!("{path} is read again: its content counts nowhere else"));
            (Dataset::UserPurchase, Order { path, force: None }, 0)
        });
        let Staged { files, failed } = stage(deps, jobs.collect(), progress).await?;
        free = freed(deps, &files, &first.duplicates).await?;
        first.covered -= files.len() as u64;
        staged.files.extend(files);
        staged.failed.extend(failed);
    }
    // Files of reviews may have shown more reviews of erased customers, whose logs are staged.
    let more = erase::due(deps, None).await?;
    let more = more.into_iter().map(|(dataset, order)| (dataset, order, 0));
    let Staged { files, failed } = stage(deps, more.collect(), progress).await?;
    staged.files.extend(files);
    staged.failed.extend(failed);
    staged.files.sort_by(|a, b| (a.dataset, &a.path).cmp(&(b.dataset, &b.path)));
    let raw = settle(deps, first.found.take(), &staged.files, progress).await?;
    Ok((staged, first.covered, raw))
}

/// Requests for the files that count and have other bytes than those that were staged.
async fn other_bytes(
    deps: &Deps,
    found: Option<&Inventory>,
    progress: &Progress,
) -> anyhow::Result<Vec<Job>> {
    let surveys = found.iter().flat_map(|found| &found.datasets);
    let counted = surveys.flat_map(|of| of.counted.keys().map(|path| (of.dataset, path)));
    let mut jobs = Vec::new();
    for (dataset, path) in counted {
        let Some(newest) = deps.lake.receipts().newest(dataset, path).await? else { continue };
        let found = deps.lake.source_hash(path).await?;
        if found.is_some() && found != newest.bytes_hash {
            progress.line(&format!("{path} has other bytes than those that were staged"));
            jobs.push((dataset, Order { path: path.clone(), force: Some(newest.number) }, 0));
        }
    }
    Ok(jobs)
}

/// What becomes of files that are gone from `raw`, now that those are read that may replace them.
async fn settle(
    deps: &Deps,
    first: Option<Inventory>,
    staged: &[Ingested],
    progress: &Progress,
) -> anyhow::Result<Raw> {
    let is_right = |first: &Inventory| {
        staged.is_empty() && first.datasets.iter().all(|survey| survey.vanished.is_empty())
    };
    let mut found = match first.filter(is_right) {
        Some(first) => first,
        None => inventory(deps).await?,
    };
    let fresh = staged.iter().map(|file| file.path.clone()).collect();
    let excluded = withdrawn::settle(deps, &mut found, Fresh::Files(fresh)).await?;
    excluded.iter().for_each(|sentence| progress.line(sentence));
    let raw = look(deps, found);
    for path in raw.withdrawn.iter().filter(|_| raw.alert).take(SHOWN) {
        progress
            .line(&format!("check {}: {path} is gone from raw and still counts", withdrawn::CHECK));
    }
    Ok(Raw { excluded, ..raw })
}

fn look(deps: &Deps, found: Inventory) -> Raw {
    let alert = deps.settings.withdrawn != Withdrawn::Keep;
    let vanished = found.datasets.iter().flat_map(|survey| survey.vanished.iter());
    Raw {
        states: States::of(&found, alert),
        unread: found.unread.clone(),
        withdrawn: vanished.map(|file| file.path.clone()).collect(),
        alert,
        excluded: Vec::new(),
        found: Some(found),
    }
}

/// Files that were refused for their content, which the files that are staged now have freed.
async fn freed(
    deps: &Deps,
    staged: &[Ingested],
    duplicates: &[String],
) -> anyhow::Result<Vec<String>> {
    let accepted =
        |file: &Ingested| file.dataset == Dataset::UserPurchase && file.outcome == "accepted";
    let mut free = Vec::new();
    if !staged.iter().any(accepted) {
        return Ok(free);
    }
    let dataset = Dataset::UserPurchase;
    let receipts = deps.lake.receipts().list(dataset).await?;
    for path in duplicates {
        let newest = receipts.newest.get(path).copied().unwrap_or_default();
        let newest = deps.lake.receipts().find(dataset, path, newest).await?;
        if deps.lake.is_free_again(&newest).await? {
            free.push(path.clone());
        }
    }
    Ok(free)
}

/// What became of the files.
#[derive(Default)]
struct Staged {
    files: Vec<Ingested>,
    failed: Vec<Failed>,
}

async fn stage(deps: &Deps, mut jobs: Vec<Job>, progress: &Progress) -> anyhow::Result<Staged> {
    // The largest first, so that none of them is alone at the end.
    jobs.sort_by_key(|(_, _, size)| std::cmp::Reverse(*size));
    let mut staged = Staged::default();
    // Once the operational database has failed, further purchases would wait for it in vain.
    let no_purchases = AtomicBool::new(false);
    let mut ends = stream::iter(jobs)
        .map(async |job| {
            let (path, is_purchases) = (job.1.path.clone(), job.0 == Dataset::UserPurchase);
            if is_purchases && no_purchases.load(Relaxed) {
                return (path, None);
            }
            (path, Some(file(deps, job, progress).await))
        })
        .buffer_unordered(CONCURRENT_FILES);
    while let Some((path, end)) = ends.next().await {
        let error = match end {
            None => continue,
            Some(Ok(file)) => {
                staged.files.push(file);
                continue;
            }
            Some(Err(error)) => error,
        };
        let concerns = match error.downcast_ref::<lake::Error>() {
            Some(error) if error.is_of_file(deps.lake.is_local()) => Concerns::File,
            Some(lake::Error::Table { transient: true, .. }) => Concerns::Purchases,
            _ => return Err(error.context(path)),
        };
        no_purchases.fetch_or(concerns == Concerns::Purchases, Relaxed);
        let failed = Failed::new(&path, concerns, &error);
        progress.line(&failed.to_string());
        staged.failed.push(failed);
    }
    staged.files.sort_by(|a, b| (a.dataset, &a.path).cmp(&(b.dataset, &b.path)));
    staged.failed.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(staged)
}

async fn file(deps: &Deps, job: Job, progress: &Progress) -> anyhow::Result<Ingested> {
    let (dataset, Order { path, force }, size) = job;
    let bar = progress.file(&path, size);
    let input = Input { path, force, progress: bar.callback(), ..Input::default() };
    let done = match dataset {
        Dataset::ClassifiedMovieReview => classify_movie_review::run(deps, input).await,
        Dataset::ReviewLogs => parse_log_reviews::run(deps, input).await,
        Dataset::UserPurchase => load_user_purchase::run(deps, input).await,
    };
    drop(bar);
    let done = done?;
    progress.done(&done);
    Ok(done)
}

/// What was done before a publish.
#[derive(Default)]
struct Done {
    files: Vec<Ingested>,
    /// Files that needed no work.
    covered: u64,
    raw: Raw,
}

async fn publish(
    deps: &Deps,
    done: Done,
    input: build::Input,
    progress: &Progress,
) -> anyhow::Result<Report> {
    let step = progress.step("building and publishing facts");
    let published = match build::run(deps, input).await? {
        build::Outcome::NothingNew => None,
        build::Outcome::Published(report) => Some(report),
    };
    drop(step);
    report(deps, done, published).await
}

async fn report(deps: &Deps, done: Done, publish: Option<build::Report>) -> anyhow::Result<Report> {
    let Done { files, covered: files_covered, mut raw } = done;
    let mut warehouse = deps.warehouse.lock().await;
    let sent = warehouse.sent();
    let summary = warehouse.summary().await?;
    if let Some(found) = &raw.found {
        raw.states = raw.states.compared_with(found, Some(&warehouse.state().await?));
    }
    Ok(Report {
        lake: deps.lake.describe(),
        warehouse: deps.settings.warehouse.to_string(),
        work: Work::new(deps.lake.work(), publish.as_ref(), sent),
        files,
        files_covered,
        extract: None,
        publish,
        erased: None,
        swept: None,
        raw,
        failed: Vec::new(),
        summary,
    })
}
