//! Rows of `#staged_row`: all of a publish but its facts and spend, in one load.

use pipeline::facts::DayTotal;
use tiberius::{ColumnData, IntoSql};

/// Columns in the order of the table, with the type that is sent.
macro_rules! columns {
    ($($column:ident: $kind:ty,)*) => {
        /// A column of `#staged_row`.
        #[derive(Clone, Copy)]
        #[allow(non_camel_case_types, reason = "named as in the table")]
        pub(super) enum Column { $($column,)* }

        /// How many columns there are.
        pub(super) const WIDTH: usize = [$(stringify!($column)),*].len();

        fn empty() -> [ColumnData<'static>; WIDTH] {
            [$(None::<$kind>.into_sql()),*]
        }

        #[cfg(test)]
        const NAMES: [&str; WIDTH] = [$(stringify!($column)),*];
    };
}

columns! {
    kind: String,
    id_dim_date: i32,
    log_date: String,
    day: i32,
    month: i32,
    year: i32,
    season: String,
    matched: i64,
    unmatched: i64,
    dimension: i32,
    code: i32,
    text: String,
    path: String,
    receipt: i64,
    dataset: String,
    state: String,
    etag: String,
    recipe: String,
    content_hash: String,
    parquet: String,
    rows_read: i64,
    rows_staged: i64,
    rows_refused: i64,
    rows_duplicate: i64,
    min_id: i64,
    max_id: i64,
    written_at: String,
    source_at: String,
    reason: String,
    detail: String,
}

/// A row, of which only the columns of its kind are filled.
#[derive(Clone)]
pub(super) struct StagedRow([ColumnData<'static>; WIDTH]);

impl StagedRow {
    /// A row of one of the kinds that the table names.
    pub(super) fn new(kind: &'static str) -> Self {
        Self(empty()).with(Column::kind, kind.to_owned())
    }

    /// With this value, which has the type of its column.
    pub(super) fn with(mut self, column: Column, value: impl IntoSql<'static>) -> Self {
        self.0[column as usize] = value.into_sql();
        self
    }

    /// In the order of the table.
    pub(super) fn into_columns(self) -> [ColumnData<'static>; WIDTH] {
        self.0
    }

    /// A day that is replaced.
    pub(super) fn day(total: &DayTotal) -> Self {
        let (year, month, day) = total.day.ymd();
        Self::new("day")
            .with(Column::id_dim_date, total.day.key())
            .with(Column::log_date, format!("{year:04}-{month:02}-{day:02}"))
            .with(Column::day, day as i32)
            .with(Column::month, month as i32)
            .with(Column::year, year)
            .with(Column::season, total.day.season().to_owned())
            .with(Column::matched, total.matched as i64)
            .with(Column::unmatched, total.unmatched as i64)
    }

    /// A text that facts use, dimensions counted from 1.
    pub(super) fn text(dimension: usize, code: u32, text: String) -> Self {
        Self::new("text")
            .with(Column::dimension, dimension as i32)
            .with(Column::code, code as i32)
            .with(Column::text, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and types of the columns of a temporary table.
    fn declared(table: &str) -> Vec<(String, String)> {
        let (_, rest) =
            sql!("staging/make").split_once(&format!("CREATE TABLE {table} (\n")).unwrap();
        let columns = rest.split_once("\n);").unwrap().0.lines();
        columns
            .map(|line| {
                let mut words = line.trim().trim_end_matches(',').split_whitespace();
                let (name, kind) = (words.next().unwrap(), words.next().unwrap());
                (name.to_owned(), kind.to_owned())
            })
            .collect()
    }

    #[test]
    fn columns_stand_in_the_order_of_the_table_with_its_types() {
        let declared = declared("#staged_row");
        let names: Vec<_> = declared.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, NAMES);
        for (value, (name, kind)) in empty().iter().zip(&declared) {
            let fits = match value {
                ColumnData::I32(None) => kind == "int",
                ColumnData::I64(None) => kind == "bigint",
                ColumnData::String(None) => kind.starts_with("nvarchar("),
                _ => false,
            };
            assert!(fits, "{name} {kind}: {value:?}");
        }
    }

    /// The driver sends a decimal in as many bytes as its value needs, of which some servers read
    /// too many, and doubles the length of texts: over 2,000 they would be declared `(max)`.
    #[test]
    fn bulk_load_fills_only_types_that_every_server_reads_alike() {
        for table in ["#staged_fact", "#staged_row", "#staged_spend"] {
            for (name, kind) in declared(table) {
                let length = kind.strip_prefix("nvarchar(").and_then(|rest| rest.strip_suffix(')'));
                let fits = match length {
                    Some("max") => name == "detail",
                    Some(length) => length.parse::<u32>().unwrap() <= 2_000,
                    None => ["bigint", "int", "bit", "date"].contains(&kind.as_str()),
                };
                assert!(fits, "{table}.{name} {kind}");
            }
        }
    }
}
