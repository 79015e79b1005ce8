//! What the next run would read, and what a publish of the files staged so far would do.
//!
//! **Idempotency key**: none is needed, it writes nothing.
//! **Retry**: the caller's.
//! **What a crash leaves behind**: nothing; the transaction of the plan is rolled back.

use custom_handler::{HttpRequest, Outcome};
use lake::{Receipt, State, now};
use pipeline::Dataset;
use serde::Serialize;

use crate::{
    build_fact_movie_analytics::{Input, Plan, plan},
    checks,
    deps::{Context, Deps},
    events,
    ingest::Order,
    replay::{Chosen, Request},
    survey::inventory,
};

/// What would happen.
#[derive(Serialize)]
pub struct Planned {
    /// Files that would be read; `None` where only a publish is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<FileToRead>>,
    /// What a publish would do; `None` where only a replay is planned, of which nobody knows the
    /// rows before they are read.
    #[serde(flatten)]
    pub plan: Option<Plan>,
}

/// A file that would be read, or be excluded.
#[derive(Serialize)]
pub struct FileToRead {
    /// Its dataset.
    pub dataset: Dataset,
    /// Within `raw`.
    pub path: String,
    /// For which reason.
    pub why: Why,
}

/// Why a file would be read.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// No receipt names the path.
    New,
    /// The newest receipt is of another version.
    Changed,
    /// Other rules than today's staged this version.
    NewRules,
    /// No other path that counts has its content any more.
    ContentIsFree,
    /// This version killed the process, and its pause is over, or somebody asks for it.
    FailedBefore,
    /// Somebody asks for it: its newest version is staged.
    Staged,
    /// Somebody asks for it: its newest version was rejected.
    Rejected,
    /// Somebody asks for it: it was excluded.
    Excluded,
    /// It would not be read but be excluded.
    ToBeExcluded,
}

impl Why {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed since it was read",
            Self::NewRules => "staged by older rules",
            Self::ContentIsFree => "its content counts nowhere else any more",
            Self::FailedBefore => "failed before, due again",
            Self::Staged => "asked for, staged before",
            Self::Rejected => "asked for, rejected before",
            Self::Excluded => "asked for, excluded before",
            Self::ToBeExcluded => "is excluded, not read",
        }
    }

    fn of(newest: Option<&Receipt>) -> Self {
        match newest.map(|newest| newest.state) {
            None => Self::New,
            Some(State::Accepted | State::Loaded | State::Unchanged) => Self::Staged,
            Some(State::Rejected) => Self::Rejected,
            Some(State::Failed | State::Unreadable) => Self::FailedBefore,
            Some(State::Forgotten) => Self::Excluded,
        }
    }
}

/// What the next run would read, and what a publish would do.
pub async fn run(deps: &Deps) -> anyhow::Result<Planned> {
    let input = Input { even_if_seen: true, ..Input::default() };
    Ok(Planned { files: Some(files(deps).await?), plan: Some(plan(deps, &input).await?) })
}

/// What a publish would do that accepts these publishes' days.
pub async fn publish(deps: &Deps, accept: Vec<i64>) -> anyhow::Result<Planned> {
    let input = Input { accept, even_if_seen: true, ..Input::default() };
    Ok(Planned { files: None, plan: Some(plan(deps, &input).await?) })
}

/// What a replay would read or exclude.
pub async fn replay(deps: &Deps, request: Request) -> anyhow::Result<Planned> {
    let is_excluded = request.forget;
    let mut files = Vec::new();
    for Chosen { dataset, path, .. } in crate::replay::choose(deps, request).await? {
        let newest = deps.lake.receipts().newest(dataset, &path).await?;
        let why = if is_excluded { Why::ToBeExcluded } else { Why::of(newest.as_ref()) };
        files.push(FileToRead { dataset, path, why });
    }
    Ok(Planned { files: Some(files), plan: None })
}

async fn files(deps: &Deps) -> anyhow::Result<Vec<FileToRead>> {
    let mut files = Vec::new();
    for survey in inventory(deps).await?.datasets {
        let dataset = survey.dataset;
        let due = survey.due_again(now()).map(|order: Order| order.path);
        files.extend(due.map(|path| FileToRead { dataset, path, why: Why::FailedBefore }));
        for source in survey.waiting {
            let receipts = deps.lake.receipts();
            let newest = match receipts.newest(dataset, &source.path).await? {
                Some(newest) => Some(receipts.of_version(newest, &source.etag).await?),
                None => None,
            };
            let why = match newest {
                None => Why::New,
                Some(newest) if newest.etag != source.etag => Why::Changed,
                Some(newest) if deps.lake.is_free_again(&newest).await? => Why::ContentIsFree,
                Some(_) => Why::NewRules,
            };
            files.push(FileToRead { dataset, path: source.path, why });
        }
    }
    Ok(files)
}

/// 200 with the plan, as `plan --json` prints it, or 409 where a check of one's own cannot be run.
pub(crate) async fn handle(_request: HttpRequest, context: Context) -> anyhow::Result<Outcome> {
    match run(context.state()).await {
        Ok(planned) => Ok(events::answer(200, planned)?),
        Err(error) => checks::conflict(error),
    }
}
