//! Lists `raw` and names what no receipt covers: lost events, renames, writers that never close.
//! Clears away what interrupted work and old versions left behind.
//!
//! **Idempotency key**: none is needed; a file named twice is staged once.
//! **Retry**: always; the next hour does the same.
//! **What a crash leaves behind**: nothing.

use std::time::Duration;

use custom_handler::{Context, Outcome, Timer};
use lake::Swept;
use pipeline::Dataset;

use crate::{deps::Deps, events, ingest::Order, survey::survey};

/// Age of files from which on they are no work under way.
const GRACE: Duration = Duration::from_hours(24);

/// Orders for every file that waits. Files whose last work was broken off are left to `replay`.
pub async fn run(deps: &Deps) -> anyhow::Result<Vec<(Dataset, Order)>> {
    let mut orders = Vec::new();
    for dataset in Dataset::ALL {
        let survey = survey(deps, dataset).await?;
        for sentence in &survey.misnamed {
            tracing::warn!(%dataset, "a file is not read: {sentence}");
        }
        orders.extend(
            survey
                .waiting
                .into_iter()
                .map(|source| (dataset, Order { path: source.path, force: None })),
        );
    }
    Ok(orders)
}

/// Clears the lake of files that nothing names any more. What cannot be cleared now is cleared
/// an hour later: files that wait matter more.
pub(crate) async fn sweep(deps: &Deps) -> Swept {
    let mut sum = Swept::default();
    for dataset in Dataset::ALL {
        match deps.lake.sweep(dataset, GRACE).await {
            Ok(swept) => {
                sum.parquet += swept.parquet;
                sum.quarantine += swept.quarantine;
            }
            Err(error) => tracing::warn!(%dataset, "orphans were not cleared away: {error}"),
        }
    }
    sum
}

pub(crate) async fn handle(
    deps: &Deps,
    _timer: Timer,
    context: Context,
) -> anyhow::Result<Outcome> {
    let orders = run(deps).await?;
    let swept = sweep(deps).await;
    let found = orders.len();
    tracing::info!(
        function = context.function(),
        invocation_id = context.invocation_id(),
        files.waiting = found,
        swept.parquet = swept.parquet,
        swept.quarantine = swept.quarantine,
        "reconciled: {found} files that no receipt covers; swept {} staged and {} quarantine files",
        swept.parquet,
        swept.quarantine
    );
    Ok(events::outputs(Outcome::done(), orders))
}
