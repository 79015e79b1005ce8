//! Freshness, loads, rejected files and refused rows, as JSON. Changes nothing.
//!
//! **Idempotency key**: none is needed, it only reads.
//! **Retry**: the caller's.
//! **What a crash leaves behind**: nothing.

use custom_handler::{HttpRequest, HttpResponse, Outcome};
use serde::Serialize;
use tokio::time::timeout;
use warehouse::Summary;

use crate::{
    checks,
    deps::{Context, Deps},
    reader::{REACH_TIMEOUT, RETRY_AFTER},
    settings::Withdrawn,
    states::States,
    survey::{Inventory, inventory},
};

/// What `status` shows.
#[derive(Serialize)]
pub struct Status {
    /// Where it is: `file:/abs/dir` or the address of its storage account.
    pub lake: String,
    /// Where it is, without secrets.
    pub warehouse: String,
    /// How many files are in which state; `None` where the lake is unreachable.
    pub states: Option<States>,
    /// What `raw` holds; empty where the lake is [unreachable](Self::unreachable).
    #[serde(flatten)]
    pub inventory: Inventory,
    /// Customers who were erased; `None` where nobody was, or the lake is unreachable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<ErasedList>,
    /// `None` where nothing was published yet, or the warehouse is unreachable.
    pub summary: Option<Summary>,
    /// Why a check of one's own cannot be run, and what to do: until then nothing is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_check: Option<String>,
    /// What could not be reached; all else is complete.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreachable: Vec<Unreachable>,
}

/// What is to be known of the list of erased customers.
#[derive(Serialize)]
pub struct ErasedList {
    /// Files that hold some of them and are to be staged again: the next run does.
    pub waiting: u64,
    /// Fingerprints of the keys that the list needs, beside that of `PII_KEY`: `PII_KEY_OLD` has to
    /// hold them.
    pub old_keys: Vec<String>,
}

/// A part that could not be reached, or not be read.
#[derive(Serialize)]
pub struct Unreachable {
    /// `lake` or `warehouse`.
    pub what: &'static str,
    /// Why, and what to do, without secrets.
    pub why: String,
}

/// Reads the lake and the warehouse, and changes neither. Waits two seconds for each of them, and
/// for no publish.
pub async fn run(deps: &Deps) -> Status {
    let numbers = deps
        .reader
        .read(async |warehouse, _| Ok((warehouse.summary().await?, warehouse.state().await?)));
    let (looked, numbers) = tokio::join!(look(deps), numbers);
    let (found, erased) = looked.map_or_else(|e| (Err(e), None), |(found, e)| (Ok(found), e));
    let broken_check = match numbers.is_ok() && found.is_ok() {
        true => broken_check(deps).await,
        false => None,
    };
    let mut unreachable = Vec::new();
    let alert = deps.settings.withdrawn != Withdrawn::Keep;
    let states = found.as_ref().ok().map(|found| {
        let states = States::of(found, alert);
        match &numbers {
            Ok(read) => states.compared_with(found, read.as_ref().map(|(_, state)| state)),
            Err(_) => states,
        }
    });
    let inventory = found.unwrap_or_else(|error| {
        unreachable.push(Unreachable { what: "lake", why: format!("{error:#}") });
        Inventory { datasets: Vec::new(), unread: Vec::new(), ignored: 0 }
    });
    let summary = numbers.map(|read| read.map(|(summary, _)| summary)).unwrap_or_else(|error| {
        unreachable.push(Unreachable { what: "warehouse", why: error.why });
        None
    });
    Status {
        lake: deps.lake.describe(),
        warehouse: deps.settings.warehouse.to_string(),
        states,
        inventory,
        erased,
        summary,
        broken_check,
        unreachable,
    }
}

/// What a publish would end with because of a check of one's own. What else goes wrong is found by
/// the publish.
async fn broken_check(deps: &Deps) -> Option<String> {
    let checks = match checks::read(deps).await {
        Ok(checks) if checks.is_empty() => return None,
        Ok(checks) => checks,
        Err(error) => return checks::broken(&error),
    };
    let tried = deps.reader.read(async move |warehouse, _| {
        Ok(warehouse.try_checks(&checks).await.err().map(anyhow::Error::from))
    });
    tried.await.ok()?.flatten().and_then(|error| checks::broken(&error))
}

async fn look(deps: &Deps) -> anyhow::Result<(Inventory, Option<ErasedList>)> {
    // One small read shows whether the storage answers; a listing may take longer.
    let marker = deps.settings.warehouse.marker_name();
    let Ok(reached) = timeout(REACH_TIMEOUT, deps.lake.get_marker(&marker)).await else {
        anyhow::bail!(
            "the storage has not answered within {} s: check that it runs, and that network and \
             firewall admit this app",
            REACH_TIMEOUT.as_secs()
        );
    };
    reached?;
    let list = deps.lake.erased().await?;
    let newest = deps.settings.personal.keys.first();
    let is_old = |key: &&str| newest.is_none_or(|newest| newest.id() != *key);
    let old_keys = list.keys().filter(is_old).map(str::to_owned).collect();
    let waiting = deps.lake.due_for_erasure().await?.len() as u64;
    let erased = (list.entries() > 0).then_some(ErasedList { waiting, old_keys });
    Ok((inventory(deps).await?, erased))
}

pub(crate) async fn handle(_request: HttpRequest, context: Context) -> anyhow::Result<Outcome> {
    let deps = context.state();
    let status = run(deps).await;
    for Unreachable { what, why } in &status.unreachable {
        tracing::warn!(
            function = context.function(),
            invocation_id = context.invocation_id(),
            "status cannot reach the {what}: {why}"
        );
    }
    if let Some(why) = &status.broken_check {
        tracing::warn!(
            function = context.function(),
            invocation_id = context.invocation_id(),
            "nothing is published: {why}"
        );
    }
    let response = match status.unreachable.is_empty() {
        true => HttpResponse::json(200, status)?,
        false => HttpResponse::json(503, status)?.header("Retry-After", RETRY_AFTER)?,
    };
    Ok(Outcome::done().output("response", response)?)
}
