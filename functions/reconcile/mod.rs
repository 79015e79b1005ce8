//! Lists `raw` and names what no receipt covers: lost events, renames, writers that never close.
//!
//! **Idempotency key**: none is needed; a file named twice is staged once.
//! **Retry**: always; the next hour does the same.
//! **What a crash leaves behind**: nothing.

use custom_handler::{Context, Outcome, Timer};
use pipeline::Dataset;

use crate::{deps::Deps, events, ingest::Order, survey::survey};

/// Orders for every file that waits. Files whose last work was broken off are left to `replay`.
pub async fn run(deps: &Deps) -> anyhow::Result<Vec<(Dataset, Order)>> {
    let mut orders = Vec::new();
    for dataset in Dataset::ALL {
        let waiting = survey(deps, dataset).await?.waiting;
        orders.extend(
            waiting.into_iter().map(|source| (dataset, Order { path: source.path, force: false })),
        );
    }
    Ok(orders)
}

pub async fn handle(deps: &Deps, _timer: Timer, context: Context) -> anyhow::Result<Outcome> {
    let orders = run(deps).await?;
    let found = orders.len();
    tracing::info!(
        function = context.function(),
        invocation_id = context.invocation_id(),
        files.waiting = found,
        "reconciled"
    );
    let outcome = Outcome::done().log(format!("{found} files that no receipt covers"));
    Ok(events::outputs(outcome, orders))
}
