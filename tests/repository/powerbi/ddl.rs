//! Reads tables from the warehouse's migrations for SQL Server.

use std::collections::BTreeMap;

use crate::read::{files, read};

#[derive(Debug, Default)]
pub struct Column {
    /// As the model calls it.
    pub kind: &'static str,
    pub is_key: bool,
    /// Of that key, or unique by itself.
    pub is_unique: bool,
    /// Table and column that it names.
    pub references: Option<(String, String)>,
}

/// All migrations, in order.
pub fn text() -> String {
    files("sql/sqlserver/migrations").into_iter().map(read).collect()
}

/// Columns of every table of the schema `dw`. A table may be made anew, and get more columns by
/// `ALTER TABLE $(dw).NAME ADD` with each on a line of its own.
pub fn tables() -> BTreeMap<String, BTreeMap<String, Column>> {
    let mut tables: BTreeMap<String, BTreeMap<String, Column>> = BTreeMap::new();
    for statement in text().split("\nGO\n") {
        if let Some((_, table)) = statement.split_once("CREATE TABLE $(dw).") {
            let (name, rest) = table.split_once(" (\n").unwrap();
            tables.insert(name.to_owned(), columns(rest.split("\n);").next().unwrap()));
        }
        if let Some((_, table)) = statement.split_once("ALTER TABLE $(dw).")
            && let Some((name, rest)) = table.split_once(" ADD\n")
        {
            tables.get_mut(name).unwrap().append(&mut columns(rest.trim_end_matches([';', '\n'])));
        }
    }
    tables
}

fn columns(body: &str) -> BTreeMap<String, Column> {
    let mut columns: BTreeMap<String, Column> = BTreeMap::new();
    // A line that begins with CONSTRAINT belongs to the column before, unless it closes the table.
    let mut current = String::new();
    for line in body.lines().map(|line| line.split("--").next().unwrap().trim()) {
        if line.is_empty() || line.starts_with("CONSTRAINT pk_") || line.starts_with("id_dim_date,")
        {
            continue;
        }
        if !line.starts_with("CONSTRAINT") && line != ")" {
            let (name, rest) = line.split_once(' ').unwrap();
            current = name.to_owned();
            let column = Column { kind: kind(rest.trim()), ..Column::default() };
            columns.insert(current.clone(), column);
        }
        let Some(column) = columns.get_mut(&current) else { continue };
        column.is_key |= line.contains(" PRIMARY KEY");
        column.is_unique |= line.contains(" PRIMARY KEY") || line.contains(" UNIQUE");
        if let Some((_, named)) = line.split_once("REFERENCES $(dw).") {
            let (table, rest) = named.split_once(" (").unwrap();
            let key = rest.split(')').next().unwrap();
            column.references = Some((table.to_owned(), key.to_owned()));
        }
    }
    columns
}

/// The model's type for one of SQL Server. Money has five digits there and four here, which is
/// enough: it is a sum of whole quantities times prices of three digits.
fn kind(sql: &str) -> &'static str {
    let known = [
        ("int ", "int64"),
        ("bigint ", "int64"),
        ("date ", "dateTime"),
        ("datetime2(0) ", "dateTime"),
        ("nvarchar(", "string"),
        ("decimal(18, 5) ", "decimal"),
    ];
    let found = known.iter().find(|(head, _)| sql.starts_with(head));
    found.unwrap_or_else(|| panic!("which type of the model is `{sql}`?")).1
}
