//! `status`: what is published, what waits, what was refused.

use super::{
    Ended,
    report::print_summary,
    table::{Table, count},
};
use crate::{
    deps::Deps,
    status::{Status, run},
};

pub async fn command(deps: Deps, json: bool) -> anyhow::Result<Ended> {
    let status = run(&deps).await?;
    if json {
        println!("{}", serde_json::to_string(&status)?);
    } else {
        print(&status);
    }
    Ok(Ended::Well)
}

fn print(status: &Status) {
    let mut table = Table::new(&["dataset", "newest taken in", "done", "waiting", "refused", "gone"]);
    for files in &status.datasets {
        let newest = files.newest_at.as_deref().unwrap_or("never");
        let numbers = [
            count(files.covered),
            count(files.waiting.len() as u64),
            count(files.refused.len() as u64),
            count(files.vanished.len() as u64),
        ];
        table.row(&[files.dataset.name(), newest], &numbers);
    }
    table.print();
    for file in status.datasets.iter().flat_map(|files| &files.refused) {
        let reason = file.reason.map_or("failed", |reason| reason.name());
        let detail = file.detail.as_deref().unwrap_or("the work on it was broken off");
        println!("refused {}: {reason}: {detail}", file.path);
    }
    for path in status.datasets.iter().flat_map(|files| &files.vanished) {
        println!("gone from raw, still counted: {path}");
    }
    match &status.summary {
        Some(summary) => {
            print_summary(summary);
            let at = summary.published_at.as_deref().unwrap_or("unknown");
            println!("publish {} at {at}", summary.publish_id);
            for day in &summary.refused_days {
                println!("{} keeps its last good rows: {}: {}", day.day, day.check, day.detail);
            }
        }
        None => println!("nothing is published yet: start `movie-analytics run`"),
    }
    println!("lake          {}", status.lake);
    println!("warehouse     {}", status.warehouse);
}
