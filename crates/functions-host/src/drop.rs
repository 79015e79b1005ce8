//! A vendor's file arrives: the blob is written, and the event that Event Grid would deliver is
//! put on the queue. The emulator sends no events.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chrono::{NaiveDate, Utc};
use clap::{CommandFactory, error::ErrorKind};
use functions_host::azurite::{Account, Queues, put_blob};

use crate::{Chore, Place};

/// Folders of `raw`, which are the beginnings of file names too.
const DATASETS: [&str; 3] = ["movie_review", "log_reviews", "user_purchase"];

const USAGE: &str = "cargo xtask drop FILE... [--as DATASET] [--path PATH]";

#[derive(clap::Args)]
#[command(override_usage = USAGE)]
pub struct Options {
    #[command(flatten)]
    place: Place,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(long = "as", value_name = "DATASET", value_parser = DATASETS)]
    dataset: Option<String>,
    #[arg(long)]
    path: Option<String>,
}

/// One file and where it goes.
#[derive(Debug, PartialEq)]
struct Arrival {
    dataset: String,
    /// Within `raw`.
    path: String,
}

pub async fn run(options: &Options) -> Result<()> {
    let Options { place, files, dataset, path } = options;
    if path.is_some() && files.len() > 1 {
        let problem = "--path names one blob: give one file with it";
        Chore::command().override_usage(USAGE).error(ErrorKind::TooManyValues, problem).exit();
    }
    let queues = place.queues()?;
    let today = Utc::now().date_naive();
    // Nothing is dropped unless all can be.
    let mut arrivals: Vec<(Arrival, &PathBuf)> = Vec::new();
    for file in files {
        ensure!(file.is_file(), "there is no file {}", file.display());
        let name = file.to_str();
        let name = name.with_context(|| format!("{} has no name in UTF-8", file.display()))?;
        let arrival = arrival(name, dataset.as_deref(), path.as_deref(), today)?;
        if let Some((_, other)) = arrivals.iter().find(|(other, _)| *other == arrival) {
            let (other, path) = (other.display(), &arrival.path);
            bail!("{name} and {other} would both become raw/{path}: drop one after the other");
        }
        arrivals.push((arrival, file));
    }
    for (arrival, file) in arrivals {
        let account = account_of(&queues, &arrival.dataset)?;
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let size = u64::try_from(bytes.len()).context("the file is too large")?;
        let etag = put_blob(account, "raw", &arrival.path, bytes).await.context(REMEDY)?;
        let event = eventgrid::blob_created(account.name(), "raw", &arrival.path, &etag, size);
        let queue = queue_of(&arrival.dataset);
        Queues::new(account).put(&queue, &event.to_string()).await.context(REMEDY)?;
        println!("{} -> raw/{}, event on {queue}", file.display(), arrival.path);
    }
    Ok(())
}

const REMEDY: &str = "the file was not dropped; `cargo xtask start` starts the emulator and makes \
                      containers and queues";

/// Decides where a file goes. A copy of a lake keeps its paths: they are known by their part
/// `raw/<dataset>/`, as `--path` is.
fn arrival(
    file: &str,
    dataset: Option<&str>,
    path: Option<&str>,
    today: NaiveDate,
) -> Result<Arrival> {
    let (folders, name) = file.rsplit_once('/').unwrap_or(("", file));
    let within_raw =
        format!("/{folders}/").rsplit_once("/raw/").map(|(_, rest)| rest.to_owned() + name);
    let given = path.map(|path| path.strip_prefix("raw/").unwrap_or(path).trim_matches('/'));
    let by_folder = |path: &str| {
        let (folder, _) = path.split_once('/')?;
        DATASETS.into_iter().find(|dataset| *dataset == folder)
    };
    let kept = within_raw.as_deref().filter(|path| by_folder(path).is_some());
    let kept = kept.filter(|path| dataset.is_none() || by_folder(path) == dataset);
    let path = given.or(kept);
    let is_csv = name.ends_with(".csv") || name.ends_with(".csv.gz");
    let by_name = DATASETS.into_iter().find(|dataset| is_csv && name.starts_with(dataset));
    let dataset = dataset.or_else(|| path.and_then(by_folder)).or(by_name).with_context(|| {
        format!(
            "`{name}` belongs to no dataset: names begin with movie_review, log_reviews or \
             user_purchase and end with .csv or .csv.gz; or say it by --as"
        )
    })?;
    let path = match path {
        Some(path) if by_folder(path) == Some(dataset) => path.to_owned(),
        Some(path) => {
            bail!("the path `{path}` is not of {dataset}: files of it are below raw/{dataset}/")
        }
        None => format!("{dataset}/{today}/{name}"),
    };
    Ok(Arrival { dataset: dataset.to_owned(), path })
}

fn queue_of(dataset: &str) -> String {
    format!("blob-created-{}", dataset.replace('_', "-"))
}

fn account_of<'a>(queues: &'a [(Account, String)], dataset: &str) -> Result<&'a Account> {
    let name = queue_of(dataset);
    let found = queues.iter().find(|(_, queue)| *queue == name).map(|(account, _)| account);
    found.with_context(|| format!("no function has a trigger or output on the queue {name}"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn a_file_goes_where_its_name_or_its_path_or_an_option_says() {
        let kept = "movie_review/2021-04-25/movie_review.csv";
        let path = Some("raw/movie_review/old/b.csv");
        let logs = Some("log_reviews");
        for (file, dataset, path, expected) in [
            ("movie_review_1.csv", None, None, "movie_review/2026-11-23/movie_review_1.csv"),
            ("log_reviews.csv.gz", None, None, "log_reviews/2026-11-23/log_reviews.csv.gz"),
            ("user_purchase-x.csv", None, None, "user_purchase/2026-11-23/user_purchase-x.csv"),
            ("a.csv", logs, None, "log_reviews/2026-11-23/a.csv"),
            ("a.txt", None, path, "movie_review/old/b.csv"),
            // A copy of a lake keeps its paths.
            (&format!("lake/raw/{kept}"), None, None, kept),
            ("raw/log_reviews/a.csv", None, None, "log_reviews/a.csv"),
            ("raw/movie_review.csv", None, None, "movie_review/2026-11-23/movie_review.csv"),
            ("draw/x/log_reviews.csv", None, None, "log_reviews/2026-11-23/log_reviews.csv"),
            ("raw/movie_review/a.csv", logs, None, "log_reviews/2026-11-23/a.csv"),
            ("reviews.csv", None, None, "belongs to no dataset"),
            ("movie_review.txt", None, None, "belongs to no dataset"),
            ("my_movie_review.csv", None, None, "belongs to no dataset"),
            ("a.csv", logs, path, "below raw/log_reviews/"),
        ] {
            let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
            let seen = match arrival(file, dataset, path, today) {
                Ok(arrival) => arrival.path,
                Err(error) => error.to_string(),
            };
            assert!(seen == expected || seen.contains(expected), "{file}: {seen}");
        }
    }

    #[test]
    fn wrong_usage_is_an_error() {
        let parse = |args: &str| {
            Chore::try_parse_from(format!("x drop root data {args}").split_whitespace())
        };
        assert!(parse("a.csv b.csv --as log_reviews").is_ok());
        for (wrong, expected) in [
            ("", "FILE"),
            ("a.csv --as films", "movie_review, log_reviews"),
            ("a.csv --as", "a value is required"),
            ("a.csv --to x", "--to"),
        ] {
            let error = parse(wrong).map(drop).unwrap_err().to_string();
            assert!(error.contains(expected), "{wrong}: {error}");
        }
    }
}
