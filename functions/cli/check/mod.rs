//! `check`: reads files as the app would, without any lake, so that vendors test before they send.

mod contract;
mod report;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use flate2::read::MultiGzDecoder;
use lake::{IngestOptions, Lake, Outcome};
use pipeline::{
    Dataset, contract as columns,
    dataset::{is_ignored, unread},
    purchases,
};

use self::report::{Checked, Report};
use super::{Ended, places::Places};
use crate::{quarantine, settings::Settings};

/// Refused rows of a file that are shown.
const SHOWN: usize = 5;

/// Bytes that a header is looked for in.
const HEADER: usize = 8 << 10;

#[derive(Args)]
pub struct Options {
    /// Vendor files: .csv or .csv.gz.
    #[arg(value_name = "FILE", required_unless_present = "contract")]
    files: Vec<PathBuf>,
    /// What the files are: movie_review, log_reviews or user_purchase. Otherwise a folder of that
    /// name in their path decides, or their header.
    #[arg(long, value_parser = super::replay::dataset)]
    dataset: Option<Dataset>,
    /// Print what vendors may send, as JSON Schema, and check nothing.
    #[arg(long, conflicts_with_all = ["files", "json"])]
    contract: bool,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

pub async fn command(options: Options) -> anyhow::Result<Ended> {
    if options.contract {
        let schema = contract::schema(options.dataset);
        super::print(&serde_json::to_string_pretty(&schema)?);
        return Ok(Ended::Well);
    }
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let report = check(&options, scratch.path()).await?;
    let text = if options.json { serde_json::to_string(&report)? } else { report.to_string() };
    super::print(&text);
    Ok(if report.is_good() { Ended::Well } else { Ended::WithRefusals })
}

/// A lake of its own holds links to the files and what is staged of them, and goes with `scratch`.
async fn check(options: &Options, scratch: &Path) -> anyhow::Result<Report> {
    let places = Places {
        lake: Some(format!("file:{}", scratch.display())),
        warehouse: Some(format!("sqlite:{}", scratch.join("none.db").display())),
        user_purchase_db: None,
    };
    let ingest = ingest_options(&places.settings()?);
    let lake = Lake::local(scratch)?;
    let mut files = Vec::new();
    for (nth, file) in options.files.iter().enumerate() {
        files.push(check_one(&lake, scratch, &ingest, nth, file, options.dataset).await?);
    }
    Ok(Report { files })
}

fn ingest_options(settings: &Settings) -> IngestOptions {
    let mut parser = settings.parser_options();
    if settings.purchase_db.is_some() {
        parser.purchases = purchases::Columns::Table;
    }
    let (max_bytes, max_ratio) = (settings.file_limits.file_bytes, settings.file_limits.gzip_ratio);
    IngestOptions { parser, max_bytes, max_ratio, ..IngestOptions::default() }
}

async fn check_one(
    lake: &Lake,
    scratch: &Path,
    options: &IngestOptions,
    nth: usize,
    file: &Path,
    dataset: Option<Dataset>,
) -> anyhow::Result<Checked> {
    let cannot_read = || format!("cannot read {}", file.display());
    let is_file = fs::metadata(file).with_context(cannot_read)?.is_file();
    anyhow::ensure!(is_file, "{} is no file", file.display());
    let name = file.display().to_string();
    let found = dataset.or_else(|| of_folder(file));
    let found = match found {
        Some(dataset) => Some(dataset),
        None => of_header(file).with_context(cannot_read)?,
    };
    let Some(dataset) = found else {
        let problem = "its header has no column of any dataset: correct it (`check --contract` \
                       lists the columns), or name the dataset with --dataset";
        return Ok(Checked::unread(name, None, problem.to_owned()));
    };
    let sent_as = file.file_name().unwrap_or_default().to_string_lossy();
    let path = format!("{}/{}/{sent_as}", dataset.raw_folder(), nth + 1);
    let bare = format!("{}/{sent_as}", dataset.raw_folder());
    if let Some(problem) = unread(&bare) {
        return Ok(Checked::unread(name, Some(dataset), problem));
    }
    if is_ignored(&bare) {
        let problem = "names that begin with `.`, `_` or `~$` are ignored: send it under another";
        return Ok(Checked::unread(name, Some(dataset), problem.to_owned()));
    }
    link(file, &scratch.join("raw").join(&path)).with_context(cannot_read)?;
    let receipt = match lake::ingest(lake, &path, options).await? {
        Outcome::Accepted(receipt) | Outcome::Rejected(receipt) => receipt,
        other => anyhow::bail!("{} changes while it is read: {other:?}", file.display()),
    };
    let mut texts = Vec::new();
    if let Some(parquet) = &receipt.quarantine {
        quarantine::read(lake, parquet, |row| {
            texts.push(row.text);
            Ok(texts.len() < SHOWN)
        })
        .await?;
    }
    Ok(Checked::of(name, receipt, texts))
}

/// The dataset whose folder is in the path, the innermost one.
fn of_folder(file: &Path) -> Option<Dataset> {
    let folders = file.parent()?.components().rev();
    let mut of = folders.filter_map(|folder| {
        Dataset::ALL.into_iter().find(|dataset| folder.as_os_str() == dataset.raw_folder())
    });
    of.next()
}

/// By the first line, unpacked where it is gzip.
fn of_header(file: &Path) -> io::Result<Option<Dataset>> {
    use io::Read;
    let start = |read: &mut dyn Read| {
        let mut start = Vec::new();
        // Damaged gzip shows as much as there is.
        let _ = read.take(HEADER as u64).read_to_end(&mut start);
        start
    };
    let plain = start(&mut fs::File::open(file)?);
    let start = match plain.starts_with(&[0x1f, 0x8b]) {
        true => start(&mut MultiGzDecoder::new(fs::File::open(file)?)),
        false => plain,
    };
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(columns::of_header(&String::from_utf8_lossy(line)))
}

/// Where there are no links for everybody, a copy does.
fn link(file: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    #[cfg(unix)]
    return std::os::unix::fs::symlink(fs::canonicalize(file)?, path);
    #[cfg(not(unix))]
    fs::hard_link(file, path).or_else(|_| fs::copy(file, path).map(drop))
}
