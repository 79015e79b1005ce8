//! Which files does no receipt cover?

use futures_util::{StreamExt, TryStreamExt, stream};
use lake::Source;
use pipeline::{Dataset, parser::recipe};

use crate::deps::Deps;

/// Receipts that are read at the same time.
const CONCURRENT: usize = 32;

/// Files of a dataset.
pub struct Pending {
    /// Those that no receipt covers, by path.
    pub sources: Vec<Source>,
    /// How many others there are.
    pub covered: u64,
}

/// Compares `raw` with the newest receipt of each path.
pub async fn pending(deps: &Deps, dataset: Dataset) -> anyhow::Result<Pending> {
    let sources = deps.lake.sources(dataset).await?;
    let receipts = deps.lake.receipts(dataset).await?;
    let recipe = recipe(dataset, &deps.settings.parser_options());
    let total = sources.len() as u64;
    let open: Vec<Source> = stream::iter(sources)
        .map(|source| {
            let (newest, recipe) = (receipts.newest.get(&source.path).copied(), &recipe);
            async move {
                let Some(number) = newest else { return Ok(Some(source)) };
                let receipt = deps.lake.receipt(dataset, &source.path, number).await?;
                let covers = receipt.etag == source.etag && receipt.recipe == *recipe;
                anyhow::Ok((!covers).then_some(source))
            }
        })
        .buffered(CONCURRENT)
        .try_filter_map(async |open| Ok(open))
        .try_collect()
        .await?;
    let covered = total - open.len() as u64;
    Ok(Pending { sources: open, covered })
}
