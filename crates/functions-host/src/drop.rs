//! A vendor's file arrives: the blob is written, and the event that Event Grid would deliver is
//! put on the queue. The emulator sends no events.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chrono::{NaiveDate, Utc};
use functions_host::azurite::{Account, Queues, put_blob};

use crate::{Place, value};

/// Folders of `raw`, which are the beginnings of file names too.
const DATASETS: [&str; 3] = ["movie_review", "log_reviews", "user_purchase"];

pub struct Orders {
    files: Vec<PathBuf>,
    dataset: Option<&'static str>,
    path: Option<String>,
}

/// One file and where it goes.
#[derive(Debug, PartialEq)]
struct Arrival {
    dataset: &'static str,
    /// Within `raw`.
    path: String,
}

pub async fn run(place: &Place, orders: Orders) -> Result<()> {
    let Orders { files, dataset, path } = orders;
    let queues = place.queues()?;
    let today = Utc::now().date_naive();
    // Nothing is dropped unless all can be.
    let mut arrivals: Vec<(Arrival, PathBuf)> = Vec::new();
    for file in files {
        ensure!(file.is_file(), "there is no file {}", file.display());
        let name = file.to_str();
        let name = name.with_context(|| format!("{} has no name in UTF-8", file.display()))?;
        let arrival = arrival(name, dataset, path.as_deref(), today)?;
        if let Some((_, other)) = arrivals.iter().find(|(other, _)| *other == arrival) {
            let (other, path) = (other.display(), &arrival.path);
            bail!("{name} and {other} would both become raw/{path}: drop one after the other");
        }
        arrivals.push((arrival, file));
    }
    for (arrival, file) in arrivals {
        let account = account_of(&queues, arrival.dataset)?;
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let size = u64::try_from(bytes.len()).context("the file is too large")?;
        let etag = put_blob(account, "raw", &arrival.path, bytes).await.context(REMEDY)?;
        let event = eventgrid::blob_created(account.name(), "raw", &arrival.path, &etag, size);
        let queue = queue_of(arrival.dataset);
        Queues::new(account).put(&queue, &event.to_string()).await.context(REMEDY)?;
        println!("{} -> raw/{}, event on {queue}", file.display(), arrival.path);
    }
    Ok(())
}

const REMEDY: &str = "the file was not dropped; `cargo xtask start` starts the emulator and makes \
                      containers and queues";

/// The error is wrong usage.
pub fn parse(args: &[String]) -> Result<Orders> {
    let mut orders = Orders { files: Vec::new(), dataset: None, path: None };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--as" => {
                let name = value(arg, &mut args)?;
                let known = DATASETS.into_iter().find(|dataset| *dataset == name);
                let all = DATASETS.join(", ");
                orders.dataset =
                    Some(known.with_context(|| format!("`{name}` is no dataset: they are {all}"))?);
            }
            "--path" => orders.path = Some(value(arg, &mut args)?.to_owned()),
            option if option.starts_with('-') => {
                bail!("drop does not know `{option}`; `cargo xtask drop --help` says more");
            }
            file => orders.files.push(file.into()),
        }
    }
    ensure!(!orders.files.is_empty(), "name a file to drop: `cargo xtask drop FILE...`");
    ensure!(
        orders.path.is_none() || orders.files.len() == 1,
        "--path names one blob: give one file with it"
    );
    Ok(orders)
}

/// Decides where a file goes. A copy of a lake keeps its paths: they are known by their part
/// `raw/<dataset>/`, as `--path` is.
fn arrival(
    file: &str,
    dataset: Option<&'static str>,
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
    Ok(Arrival { dataset, path })
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
    use super::*;

    fn decide(file: &str, dataset: Option<&'static str>, path: Option<&str>) -> Result<String> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        arrival(file, dataset, path, today).map(|arrival| arrival.path)
    }

    #[test]
    fn the_name_of_a_file_decides_its_folder() {
        let path = |file| decide(file, None, None).unwrap();
        assert_eq!(path("movie_review_1.csv"), "movie_review/2026-11-23/movie_review_1.csv");
        assert_eq!(path("log_reviews.csv.gz"), "log_reviews/2026-11-23/log_reviews.csv.gz");
        assert_eq!(path("user_purchase-x.csv"), "user_purchase/2026-11-23/user_purchase-x.csv");
        for unknown in ["reviews.csv", "movie_review.txt", "my_movie_review.csv"] {
            let error = decide(unknown, None, None).unwrap_err().to_string();
            assert!(error.contains("belongs to no dataset"), "{error}");
        }
    }

    #[test]
    fn a_dataset_and_a_path_can_be_given() {
        let ours = decide("a.csv", Some("log_reviews"), None).unwrap();
        assert_eq!(ours, "log_reviews/2026-11-23/a.csv");
        let path = Some("raw/movie_review/old/b.csv");
        assert_eq!(decide("a.txt", None, path).unwrap(), "movie_review/old/b.csv");
        let error = decide("a.csv", Some("log_reviews"), path).unwrap_err().to_string();
        assert!(error.contains("below raw/log_reviews/"), "{error}");
    }

    #[test]
    fn a_copy_of_a_lake_keeps_its_paths() {
        let path = |file: &str| decide(file, None, None).unwrap();
        let kept = "movie_review/2021-04-25/movie_review.csv";
        assert_eq!(path(&format!("lake/raw/{kept}")), kept);
        assert_eq!(path("raw/log_reviews/a.csv"), "log_reviews/a.csv");
        assert_eq!(path("raw/movie_review.csv"), "movie_review/2026-11-23/movie_review.csv");
        assert_eq!(path("draw/x/log_reviews.csv"), "log_reviews/2026-11-23/log_reviews.csv");
        let other = decide("raw/log_reviews/a.csv", Some("movie_review"), None).unwrap();
        assert_eq!(other, "movie_review/2026-11-23/a.csv");
    }

    #[test]
    fn wrong_usage_is_told() {
        let wrong = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            parse(&args).map(|_| ()).unwrap_err().to_string()
        };
        assert!(wrong(&[]).contains("name a file"));
        assert!(wrong(&["a.csv", "--as", "films"]).contains("movie_review, log_reviews"));
        assert!(wrong(&["a.csv", "--as"]).contains("needs a value"));
        assert!(wrong(&["a.csv", "--to", "x"]).contains("--help"));
        assert!(wrong(&["a.csv", "b.csv", "--path", "x"]).contains("one file"));
    }
}
