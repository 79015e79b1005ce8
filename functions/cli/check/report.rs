//! What `check` says of each file.

use std::fmt;

use lake::{Receipt, Refusal, Rows, State};
use pipeline::{Dataset, RefusedRow};
use serde::Serialize;

use crate::{number::of, quarantine::shown};

/// Characters of a refused row that fit beside an indent in 80 columns.
const WIDTH: usize = 72;

#[derive(Serialize)]
pub struct Report {
    pub files: Vec<Checked>,
}

/// One file, read as the app would.
#[derive(Serialize)]
pub struct Checked {
    pub file: String,
    /// `None` where nobody can tell.
    pub dataset: Option<Dataset>,
    /// `accepted`, `rejected`, or `not_read`.
    pub outcome: &'static str,
    /// Why it is not accepted.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Why it would not even be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    pub rows: Rows,
    /// Columns that the contract does not know; they are left out.
    pub extra_columns: Vec<String>,
    pub first_rows: Vec<Row>,
}

/// One of the first refused rows.
#[derive(Serialize)]
pub struct Row {
    #[serde(flatten)]
    pub row: RefusedRow,
    /// Protected; `None` where protection keeps none.
    pub text: Option<String>,
}

impl Checked {
    pub fn unread(file: String, dataset: Option<Dataset>, problem: String) -> Self {
        Self {
            file,
            dataset,
            outcome: "not_read",
            refusal: None,
            problem: Some(problem),
            rows: Rows::default(),
            extra_columns: Vec::new(),
            first_rows: Vec::new(),
        }
    }

    /// `texts`: of the first refused rows, in order.
    pub fn of(file: String, receipt: Receipt, texts: Vec<Option<String>>) -> Self {
        let texts = texts.into_iter().chain(std::iter::repeat(None));
        let first = receipt.first_refused.into_iter().zip(texts);
        Self {
            file,
            dataset: Some(receipt.dataset),
            outcome: if receipt.state == State::Accepted { "accepted" } else { "rejected" },
            refusal: receipt.refusal,
            problem: None,
            rows: receipt.rows,
            extra_columns: receipt.extra_columns,
            first_rows: first.map(|(row, text)| Row { row, text }).collect(),
        }
    }

    fn is_good(&self) -> bool {
        self.outcome == "accepted" && self.rows.refused == 0
    }
}

impl Report {
    /// Whether every row of every file would be staged.
    pub fn is_good(&self) -> bool {
        self.files.iter().all(Checked::is_good)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.iter().try_for_each(|file| file.fmt(f))
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, outcome, rows, .. } = self;
        let dataset = self.dataset.map_or("no dataset", Dataset::raw_folder);
        writeln!(f, "{file}: {}, {dataset}", outcome.replace('_', " "))?;
        if let Some(Refusal { reason, detail }) = &self.refusal {
            writeln!(f, "  {reason}: {detail}")?;
        }
        if let Some(problem) = &self.problem {
            writeln!(f, "  {problem}")?;
        }
        if *outcome == "accepted" {
            let Rows { read, staged, refused, duplicate, .. } = rows;
            let read = of(*read, "row");
            writeln!(f, "  {read}: {staged} staged, {refused} refused, {duplicate} duplicate")?;
        }
        for (reason, rows) in &rows.refused_by_reason {
            writeln!(f, "  {reason}: {}", of(*rows, "row"))?;
        }
        for Row { row, text } in &self.first_rows {
            writeln!(f, "  {row}")?;
            if let Some(text) = text {
                writeln!(f, "      {}", shown(text, WIDTH))?;
            }
        }
        if rows.refused > self.first_rows.len() as u64 {
            writeln!(f, "  (the first {} refused rows are shown)", self.first_rows.len())?;
        }
        if !self.extra_columns.is_empty() {
            writeln!(f, "  columns that are not read: {}", self.extra_columns.join(", "))?;
        }
        Ok(())
    }
}
