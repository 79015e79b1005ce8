//! What was refused: a page, CSV or JSON with the words of the command `refused`. Rows of purchases
//! have no text here: they name customers, and the page is for readers of numbers.

use std::collections::BTreeMap;

use anyhow::bail;
use pipeline::Dataset;
use tokio::time::timeout;

use super::{
    answer::Answer,
    numbers::{Format, csv_of, value},
    page,
};
use crate::{
    csv_text::no_formula,
    deps::Deps,
    quarantine::shown,
    reader::QUERY_TIMEOUT,
    refused::{COLUMNS, Entry, Refused},
    survey::{Inventory, inventory},
};

/// Rows on the page, and in the other formats: the command has all.
const MOST_SHOWN: usize = 200;
pub const MOST_ROWS: usize = 10_000;

/// Characters of a text; the command has all of it.
const MOST_TEXT: usize = 500;

/// What the page shows.
pub struct List {
    /// Which of them: a reason or a path; `None` for all.
    pub of: Option<String>,
    /// Refused rows of the files that count, and rejected files, by reason.
    pub rows: BTreeMap<&'static str, u64>,
    pub files: BTreeMap<&'static str, u64>,
    pub entries: Vec<Entry>,
    /// There are more.
    pub is_cut: bool,
}

/// Reads receipts, and quarantine as far as needed.
pub async fn answer(deps: &Deps, query: &str) -> anyhow::Result<Answer> {
    let format = match Format::parse(query) {
        None => None,
        Some(Ok(format @ (Format::Csv | Format::Json))) => Some(format),
        Some(_) => return Ok(Answer::problem("format is csv or json\n".to_owned())),
    };
    let of = value(query, "of").filter(|of| !of.is_empty());
    let most = if format.is_some() { MOST_ROWS } else { MOST_SHOWN };
    let list = match timeout(QUERY_TIMEOUT, list(deps, of, most)).await {
        Ok(list) => list?,
        Err(_) => bail!("the lake did not answer within {} s", QUERY_TIMEOUT.as_secs()),
    };
    let list = match list {
        Ok(list) => list,
        Err(problem) => return Ok(Answer::passing(404, page::unlisted(&problem))),
    };
    let body = match format {
        None => return Ok(Answer::passing(200, page::refused(&list))),
        Some(Format::Json) => serde_json::to_string(&list.entries)?,
        Some(_) => csv(list.entries),
    };
    Ok(Answer::data(200, format.map_or("", Format::content_type), body))
}

/// An inner error says that nothing is meant by `of`.
async fn list(
    deps: &Deps,
    of: Option<String>,
    most: usize,
) -> anyhow::Result<Result<List, String>> {
    let inventory = inventory(deps).await?;
    let (rows, files) = counts(&inventory);
    let refused = Refused::of(inventory);
    let wanted = match refused.wanted(of.clone()) {
        Ok(wanted) => wanted,
        Err(problem) => return Ok(Err(problem.0)),
    };
    let (mut entries, mut is_cut) = (Vec::new(), false);
    let take = |mut entry: Entry| {
        is_cut = entries.len() == most;
        if !is_cut {
            let is_named = Dataset::of_path(&entry.file) == Some(Dataset::UserPurchase);
            entry.text = entry.text.filter(|_| !is_named).map(|text| shown(&text, MOST_TEXT));
            entries.push(entry);
        }
        Ok(!is_cut)
    };
    refused.each(&deps.lake, &wanted, take).await?;
    Ok(Ok(List { of, rows, files, entries, is_cut }))
}

type Counts = BTreeMap<&'static str, u64>;

fn counts(inventory: &Inventory) -> (Counts, Counts) {
    let (mut rows, mut files) = (Counts::new(), Counts::new());
    for survey in &inventory.datasets {
        let by_reason = survey.with_refused_rows.iter().flat_map(|file| &file.by_reason);
        by_reason.for_each(|(reason, count)| *rows.entry(reason.name()).or_default() += count);
        let reasons = survey.refused.iter().filter_map(|file| file.reason);
        reasons.for_each(|reason| *files.entry(reason.name()).or_default() += 1);
    }
    (rows, files)
}

fn csv(entries: Vec<Entry>) -> String {
    let text = |text: Option<String>| text.map_or_else(String::new, |t| no_formula(&t).into());
    let rows =
        entries.into_iter().map(|Entry { file, reason, column, detail, text: raw, line }| {
            let texts = [Some(file), Some(reason), column, Some(detail), raw].map(text);
            let [file, reason, column, detail, raw] = texts;
            [file, reason, column, detail, raw, line.map_or_else(String::new, |n| n.to_string())]
        });
    csv_of([COLUMNS[0], COLUMNS[1], COLUMNS[2], COLUMNS[3], COLUMNS[4], COLUMNS[5]], rows)
}
