//! Refused rows and rejected files, one by one: for the command `refused` and for the page.

use lake::Lake;
use pipeline::{FileReason, RefusedRow, RowReason};
use serde::Serialize;

use crate::{quarantine, replay::BadRequest, survey::Inventory};

/// Names of the members of an [`Entry`].
pub const COLUMNS: &[&str] = &["file", "reason", "column", "detail", "text", "line"];

/// A refused row, or a rejected file.
#[derive(Serialize)]
pub struct Entry {
    /// Name of the blob within `raw`.
    pub file: String,
    pub reason: String,
    /// `None` where no single column is to blame.
    pub column: Option<String>,
    /// What was found in a file, or expected in a row.
    pub detail: String,
    /// Of a row, protected; `None` where protection keeps none.
    pub text: Option<String>,
    /// Physical line, from 1; `None` of a file.
    pub line: Option<u64>,
}

/// Which of them.
pub enum Wanted {
    All,
    Reason(String),
    /// A file, or those of a folder.
    Below(String),
}

/// What has receipts with refusals.
pub struct Refused(Vec<File>);

struct File {
    path: String,
    /// Of a rejected file: reason and detail.
    rejected: Option<(&'static str, String)>,
    quarantine: Option<String>,
    /// What its receipt keeps of the first rows.
    first_rows: Vec<RefusedRow>,
}

impl Wanted {
    fn has_file(&self, path: &str) -> bool {
        match self {
            Self::Below(of) => {
                let rest = path.strip_prefix(of.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Self::All | Self::Reason(_) => true,
        }
    }

    fn has_reason(&self, name: &str) -> bool {
        !matches!(self, Self::Reason(reason) if reason != name)
    }
}

impl Refused {
    pub fn of(inventory: Inventory) -> Self {
        let mut files = Vec::new();
        for survey in inventory.datasets {
            files.extend(survey.refused.into_iter().map(|file| File {
                path: file.path,
                rejected:
                    file.reason.map(|reason| (reason.name(), file.detail.unwrap_or_default())),
                quarantine: file.quarantine,
                first_rows: file.first_rows,
            }));
            files.extend(survey.with_refused_rows.into_iter().map(|file| File {
                path: file.path,
                rejected: None,
                quarantine: file.quarantine,
                first_rows: file.first_rows,
            }));
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self(files)
    }

    /// Those that a reason or a path means; everything where there is neither.
    pub fn wanted(&self, what: Option<String>) -> Result<Wanted, BadRequest> {
        let Some(what) = what else { return Ok(Wanted::All) };
        let rows = RowReason::ALL.iter().map(|reason| reason.name());
        let mut reasons = rows.chain(FileReason::ALL.iter().map(|reason| reason.name()));
        if reasons.any(|reason| reason == what) {
            return Ok(Wanted::Reason(what));
        }
        let path = what.strip_prefix("raw/").unwrap_or(&what).trim_end_matches('/').to_owned();
        let below = Wanted::Below(path);
        match self.0.iter().any(|file| below.has_file(&file.path)) {
            true => Ok(below),
            false => Err(BadRequest(format!(
                "`{}` is no reason, and no file of that name has anything refused",
                what.escape_debug()
            ))),
        }
    }

    /// Hands them to `take` by file, until it wants no more. Of rows that have left quarantine, it gets
    /// those that the receipt has.
    pub async fn each(
        self,
        lake: &Lake,
        wanted: &Wanted,
        mut take: impl FnMut(Entry) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        for File { path, rejected, quarantine, first_rows } in self.0 {
            if !wanted.has_file(&path) {
                continue;
            }
            let mut goes_on = true;
            if let Some((reason, detail)) = rejected.filter(|(name, _)| wanted.has_reason(name)) {
                let (file, reason) = (path.clone(), reason.to_owned());
                goes_on =
                    take(Entry { file, reason, column: None, detail, text: None, line: None })?;
            }
            let mut give = |row: quarantine::Row, expected: &str| {
                if goes_on && wanted.has_reason(&row.reason) {
                    let quarantine::Row { line, reason, column, text } = row;
                    let (file, line) = (path.clone(), Some(line));
                    let detail = format!("expected {expected}");
                    goes_on = take(Entry { file, reason, column, detail, text, line })?;
                }
                Ok(goes_on)
            };
            if let Some(parquet) = quarantine {
                let read = quarantine::read(lake, &parquet, |row| {
                    let expected = quarantine::expected(&row.reason);
                    give(row, expected)
                });
                match read.await {
                    Err(error) if has_left(&error) => {
                        for RefusedRow { line, reason, column, expected } in first_rows {
                            let reason = reason.name().to_owned();
                            give(quarantine::Row { line, reason, column, text: None }, &expected)?;
                        }
                    }
                    read => read?,
                }
            }
            if !goes_on {
                break;
            }
        }
        Ok(())
    }
}

/// Quarantine keeps rows for `RETENTION_DAYS`.
fn has_left(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<lake::Error>(), Some(lake::Error::Missing { .. }))
}
