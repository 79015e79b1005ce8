//! The newest receipts of the files that lie in `raw`.

use futures_util::{StreamExt, TryStreamExt, stream};
use lake::{Listing, Receipt, Source};
use pipeline::Dataset;

use super::CONCURRENT;
use crate::deps::Deps;

/// The newest receipt of each file that has one.
pub async fn newest(
    deps: &Deps,
    dataset: Dataset,
    sources: Vec<Source>,
    receipts: &Listing,
) -> anyhow::Result<Vec<(Source, Option<Receipt>)>> {
    stream::iter(sources)
        .map(|source| {
            let number = receipts.newest.get(&source.path).copied();
            async move {
                let Some(number) = number else { return Ok((source, None)) };
                let receipt = deps.lake.receipts().find(dataset, &source.path, number).await?;
                anyhow::Ok((source, Some(receipt)))
            }
        })
        .buffered(CONCURRENT)
        .try_collect()
        .await
}

/// Receipts of earlier versions as those of what lies in `raw` now, where that was found unchanged.
pub(super) async fn last_versions(
    deps: &Deps,
    newest: Vec<(Source, Option<Receipt>)>,
) -> anyhow::Result<Vec<(Source, Option<Receipt>)>> {
    stream::iter(newest)
        .map(|(source, receipt)| async move {
            let Some(receipt) = receipt else { return Ok((source, None)) };
            let receipt = deps.lake.receipts().of_version(receipt, &source.etag).await?;
            anyhow::Ok((source, Some(receipt)))
        })
        .buffered(CONCURRENT)
        .try_collect()
        .await
}
