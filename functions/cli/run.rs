//! `run`: everything that is new, from raw files to published facts.

use futures_util::{StreamExt, TryStreamExt, stream};
use lake::Source;
use pipeline::Dataset;

use super::{
    Ended,
    progress::Progress,
    report::{Report, Work},
};
use crate::{
    build_fact_movie_analytics as build, classify_movie_review,
    deps::Deps,
    ingest::{Ingested, Input},
    load_user_purchase, parse_log_reviews,
    survey::survey,
};

/// Files that are read at the same time: each keeps one core busy, and memory stays small.
const CONCURRENT_FILES: usize = 2;

pub async fn command(deps: Deps, json: bool) -> anyhow::Result<Ended> {
    let report = run(&deps, &Progress::new(json)).await?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        report.print();
    }
    Ok(report.ended())
}

/// Stages, builds and publishes.
pub async fn run(deps: &Deps, progress: &Progress) -> anyhow::Result<Report> {
    let mut sources = Vec::new();
    let mut files_covered = 0;
    for dataset in Dataset::ALL {
        let survey = survey(deps, dataset).await?;
        files_covered += survey.covered;
        sources.extend(survey.waiting.into_iter().map(|source| (dataset, source)));
    }
    // The largest first, so that none of them is alone at the end.
    sources.sort_by_key(|(_, source)| std::cmp::Reverse(source.size));
    let mut files: Vec<Ingested> = stream::iter(sources)
        .map(|(dataset, source)| file(deps, dataset, source, progress))
        .buffer_unordered(CONCURRENT_FILES)
        .try_collect()
        .await?;
    files.sort_by(|a, b| (a.dataset, &a.path).cmp(&(b.dataset, &b.path)));
    let step = progress.step("building and publishing facts");
    let outcome = build::run(deps, build::Input::default()).await?;
    let summary = deps.warehouse.lock().await.summary().await?;
    drop(step);
    let publish = match outcome {
        build::Outcome::NothingNew => None,
        build::Outcome::Published(report) => Some(report),
    };
    let work = Work::new(deps.lake.work(), publish.as_ref());
    Ok(Report {
        lake: deps.lake.describe(),
        warehouse: deps.settings.warehouse.to_string(),
        files,
        files_covered,
        publish,
        work,
        summary,
    })
}

async fn file(
    deps: &Deps,
    dataset: Dataset,
    source: Source,
    progress: &Progress,
) -> anyhow::Result<Ingested> {
    let bar = progress.file(&source.path, source.size);
    let input =
        Input { path: source.path.clone(), progress: bar.callback(), ..Input::default() };
    let done = match dataset {
        Dataset::ClassifiedMovieReview => classify_movie_review::run(deps, input).await,
        Dataset::ReviewLogs => parse_log_reviews::run(deps, input).await,
        Dataset::UserPurchase => load_user_purchase::run(deps, input).await,
    };
    let done = done.map_err(|error| error.context(source.path))?;
    drop(bar);
    progress.done(&done);
    Ok(done)
}
