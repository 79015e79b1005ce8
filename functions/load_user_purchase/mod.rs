//! Purchases CSV -> `user_purchase`, straight to staging.
//!
//! **Idempotency key**: (path, ETag, recipe), kept in the receipts of the path.
//! **Retry**: anything but a decision about the file; a refused file is a decision.
//! **What a crash leaves behind**: at most a Parquet that no receipt names.

use pipeline::Dataset;

use crate::{
    deps::Deps,
    ingest::{Ingested, Input, ingest},
};

pub async fn run(deps: &Deps, input: Input) -> anyhow::Result<Ingested> {
    ingest(deps, Dataset::UserPurchase, input).await
}
