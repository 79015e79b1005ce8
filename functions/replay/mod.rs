//! Requests that files are reprocessed, or excludes them.
//!
//! **Idempotency key**: the receipt that each order leads to, newer than the one it names.
//! **Retry**: the caller's; asking twice reads twice and changes nothing else.
//! **What a crash leaves behind**: orders not given, or paths not yet forgotten.

use std::collections::{BTreeMap, btree_map::Entry};

use custom_handler::{HttpRequest, Outcome};
use lake::{Receipt, SNAPSHOT, State};
use pipeline::{Dataset, Day};
use serde::{Deserialize, Serialize};

use crate::{
    deps::{Context, Deps},
    events,
    ingest::Order,
    survey::{newest, refused_rows},
};

/// Which files: those named, or all that every given condition holds for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// Names within `raw`.
    pub paths: Vec<String>,
    /// Only files of this dataset.
    pub dataset: Option<Dataset>,
    /// First day: of a log file's rows, else of the date in the path.
    pub from: Option<Day>,
    /// Last day, included.
    pub to: Option<Day>,
    /// Only files that were rejected, or that have refused rows.
    pub refused: bool,
    /// Only files that killed the process when they were read.
    pub failed: bool,
    /// Exclude the named paths instead of reading them.
    pub forget: bool,
}

/// What was ordered.
#[derive(Debug, Default, Serialize)]
pub struct Replayed {
    /// What is to be read, for the queues or for this process.
    #[serde(skip)]
    pub orders: Vec<(Dataset, Order)>,
    /// Paths that will be read again.
    pub replayed: Vec<String>,
    /// Paths that do not count any more.
    pub forgotten: Vec<String>,
}

/// The request asks for nothing that can be done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadRequest(pub String);

/// Chooses the files, and excludes those to be excluded. The caller has to fix a [`BadRequest`].
pub async fn run(deps: &Deps, request: Request) -> anyhow::Result<Replayed> {
    let is_excluded = request.forget;
    let mut replayed = Replayed::default();
    for Chosen { dataset, path, seen } in choose(deps, request).await? {
        if is_excluded {
            deps.forget(dataset, &path).await?;
            replayed.forgotten.push(path);
        } else {
            replayed.replayed.push(path.clone());
            replayed.orders.push((dataset, Order { path, force: Some(seen) }));
        }
    }
    Ok(replayed)
}

/// The files of a request, and changes nothing. The caller has to fix a [`BadRequest`].
pub async fn choose(deps: &Deps, request: Request) -> anyhow::Result<Vec<Chosen>> {
    check(&request)?;
    let request = request.below_raw();
    if request.forget {
        return known(deps, request.paths).await;
    }
    match request.paths.is_empty() {
        true => matching(deps, &request).await,
        false => named(deps, request.paths).await,
    }
}

/// 202 with what was ordered, or 400 with what is wrong with the request.
pub async fn handle(request: HttpRequest, context: Context) -> anyhow::Result<Outcome> {
    let deps = context.state();
    let request: Request = match request.json() {
        Ok(request) => request,
        Err(error) => return Ok(events::bad_request(format!("{error:#}"))?),
    };
    let replayed = match run(deps, request).await {
        Ok(replayed) => replayed,
        Err(error) if error.is::<BadRequest>() || events::is_for_good(&error) => {
            return Ok(events::bad_request(format!("{error:#}"))?);
        }
        Err(error) => return Err(error),
    };
    let (again, forgotten) = (replayed.replayed.len(), replayed.forgotten.len());
    tracing::info!(
        function = context.function(),
        invocation_id = context.invocation_id(),
        files.replayed = again,
        files.forgotten = forgotten,
        "replay: {again} files to reprocess, {forgotten} excluded"
    );
    Ok(events::outputs(events::answer(202, &replayed)?, replayed.orders)?)
}

impl Request {
    /// People copy names from listings of the lake, where they begin with `raw/`.
    fn below_raw(mut self) -> Self {
        for path in &mut self.paths {
            let below = ["/raw/", "./raw/", "raw/"].iter().find_map(|raw| path.strip_prefix(raw));
            if let Some(below) = below {
                *path = below.to_owned();
            }
        }
        self
    }
}

fn check(request: &Request) -> Result<(), BadRequest> {
    let conditions = request.dataset.is_some()
        || request.from.is_some()
        || request.to.is_some()
        || request.refused
        || request.failed;
    if let (Some(from), Some(to)) = (request.from, request.to)
        && from > to
    {
        return Err(BadRequest(format!("the first day, {from}, is after the last day, {to}")));
    }
    let problem = match (request.paths.is_empty(), conditions) {
        (true, _) if request.forget => "name the paths to exclude",
        (true, false) => "say what to replay: paths, a dataset, days, rejected or failed files",
        (false, true) => "give either paths or conditions, not both",
        _ => return Ok(()),
    };
    Err(BadRequest(problem.to_owned()))
}

/// A file to be read again, or to be excluded.
pub struct Chosen {
    /// Its dataset.
    pub dataset: Dataset,
    /// Within `raw`.
    pub path: String,
    /// Number of its newest receipt; 0 where there is none.
    pub seen: u32,
}

/// Paths that have a receipt, whether their file is there or not: a call that is repeated after a
/// crash finds them excluded already.
async fn known(deps: &Deps, paths: Vec<String>) -> anyhow::Result<Vec<Chosen>> {
    let mut chosen = Vec::new();
    for path in paths {
        let dataset = dataset_of(&path)?;
        let newest = deps.lake.receipts().newest(dataset, &path).await?;
        let seen = newest.ok_or_else(|| unknown(&path))?.number;
        chosen.push(Chosen { dataset, path, seen });
    }
    Ok(chosen)
}

async fn named(deps: &Deps, paths: Vec<String>) -> anyhow::Result<Vec<Chosen>> {
    let (mut chosen, mut listed) = (Vec::new(), BTreeMap::new());
    for path in paths {
        let dataset = dataset_of(&path)?;
        // Two listings of each dataset, however many paths somebody sends.
        let (sources, receipts) = match listed.entry(dataset) {
            Entry::Occupied(listings) => listings.into_mut(),
            Entry::Vacant(none) => {
                let receipts = deps.lake.receipts().list(dataset).await?;
                none.insert((deps.lake.sources(dataset).await?, receipts))
            }
        };
        if sources.binary_search_by(|source| source.path.as_str().cmp(&path)).is_err() {
            return Err(unknown(&path).into());
        }
        let seen = receipts.newest.get(&path).copied().unwrap_or_default();
        chosen.push(Chosen { dataset, path, seen });
    }
    Ok(chosen)
}

async fn matching(deps: &Deps, request: &Request) -> anyhow::Result<Vec<Chosen>> {
    let mut chosen = Vec::new();
    for dataset in Dataset::ALL.into_iter().filter(|d| request.dataset.is_none_or(|r| r == *d)) {
        let receipts = deps.lake.receipts().list(dataset).await?;
        let sources = deps.lake.sources(dataset).await?;
        let newest = newest(deps, dataset, sources, &receipts).await?;
        for (source, receipt) in newest {
            let refused = match &receipt {
                Some(receipt) if request.refused => is_refused(deps, receipt).await?,
                _ => false,
            };
            if holds(request, &source.path, receipt.as_ref(), refused) {
                let seen = receipt.map_or(0, |receipt| receipt.number);
                chosen.push(Chosen { dataset, path: source.path, seen });
            }
        }
    }
    Ok(chosen)
}

/// Whether the file, or rows of the version that counts, were refused.
async fn is_refused(deps: &Deps, newest: &Receipt) -> anyhow::Result<bool> {
    Ok(newest.state == State::Rejected || refused_rows(deps, newest).await?.is_some())
}

fn holds(request: &Request, path: &str, receipt: Option<&Receipt>, refused: bool) -> bool {
    let state = receipt.map(|receipt| receipt.state);
    if state == Some(State::Forgotten) {
        return false;
    }
    let failed = state == Some(State::Failed);
    let wanted = match (request.refused, request.failed) {
        (false, false) => true,
        (by_refused, by_failed) => (by_refused && refused) || (by_failed && failed),
    };
    wanted && in_days(request, path, receipt)
}

fn in_days(request: &Request, path: &str, receipt: Option<&Receipt>) -> bool {
    let (None, None) = (request.from, request.to) else {
        let within = |day: Day| {
            request.from.is_none_or(|from| from <= day) && request.to.is_none_or(|to| day <= to)
        };
        let logged = receipt.is_some_and(|receipt| receipt.days.keys().any(|day| within(*day)));
        return logged || day_in(path).is_some_and(within);
    };
    true
}

/// The first `yyyy-mm-dd` or `yyyy/mm/dd` in a path.
fn day_in(path: &str) -> Option<Day> {
    let windows = (0..path.len()).filter_map(|start| path.get(start..start + 10));
    windows.filter_map(|text| text.replace('/', "-").parse().ok()).next()
}

fn dataset_of(path: &str) -> Result<Dataset, BadRequest> {
    // The snapshot of the operational table is no file, but can be taken out as one.
    let snapshot = (path == SNAPSHOT).then_some(Dataset::UserPurchase);
    Dataset::of_path(path).or(snapshot).ok_or_else(|| unknown(path))
}

fn unknown(path: &str) -> BadRequest {
    let shown = path.escape_debug();
    BadRequest(format!(
        "`{shown}` is not in the lake: give its path below raw, e.g. movie_review/2021-04-25/movie_review.csv"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_found_in_a_path() {
        let day = Day::from_ymd(2021, 4, 25);
        assert_eq!(day_in("movie_review/2021-04-25/a.csv"), day);
        assert_eq!(day_in("movie_review/2021/04/25/a.csv"), day);
        assert_eq!(day_in("movie_review/é2021-04-25.csv"), day);
        assert_eq!(day_in("movie_review/a.csv"), None);
    }

    #[test]
    fn a_request_must_say_what_it_wants() {
        let wrong = |request: Request| check(&request).unwrap_err().to_string();
        let paths = vec!["a".to_owned()];
        assert!(wrong(Request::default()).starts_with("say what to replay"));
        assert!(
            wrong(Request { forget: true, ..Request::default() }).starts_with("name the paths")
        );
        let both = Request { paths: paths.clone(), refused: true, ..Request::default() };
        assert!(wrong(both).starts_with("give either"));
        let (from, to) = (Day::from_ymd(2021, 4, 25), Day::from_ymd(2021, 4, 24));
        let turned = Request { from, to, ..Request::default() };
        assert_eq!(wrong(turned), "the first day, 2021-04-25, is after the last day, 2021-04-24");
        assert!(check(&Request { from, to: from, ..Request::default() }).is_ok());
        assert!(check(&Request { paths, forget: true, ..Request::default() }).is_ok());
        assert!(check(&Request { failed: true, ..Request::default() }).is_ok());
    }
}
