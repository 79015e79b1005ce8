//! Refused rows as they lie in quarantine, read back for people.

use arrow_array::{Array, RecordBatch, cast::AsArray, types::UInt64Type};
use futures_util::TryStreamExt;
use lake::Lake;
use pipeline::RowReason;

/// A refused row.
pub struct Row {
    /// Physical line of the file, from 1.
    pub line: u64,
    /// Name of the reason.
    pub reason: String,
    /// `None` where the whole row is to blame.
    pub column: Option<String>,
    /// Its text, protected; `None` where protection keeps none.
    pub text: Option<String>,
}

/// Hands the rows of a Parquet file within `quarantine` to `take`, until it wants no more.
pub async fn read(
    lake: &Lake,
    parquet: &str,
    mut take: impl FnMut(Row) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let mut batches = lake.read_quarantined(parquet).await?;
    while let Some(batch) = batches.try_next().await? {
        for row in rows(&batch) {
            if !take(row)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn rows(batch: &RecordBatch) -> impl Iterator<Item = Row> {
    let text = |name: &str| {
        let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        move |row: usize| column.filter(|column| column.is_valid(row)).map(|c| c.value(row))
    };
    let line = batch.column_by_name("line").and_then(|line| line.as_primitive_opt::<UInt64Type>());
    let (reason, column, raw) = (text("reason"), text("column"), text("raw"));
    (0..batch.num_rows()).map(move |row| Row {
        line: line.map_or(0, |line| line.value(row)),
        reason: reason(row).unwrap_or_default().to_owned(),
        column: column(row).map(str::to_owned),
        text: raw(row).map(str::to_owned),
    })
}

/// What should stand where a row was refused for this reason.
pub fn expected(reason: &str) -> &'static str {
    let known = RowReason::ALL.iter().find(|known| known.name() == reason);
    known.map_or("", |reason| reason.expected())
}

/// A text on one line of at most `most` characters.
pub fn shown(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = text.trim_end().chars().map(plain).collect();
    match line.chars().count() > most {
        true => line.chars().take(most - 1).chain(['\u{2026}']).collect(),
        false => line,
    }
}
