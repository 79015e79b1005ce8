//! `refused`: rows in quarantine and rejected files, one by one.

use std::io::{self, BufWriter};

use clap::Args;
use pipeline::{FileReason, RowReason};

use super::{
    Ended,
    places::Places,
    quarantine,
    sheet::{Cell, Format, Sheet, unless_closed},
};
use crate::{
    deps::Deps,
    replay::BadRequest,
    survey::{Inventory, inventory},
};

const COLUMNS: &[&str] = &["file", "reason", "column", "detail", "text", "line"];

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    pub places: Places,
    /// A file or folder below raw, or a reason such as not_an_integer; without it, everything.
    #[arg(value_name = "FILE|REASON")]
    what: Option<String>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What to show.
enum Wanted {
    All,
    Reason(String),
    Below(String),
}

/// A file with something refused, as its receipt has it.
struct Refused {
    path: String,
    /// Of a rejected file: reason and detail.
    file: Option<(&'static str, String)>,
    quarantine: Option<String>,
}

pub async fn command(deps: &Deps, what: Option<String>, format: Format) -> anyhow::Result<Ended> {
    let files = refused(inventory(deps).await?);
    let wanted = Wanted::of(what, &files)?;
    let out = BufWriter::new(io::stdout().lock());
    match print(deps, files, &wanted, Sheet::new(out, format, COLUMNS)?).await {
        Ok(0) if format == Format::Table => super::print("nothing is refused"),
        Ok(_) => {}
        Err(error) => unless_closed(error)?,
    }
    Ok(Ended::Well)
}

impl Options {
    pub fn split(self) -> (Places, Option<String>, Format) {
        (self.places, self.what, self.format)
    }
}

impl Wanted {
    fn of(what: Option<String>, files: &[Refused]) -> Result<Self, BadRequest> {
        let Some(what) = what else { return Ok(Self::All) };
        let rows = RowReason::ALL.iter().map(|reason| reason.name());
        let mut reasons = rows.chain(FileReason::ALL.iter().map(|reason| reason.name()));
        if reasons.any(|reason| reason == what) {
            return Ok(Self::Reason(what));
        }
        let path = what.strip_prefix("raw/").unwrap_or(&what).trim_end_matches('/').to_owned();
        let below = Self::Below(path);
        match files.iter().any(|file| below.has_file(&file.path)) {
            true => Ok(below),
            false => Err(BadRequest(format!(
                "`{}` is no reason, and no file of that name has anything refused",
                what.escape_debug()
            ))),
        }
    }

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

fn refused(inventory: Inventory) -> Vec<Refused> {
    let mut files = Vec::new();
    for survey in inventory.datasets {
        files.extend(survey.refused.into_iter().map(|file| Refused {
            path: file.path,
            file: file.reason.map(|reason| (reason.name(), file.detail.unwrap_or_default())),
            quarantine: file.quarantine,
        }));
        files.extend(survey.with_refused_rows.into_iter().map(|file| Refused {
            path: file.path,
            file: None,
            quarantine: file.quarantine,
        }));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

async fn print<W: io::Write>(
    deps: &Deps,
    files: Vec<Refused>,
    wanted: &Wanted,
    mut sheet: Sheet<W>,
) -> anyhow::Result<u64> {
    for Refused { path, file, quarantine } in files {
        if !wanted.has_file(&path) {
            continue;
        }
        let text = |text: &str| Cell::Text(text.to_owned());
        if let Some((reason, detail)) = file.filter(|(reason, _)| wanted.has_reason(reason)) {
            let cells = [text(&path), text(reason), Cell::Empty, Cell::Text(detail)];
            let cells = cells.into_iter().chain([Cell::Empty, Cell::Empty]);
            sheet.row(&cells.collect::<Vec<_>>())?;
        }
        let Some(parquet) = quarantine else { continue };
        quarantine::read(&deps.lake, &parquet, |row| {
            if wanted.has_reason(&row.reason) {
                let detail = quarantine::expected(&row.reason);
                sheet.row(&[
                    text(&path),
                    text(&row.reason),
                    row.column.into(),
                    Cell::Text(format!("expected {detail}")),
                    row.text.into(),
                    Cell::Number(row.line.to_string()),
                ])?;
            }
            Ok(true)
        })
        .await?;
    }
    Ok(sheet.finish()?)
}
