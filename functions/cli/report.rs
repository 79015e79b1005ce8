//! What a run did: JSON for a program, tables for a person.

use std::fmt;

use lake::Swept;
use pipeline::dimensions::DIMENSIONS;
use serde::Serialize;
use warehouse::{HeldCustomer, Sent, Summary};

use super::{Ended, table::Table};
use crate::{
    build_fact_movie_analytics as build,
    erase::Erased,
    extract_user_purchase::Extracted,
    ingest::Ingested,
    number::{count, of},
    states::States,
    survey::Inventory,
    withdrawn,
};

#[derive(Serialize)]
pub struct Report {
    pub lake: String,
    pub warehouse: String,
    /// Files that were ingested.
    pub files: Vec<Ingested>,
    /// Files that needed no work.
    pub files_covered: u64,
    /// `None` where no operational database is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extract: Option<Extracted>,
    /// `None` where nothing was new.
    pub publish: Option<build::Report>,
    /// What was found of erased customers; `None` where nobody was to be erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
    /// Files that the sweep deleted; `None` where it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swept: Option<Swept>,
    #[serde(flatten)]
    pub raw: Raw,
    /// Files that could not be read, or not be loaded; the others went on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Failed>,
    pub work: Work,
    pub summary: Summary,
}

/// What is wrong in `raw`.
#[derive(Default, Serialize)]
pub struct Raw {
    /// How many files are in which state.
    pub states: States,
    /// What is not read, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<lake::Unread>,
    /// Files that are gone and still count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<String>,
    /// Whether that is to be warned of.
    #[serde(skip)]
    pub alert: bool,
    /// Files that were gone and are excluded: a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// All of it.
    #[serde(skip)]
    pub found: Option<Inventory>,
}

impl Raw {
    /// Withdrawn files to warn of.
    fn alerts(&self) -> usize {
        if self.alert { self.withdrawn.len() } else { 0 }
    }
}

/// What an error concerns, where that is not everything.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Concerns {
    /// One file.
    File,
    /// All purchases: the operational database failed.
    Purchases,
}

/// A file whose processing ended with an error. It stays in `raw`, and the next run tries again.
#[derive(Serialize)]
pub struct Failed {
    pub path: String,
    pub concerns: Concerns,
    /// What happened and what to do.
    pub why: String,
}

impl Failed {
    pub fn new(path: &str, concerns: Concerns, error: &anyhow::Error) -> Self {
        Self { path: path.to_owned(), concerns, why: format!("{error:#}") }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not read: {}: {}", self.path, self.why)
    }
}

/// How much work it was.
#[derive(Serialize)]
pub struct Work {
    /// Source files opened.
    pub files_read: u64,
    /// Bytes of source and staged files.
    pub bytes_read: u64,
    pub parquet_files_read: u64,
    pub listings: u64,
    pub days_rebuilt: u64,
    /// Fact rows inserted.
    pub rows_written: u64,
    /// To the server of the warehouse; none where it is a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

impl Work {
    pub fn new(work: lake::Work, publish: Option<&build::Report>, sent: Option<Sent>) -> Self {
        let published = publish.map(|report| report.published).unwrap_or_default();
        Self {
            files_read: work.sources_read,
            bytes_read: work.bytes_read,
            parquet_files_read: work.parquet_files_read,
            listings: work.listings,
            days_rebuilt: published.days_replaced,
            rows_written: published.rows_inserted,
            sent,
        }
    }
}

/// Files that are shown one by one; of more, only those with refused rows.
const SHOWN: usize = 30;

impl Report {
    pub(super) fn ended(&self) -> Ended {
        let held_back = self.extract.as_ref().is_some_and(Extracted::is_held_back);
        if self.failed.iter().any(|failed| failed.concerns == Concerns::Purchases) {
            return Ended::Unreachable;
        }
        let needs = self.raw.states.needs_somebody(Some(&self.summary));
        let needs = needs || held_back || !self.failed.is_empty();
        if needs { Ended::WithRefusals } else { Ended::Well }
    }

    fn write_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.files.is_empty() {
            return Ok(());
        }
        let head = ["file", "outcome", "rows in", "staged", "refused", "duplicate", "seconds"];
        let mut table = Table::new(&head);
        let many = self.files.len() > SHOWN;
        let shown = |file: &&Ingested| !many || file.rows.refused > 0 || file.is_refused();
        let rows: Vec<&Ingested> = self.files.iter().filter(shown).take(SHOWN).collect();
        for file in &rows {
            let outcome = file.reason.map_or(file.outcome, |reason| reason.name());
            table.row(&[&file.path, outcome], &rows_of(file));
        }
        let sum = |of: fn(&Ingested) -> u64| self.files.iter().map(of).sum::<u64>();
        let total = [
            count(sum(|file| file.rows.read)),
            count(sum(|file| file.rows.staged)),
            count(sum(|file| file.rows.refused)),
            count(sum(|file| file.rows.duplicate)),
            seconds(sum(|file| file.duration_ms)),
        ];
        table.total(&[&of(self.files.len() as u64, "file"), ""], &total);
        writeln!(f, "{table}")?;
        if many {
            let (rows, files) = (rows.len(), count(self.files.len() as u64));
            writeln!(
                f,
                "({rows} of {files} files are shown: those that were rejected or have refused \
                 rows, {SHOWN} at most; --json shows all)\n"
            )?;
        }
        let mut reasons = std::collections::BTreeMap::new();
        for (reason, rows) in self.files.iter().flat_map(|file| &file.rows.refused_by_reason) {
            *reasons.entry(*reason).or_insert(0) += rows;
        }
        if !reasons.is_empty() {
            let list = reasons.iter().map(|(reason, rows)| format!("{reason} {}", count(*rows)));
            writeln!(f, "refused rows: {}\n", list.collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }

    fn write_publish(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(report) = &self.publish else { return writeln!(f, "nothing new to publish\n") };
        let published = report.published;
        writeln!(
            f,
            "publish {}: {} rebuilt, {} written, {} replaced, {} with updated spend",
            published.publish_id,
            of(published.days_replaced, "day"),
            of(published.rows_inserted, "fact"),
            count(published.rows_deleted),
            of(published.rows_respent, "row"),
        )?;
        if let Some(sent) = self.work.sent {
            let (rows, bytes) = (of(sent.rows, "row"), of(sent.bytes, "byte"));
            writeln!(f, "  sent to the warehouse  {rows}, {bytes}")?;
        }
        write_checks(f, &report.checks)?;
        let verdict = match self.raw.alerts() {
            0 => "ok".to_owned(),
            1 => "1 file is gone from raw and still counts".to_owned(),
            files => format!("{files} files are gone from raw and still count"),
        };
        writeln!(f, "  check {:<22} {verdict}", withdrawn::CHECK)?;
        if !report.superseded.is_empty() {
            let rows = report.superseded.values().sum::<u64>();
            writeln!(f, "  superseded: {}, their ids stand in greater paths", of(rows, "row"))?;
            for (path, rows) in report.superseded.iter().take(SHOWN) {
                writeln!(f, "    {path} {}", count(*rows))?;
            }
            if report.superseded.len() > SHOWN {
                let files = count(report.superseded.len() as u64);
                writeln!(f, "    ({SHOWN} of {files} files are shown; --json shows all)")?;
            }
        }
        for day in &report.refused_days {
            writeln!(f, "  {} is held back by {}: {}", day.day, day.check, day.detail)?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(erased) = &self.erased {
            writeln!(f, "{erased}")?;
        }
        if self.files.is_empty() && self.publish.is_none() {
            writeln!(f, "nothing changed\n")?;
        } else {
            self.write_files(f)?;
            if let Some(extract) = &self.extract {
                writeln!(f, "{extract} ({} s)\n", seconds(extract.duration_ms))?;
            }
            self.write_publish(f)?;
        }
        if let Some(Swept { parquet, quarantine }) = self.swept {
            let quarantine = of(quarantine, "quarantine file");
            writeln!(f, "swept: {}, {quarantine}\n", of(parquet, "staged file"))?;
        }
        for held in &self.summary.held_customers {
            writeln!(f, "{}\n", held_customer(held))?;
        }
        writeln!(f, "{}", numbers(&self.summary))?;
        writeln!(f, "files         {}", self.raw.states)?;
        writeln!(f, "lake          {}", self.lake)?;
        writeln!(f, "warehouse     {}", self.warehouse)?;
        writeln!(f, "refused rows  {}/quarantine", self.lake)
    }
}

/// A line for each check of days.
pub fn write_checks(f: &mut impl fmt::Write, checks: &[build::Checked]) -> fmt::Result {
    for build::Checked { check, held_days } in checks {
        let verdict = match held_days {
            0 => "ok".to_owned(),
            1 => "1 day keeps its last good rows".to_owned(),
            days => format!("{days} days keep their last good rows"),
        };
        writeln!(f, "  check {check:<22} {verdict}")?;
    }
    Ok(())
}

/// A customer who keeps his last total, with what to do.
pub fn held_customer(held: &HeldCustomer) -> String {
    let HeldCustomer { customer, publish_id, since, detail, .. } = held;
    format!(
        "customer {customer} has kept the last total since publish {publish_id} ({since}), {} is \
         not counted: {detail}",
        held.units()
    )
}

/// The numbers of the whole warehouse.
pub fn numbers(summary: &Summary) -> Table {
    let mut table = Table::new(&["warehouse", "rows"]);
    let days = match (summary.first_day, summary.last_day) {
        (Some(first), Some(last)) => format!("days, {first} to {last}"),
        _ => "days".to_owned(),
    };
    let positive = match summary.reviews {
        0 => 0.0,
        reviews => summary.positive_reviews as f64 / reviews as f64,
    };
    for (name, rows) in [
        ("fact_movie_analytics", summary.facts),
        (&format!("reviews counted, average score {positive:.3}"), summary.reviews),
        ("logs that wait for their review", summary.unmatched_logs),
        ("reviews staged but not counted", summary.uncounted_reviews),
        ("customers with reviews", summary.customers),
        ("customers with purchases", summary.buyers),
        (&days, summary.days),
    ] {
        table.row(&[name], &[count(rows)]);
    }
    for (dimension, members) in DIMENSIONS.iter().zip(summary.members) {
        table.row(&[&format!("{}s", dimension.label.to_lowercase())], &[count(members)]);
    }
    table
}

fn rows_of(file: &Ingested) -> [String; 5] {
    let rows = &file.rows;
    [
        count(rows.read),
        count(rows.staged),
        count(rows.refused),
        count(rows.duplicate),
        seconds(file.duration_ms),
    ]
}

pub fn seconds(ms: u64) -> String {
    format!("{:.2}", ms as f64 / 1_000.0)
}
