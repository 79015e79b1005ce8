//! Freshness, loads and refusals, as JSON. Changes nothing.
//!
//! **Idempotency key**: none is needed, it only reads.
//! **Retry**: the caller's.
//! **What a crash leaves behind**: nothing.

use custom_handler::{Context, HttpRequest, HttpResponse, Outcome};
use pipeline::Dataset;
use serde::Serialize;
use warehouse::Summary;

use crate::{
    deps::Deps,
    survey::{Survey, survey},
};

/// What `status` shows.
#[derive(Serialize)]
pub struct Status {
    /// Where it is: `file:/abs/dir` or the address of its storage account.
    pub lake: String,
    /// Where it is, without secrets.
    pub warehouse: String,
    /// One of each dataset.
    pub datasets: Vec<Survey>,
    /// `None` where nothing was published yet.
    pub summary: Option<Summary>,
}

/// Looks at the lake and the warehouse, and changes neither.
pub async fn run(deps: &Deps) -> anyhow::Result<Status> {
    let mut datasets = Vec::new();
    for dataset in Dataset::ALL {
        datasets.push(survey(deps, dataset).await?);
    }
    let mut warehouse = deps.warehouse.lock().await;
    let summary = if warehouse.exists() { Some(warehouse.summary().await?) } else { None };
    Ok(Status {
        lake: deps.lake.describe(),
        warehouse: deps.settings.warehouse.to_string(),
        datasets,
        summary: summary.filter(|summary| summary.publish_id > 0),
    })
}

pub(crate) async fn handle(
    deps: &Deps,
    _request: HttpRequest,
    _context: Context,
) -> anyhow::Result<Outcome> {
    Ok(Outcome::done().output("response", HttpResponse::json(200, run(deps).await?)))
}
