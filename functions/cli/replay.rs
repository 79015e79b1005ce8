//! `replay`.

use clap::Args;
use pipeline::{Dataset, Day};

use super::{
    Ended, Shown,
    places::{May, Places},
    plan, run,
};
use crate::{plan as planned, replay::Request};

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    places: Places,
    /// Paths below raw, such as movie_review/2021-04-25/movie_review.csv.
    paths: Vec<String>,
    /// All files of a dataset: classified_movie_review, review_logs or user_purchase.
    #[arg(long, value_parser = dataset)]
    dataset: Option<Dataset>,
    /// Files with logs of this day or later, or with such a date in their path.
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// Files with logs of this day or earlier, or with such a date in their path.
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// Files that were rejected, or that have refused rows.
    #[arg(long)]
    refused: bool,
    /// Files that killed the process when they were read.
    #[arg(long)]
    failed: bool,
    /// Exclude the named files: their rows no longer count.
    #[arg(long)]
    forget: bool,
    /// Show which files it would read and why, and write nothing.
    #[arg(long)]
    plan: bool,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

pub async fn command(options: Options, quiet: bool) -> anyhow::Result<Ended> {
    let Options { places, paths, dataset, from, to, refused, failed, forget, plan, json } = options;
    let request = Request { paths, dataset, from, to, refused, failed, forget };
    if plan {
        let deps = places.open(May::Look).await?;
        return plan::show(&planned::replay(&deps, request).await?, json);
    }
    let (deps, shown) = (places.open(May::Change).await?, Shown { json, quiet });
    super::show(&run::replay(&deps, request, &shown.progress()).await?, shown)
}

/// A dataset by its name, or by that of its folder.
pub fn dataset(name: &str) -> Result<Dataset, String> {
    let found = Dataset::ALL.into_iter().find(|d| [d.name(), d.raw_folder()].contains(&name));
    found.ok_or_else(|| "write classified_movie_review, review_logs or user_purchase".to_owned())
}
