//! `status`: what is published, what waits, what was refused.

use pipeline::Dataset;
use serde::Serialize;
use warehouse::Summary;

use super::{
    Ended,
    pending::pending,
    report::print_summary,
    table::{Table, count},
};
use crate::deps::Deps;

#[derive(Serialize)]
struct Status {
    lake: String,
    warehouse: String,
    datasets: Vec<Files>,
    /// `None` where nothing was published yet.
    summary: Option<Summary>,
}

/// The files of a dataset.
#[derive(Serialize)]
struct Files {
    dataset: Dataset,
    /// Files that a receipt covers.
    covered: u64,
    /// Files that the next run will read.
    waiting: Vec<String>,
}

pub async fn command(deps: Deps, json: bool) -> anyhow::Result<Ended> {
    let mut datasets = Vec::new();
    for dataset in Dataset::ALL {
        let pending = pending(&deps, dataset).await?;
        let waiting = pending.sources.into_iter().map(|source| source.path).collect();
        datasets.push(Files { dataset, covered: pending.covered, waiting });
    }
    let mut warehouse = deps.warehouse.lock().await;
    let summary = if warehouse.exists() { Some(warehouse.summary().await?) } else { None };
    let status = Status {
        lake: deps.lake.describe(),
        warehouse: deps.settings.warehouse.to_string(),
        datasets,
        summary,
    };
    if json {
        println!("{}", serde_json::to_string(&status)?);
    } else {
        print(&status);
    }
    Ok(Ended::Well)
}

fn print(status: &Status) {
    let mut table = Table::new(&["dataset", "files done", "files waiting"]);
    for files in &status.datasets {
        let numbers = [count(files.covered), count(files.waiting.len() as u64)];
        table.row(&[files.dataset.name()], &numbers);
    }
    table.print();
    match &status.summary {
        Some(summary) if summary.publish_id > 0 => {
            print_summary(summary);
            let at = summary.published_at.as_deref().unwrap_or("unknown");
            println!("publish {} at {at}", summary.publish_id);
            for day in &summary.refused_days {
                println!("{} keeps its last good rows: {}: {}", day.day, day.check, day.detail);
            }
        }
        _ => println!("nothing is published yet: start `movie-analytics run`"),
    }
    println!("lake          {}", status.lake);
    println!("warehouse     {}", status.warehouse);
}
