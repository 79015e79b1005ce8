//! Purchases CSV -> the operational table `user_purchase`, or straight to staging where no
//! operational database is configured.
//!
//! **Idempotency key**: (path, ETag, recipe), kept in the receipts of the path, and beside the
//! rows in the table's `load_history`.
//! **Retry**: anything but a decision about the file; a refused file is a decision.
//! **What a crash leaves behind**: at most a Parquet that no receipt names, or rows in the table whose
//! receipt the next try puts into the log.

use custom_handler::{Outcome, QueueMessage};
use pipeline::Dataset;

use crate::{
    deps::{Context, Deps},
    events,
    ingest::{Ingested, Input, ingest},
};

/// Ingests the file that the input names, unless its version is ingested already.
pub async fn run(deps: &Deps, input: Input) -> anyhow::Result<Ingested> {
    ingest(deps, Dataset::UserPurchase, input).await
}

pub(crate) async fn handle(message: QueueMessage, context: Context) -> anyhow::Result<Outcome> {
    events::handle(Dataset::UserPurchase, message, context).await
}
