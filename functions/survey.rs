//! The files of a dataset and what their receipts say of them.

use futures_util::{StreamExt, TryStreamExt, stream};
use lake::{Receipt, Source, State};
use pipeline::{Dataset, FileReason, parser::recipe};
use serde::Serialize;

use crate::deps::Deps;

/// Receipts that are read at the same time.
const CONCURRENT: usize = 32;

/// What lies below `raw` for one dataset, against the newest receipt of each path.
#[derive(Serialize)]
pub struct Survey {
    pub dataset: Dataset,
    /// Files whose version no receipt covers, by path: the next run reads them.
    #[serde(serialize_with = "paths")]
    pub waiting: Vec<Source>,
    /// Files whose version a receipt covers.
    pub covered: u64,
    /// Of these, the ones that were not taken in.
    pub refused: Vec<RefusedFile>,
    /// Paths with receipts whose file is gone. Their rows still count.
    pub vanished: Vec<String>,
    /// When the newest version was taken in, UTC.
    pub newest_at: Option<String>,
}

/// A file whose present version does not count.
#[derive(Serialize)]
pub struct RefusedFile {
    pub path: String,
    /// `rejected`, or `failed` where the work on it was broken off.
    pub state: State,
    pub reason: Option<FileReason>,
    pub detail: Option<String>,
    pub at: String,
}

fn paths<S: serde::Serializer>(sources: &[Source], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(sources.iter().map(|source| &source.path))
}

/// Two listings, and one small read for each path.
pub async fn survey(deps: &Deps, dataset: Dataset) -> anyhow::Result<Survey> {
    let sources = deps.lake.sources(dataset).await?;
    let receipts = deps.lake.receipts(dataset).await?;
    let recipe = recipe(dataset, &deps.settings.parser_options());
    let is_there = |path: &String| sources.binary_search_by(|s| s.path.cmp(path)).is_ok();
    let vanished = receipts.newest.keys().filter(|path| !is_there(path)).cloned().collect();
    let newest: Vec<(Source, Option<Receipt>)> = stream::iter(sources)
        .map(|source| {
            let number = receipts.newest.get(&source.path).copied();
            async move {
                let Some(number) = number else { return Ok((source, None)) };
                let receipt = deps.lake.receipt(dataset, &source.path, number).await?;
                anyhow::Ok((source, Some(receipt)))
            }
        })
        .buffered(CONCURRENT)
        .try_collect()
        .await?;
    let mut survey = Survey {
        dataset,
        waiting: Vec::new(),
        covered: 0,
        refused: Vec::new(),
        vanished,
        newest_at: None,
    };
    for (source, receipt) in newest {
        match receipt {
            Some(receipt) if covers(&receipt, &source, &recipe) => survey.add(receipt),
            _ => survey.waiting.push(source),
        }
    }
    Ok(survey)
}

fn covers(receipt: &Receipt, source: &Source, recipe: &str) -> bool {
    // A forgotten version stays out whatever the recipe, until the vendor sends another.
    receipt.etag == source.etag && (receipt.recipe == recipe || receipt.state == State::Forgotten)
}

impl Survey {
    fn add(&mut self, receipt: Receipt) {
        self.covered += 1;
        match receipt.state {
            State::Accepted | State::Unchanged => {
                self.newest_at = self.newest_at.take().max(Some(receipt.written_at));
            }
            State::Rejected | State::Failed => {
                let (reason, detail) =
                    receipt.refusal.map(|refusal| (refusal.reason, refusal.detail)).unzip();
                let Receipt { path, state, written_at: at, .. } = receipt;
                self.refused.push(RefusedFile { path, state, reason, detail, at });
            }
            State::Forgotten => {}
        }
    }
}
