//! Reviews CSV -> `classified_movie_review`.
//!
//! **Idempotency key**: (path, ETag, recipe), kept in the receipts of the path.
//! **Retry**: anything but a decision about the file; a refused file is a decision.
//! **What a crash leaves behind**: at most a Parquet that no receipt names.

use custom_handler::{Outcome, QueueMessage};
use pipeline::Dataset;

use crate::{
    deps::{Context, Deps},
    events,
    ingest::{Ingested, Input, ingest},
};

pub(crate) async fn run(deps: &Deps, input: Input) -> anyhow::Result<Ingested> {
    ingest(deps, Dataset::ClassifiedMovieReview, input).await
}

pub(crate) async fn handle(message: QueueMessage, context: Context) -> anyhow::Result<Outcome> {
    events::handle(Dataset::ClassifiedMovieReview, message, context).await
}
