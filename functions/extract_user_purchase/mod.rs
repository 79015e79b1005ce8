//! The operational table `user_purchase` -> a snapshot in staging, where it has changed.
//!
//! **Idempotency key**: the state of the table, kept in the receipt of its snapshot.
//! **Retry**: always; another extract that came first is a reason to look again.
//! **What a crash leaves behind**: at most a Parquet that no receipt names.

use std::time::Instant;

use custom_handler::{Outcome, Timer};
use pipeline::Dataset;
use purchase_db::{Extract, OnRows};
use serde::Serialize;

use crate::{
    deps::{Context, Deps},
    publish_requested,
};

/// What a run of the function did.
#[derive(Clone, Debug, Serialize)]
pub struct Extracted {
    /// unchanged, taken, no_table or held_back.
    pub outcome: &'static str,
    /// Rows of a new snapshot.
    pub rows: u64,
    /// Files that a first snapshot would lose: they count, and are not in the table.
    pub missing: Vec<String>,
    /// Milliseconds, those without a new snapshot too.
    pub duration_ms: u64,
}

impl Extracted {
    pub(crate) fn is_held_back(&self) -> bool {
        !self.missing.is_empty()
    }
}

impl std::fmt::Display for Extracted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.missing[..] {
            [] if self.outcome == "no_table" => {
                write!(f, "user_purchase is not there yet: the first purchases file makes it")
            }
            [] if self.outcome == "unchanged" => write!(f, "user_purchase is unchanged"),
            [] => write!(f, "user_purchase: a snapshot of {} rows", self.rows),
            [first, rest @ ..] => write!(
                f,
                "user_purchase is not extracted yet: `{first}`{} counts but is not in the \
                 database; load it (reconcile), or exclude it (replay --forget)",
                match rest.len() {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                }
            ),
        }
    }
}

/// Stages what the table holds, where that has changed. `None` where no operational database is
/// configured.
pub async fn run(deps: &Deps, on_rows: Option<OnRows>) -> anyhow::Result<Option<Extracted>> {
    let Some(database) = &deps.purchase_db else { return Ok(None) };
    let begun = Instant::now();
    let recipe = deps.ingest_options().recipe(Dataset::UserPurchase);
    let (outcome, rows, missing) = match database.extract(&deps.lake, &recipe, on_rows).await? {
        Extract::Unchanged => ("unchanged", 0, Vec::new()),
        Extract::NoTable => ("no_table", 0, Vec::new()),
        Extract::Taken { rows } => ("taken", rows, Vec::new()),
        Extract::HeldBack(missing) => ("held_back", 0, missing),
    };
    let duration_ms = begun.elapsed().as_millis() as u64;
    Ok(Some(Extracted { outcome, rows, missing, duration_ms }))
}

pub(crate) async fn handle(_timer: Timer, context: Context) -> anyhow::Result<Outcome> {
    let deps = context.state();
    let (function, invocation_id) = (context.function(), context.invocation_id());
    let Some(extracted) = run(deps, None).await? else {
        tracing::info!(function, invocation_id, "USER_PURCHASE_DB is not set: nothing to extract");
        return Ok(Outcome::done());
    };
    if extracted.is_held_back() {
        let missing = extracted.missing.len();
        tracing::warn!(function, invocation_id, files.missing = missing, "{extracted}");
    } else {
        tracing::info!(
            function,
            invocation_id,
            outcome = extracted.outcome,
            rows.staged = extracted.rows,
            duration_ms = extracted.duration_ms,
            "{extracted}"
        );
    }
    match extracted.outcome {
        "taken" => Ok(publish_requested::order(deps, Outcome::done())?),
        _ => Ok(Outcome::done()),
    }
}
