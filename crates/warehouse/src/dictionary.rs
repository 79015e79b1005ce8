//! The data dictionary: what each column of the star schema holds. `docs/DATA.md` and the
//! dashboard show this table; tests hold both, the schema of SQL Server and the model of Power BI
//! against it.

use pipeline::dimensions::{DIMENSIONS, Dimension};
use serde::Serialize;

/// A table or view.
#[derive(Debug, Serialize)]
pub struct Table {
    /// In SQL; on SQL Server in the schema `dw`.
    pub name: &'static str,
    /// What one row is.
    pub grain: String,
    /// In the order of the table.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Serialize)]
pub struct Column {
    /// In SQL.
    pub name: &'static str,
    /// What kind of values it has.
    pub kind: Kind,
    /// What it says.
    pub about: String,
}

/// A kind of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A whole number.
    Whole,
    /// A number with five decimals.
    Decimal,
    /// A text.
    Text,
    /// A day, or a moment in UTC.
    Time,
}

impl Kind {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole number",
            Self::Decimal => "decimal number",
            Self::Text => "text",
            Self::Time => "date or time",
        }
    }
}

/// The facts, their dimensions, and the spend of customers.
pub fn tables() -> Vec<Table> {
    let mut tables = vec![facts(), date()];
    tables.extend(DIMENSIONS.iter().map(dimension));
    tables.push(table(
        "customer_spend",
        "One row per customer with purchases, with reviews or without.",
        vec![
            column("customerid", Kind::Whole, "Customer who bought."),
            column(
                "amount_spent",
                Kind::Decimal,
                "Quantity times price over all purchases of the customer, refunds included.",
            ),
            column("purchase_count", Kind::Whole, "Rows of purchases of the customer."),
        ],
    ));
    tables
}

fn facts() -> Table {
    let key = |name, table| column(name, Kind::Whole, format!("Key of {table}."));
    let mut columns = vec![
        column("customerid", Kind::Whole, "Customer who wrote the reviews."),
        key("id_dim_date", "dim_date"),
    ];
    columns.extend(DIMENSIONS.iter().map(|dimension| key(dimension.key, dimension.table)));
    columns.extend([
        column(
            "amount_spent",
            Kind::Decimal,
            "Total spend of the customer, repeated on every row of that customer: never sum it over \
             rows, see Total Spend.",
        ),
        column("review_score", Kind::Whole, "Positive reviews of the row."),
        column("review_count", Kind::Whole, "Reviews of the row."),
        column("insert_date", Kind::Time, "When the row was published, in UTC."),
    ]);
    let grain = "One row per customer, date and member of every dimension.";
    table("fact_movie_analytics", grain, columns)
}

fn date() -> Table {
    let whole = |name, about| column(name, Kind::Whole, about);
    let columns = vec![
        whole("id_dim_date", "Day as yyyymmdd."),
        column("log_date", Kind::Time, "Day of the review."),
        whole("day", "Day of the month."),
        whole("month", "Month, 1 to 12."),
        whole("year", "Year."),
        column(
            "season",
            Kind::Text,
            "Winter from December, Spring from March, Summer from June, Fall from September.",
        ),
    ];
    table("dim_date", "One row per day with reviews.", columns)
}

fn dimension(dimension: &Dimension) -> Table {
    let columns = vec![
        column(dimension.key, Kind::Whole, "Key, which never changes."),
        column(dimension.name, Kind::Text, dimension.about),
    ];
    table(dimension.table, format!("One row per {}.", dimension.label.to_lowercase()), columns)
}

fn table(name: &'static str, grain: impl Into<String>, columns: Vec<Column>) -> Table {
    Table { name, grain: grain.into(), columns }
}

fn column(name: &'static str, kind: Kind, about: impl Into<String>) -> Column {
    Column { name, kind, about: about.into() }
}

/// As a section of a Markdown document.
pub fn markdown() -> String {
    let mut text = String::new();
    for Table { name, grain, columns } in tables() {
        text += &format!(
            "\n### {name}\n\n{grain}\n\n| column | kind | what it holds |\n|---|---|---|\n"
        );
        for Column { name, kind, about } in columns {
            text += &format!("| `{name}` | {} | {about} |\n", kind.name());
        }
    }
    text
}
