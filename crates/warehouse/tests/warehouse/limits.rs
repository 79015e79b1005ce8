//! One list of limits: the columns of both warehouses are exactly those it names, their types hold
//! what it allows, and the conformance suite drives each to its limit.

use std::collections::BTreeMap;

use pipeline::{
    Day,
    dimensions::{DIMENSIONS, daily},
    limits::{AMOUNT_DIGITS, AMOUNT_E5, DIMENSION, Limit, TABLES, days, units},
};
use rusqlite::{Connection, types::Value};
use warehouse::{conformance::every_column_takes_its_limit, sqlite::Sqlite, sqlserver::Schemas};

/// What is no part of the model: the warehouse's own version.
const OWN: [&str; 1] = ["schema_version"];

/// Limits by table and column.
fn limits() -> BTreeMap<(String, String), Limit> {
    let mut limits = BTreeMap::new();
    let mut add = |table: &str, column: &str, limit: &Limit| {
        limits.insert((table.to_owned(), column.to_owned()), limit.clone());
    };
    for table in TABLES {
        table.columns.iter().for_each(|(column, limit)| add(table.name, column, limit));
    }
    for dimension in &DIMENSIONS {
        let [key, text] = &DIMENSION;
        add(dimension.table, dimension.key, key);
        add(dimension.table, dimension.name, text);
        add("fact_movie_analytics", dimension.key, key);
    }
    daily().for_each(|dimension| add("agg_daily", dimension.key, &DIMENSION[0]));
    limits
}

/// Columns of all tables that the migrations of SQL Server make, with their types.
fn declared() -> BTreeMap<(String, String), String> {
    columns_of(&Schemas::default().script())
}

fn columns_of(script: &str) -> BTreeMap<(String, String), String> {
    let mut columns = BTreeMap::new();
    for statement in script.split("\nGO\n") {
        let words: Vec<&str> = statement.split_whitespace().collect();
        let table = |before: &str| {
            let at = statement.find(before)? + before.len();
            let name = statement[at..].split([' ', '(']).next()?;
            Some(name.rsplit('.').next()?.to_owned())
        };
        if let Some(table) = table("ALTER TABLE ") {
            let after = |some: &[&str]| {
                let at = words.windows(some.len()).position(|words| words == some)?;
                Some(&words[at + some.len()..])
            };
            match (after(&["DROP", "COLUMN"]), after(&["ADD"])) {
                (Some([column, ..]), _) => {
                    columns.remove(&(table, column.trim_end_matches(';').to_owned()));
                }
                (_, Some([column, kind, ..])) => {
                    columns.insert((table, (*column).to_owned()), (*kind).to_owned());
                }
                _ => panic!("this test knows DROP COLUMN and ADD only: {statement}"),
            }
        } else if let Some(table) = table("CREATE TABLE ") {
            let Some((_, body)) = statement.split_once("(\n") else { continue };
            // Columns stand four spaces in, what belongs to one of them further.
            for line in
                body.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "))
            {
                let line = line.trim();
                let Some((column, rest)) = line.split_once(' ') else { continue };
                if column != "CONSTRAINT" {
                    let kind = rest.trim_start();
                    let end = match kind.find('(') {
                        Some(open) if !kind[..open].contains(' ') => kind.find(')').unwrap() + 1,
                        _ => kind.find([' ', ',']).unwrap_or(kind.len()),
                    };
                    columns.insert((table.clone(), column.to_owned()), kind[..end].to_owned());
                }
            }
        }
    }
    columns.retain(|(table, _), _| !OWN.contains(&table.as_str()));
    columns
}

/// Whether a column of this type holds everything that the limit allows.
fn holds(kind: &str, limit: &Limit) -> bool {
    let (name, arguments) = kind.split_once('(').unwrap_or((kind, ""));
    let arguments: Vec<&str> = arguments.trim_end_matches(')').split(',').map(str::trim).collect();
    let whole = |least: i64, greatest: i64| match limit {
        Limit::Whole(range) => *range.start() >= least && *range.end() <= greatest,
        Limit::Counted32 => true,
        Limit::Counted64 => greatest == i64::MAX,
        _ => false,
    };
    match (name, limit) {
        ("int", _) => whole(i32::MIN.into(), i32::MAX.into()),
        ("bigint", _) => whole(i64::MIN, i64::MAX),
        ("nvarchar", Limit::Text(_) | Limit::Document) if arguments == ["max"] => true,
        ("nvarchar", Limit::Text(most)) => arguments[0].parse::<usize>().unwrap() >= *most,
        ("decimal", Limit::Amount) => {
            let (digits, scale) = AMOUNT_DIGITS;
            arguments == [digits.to_string(), scale.to_string()]
                && AMOUNT_E5 < 10_i64.pow(digits.into())
        }
        ("date", Limit::Date) | ("datetime2", Limit::Time) => true,
        _ => false,
    }
}

/// What does not agree with the list.
fn problems(declared: &BTreeMap<(String, String), String>) -> Vec<String> {
    let limits = limits();
    let mut problems = Vec::new();
    for ((table, column), kind) in declared {
        match limits.get(&(table.clone(), column.clone())) {
            None => problems.push(format!("{table}.{column} has no limit")),
            Some(limit) if !holds(kind, limit) => {
                problems.push(format!("{table}.{column} {kind} does not hold {limit:?}"));
            }
            Some(_) => {}
        }
    }
    let gone = limits.keys().filter(|column| !declared.contains_key(*column));
    problems.extend(gone.map(|(table, column)| format!("there is no {table}.{column}")));
    problems
}

#[test]
fn every_column_of_sql_server_has_a_limit_and_holds_it() {
    let declared = declared();
    assert!(declared.len() > 70, "{declared:#?}");
    assert_eq!(problems(&declared), [""; 0]);
}

#[test]
fn a_column_without_a_limit_or_too_narrow_for_it_is_noticed() {
    let script = Schemas::default().script();
    for (from, to, expected) in [
        ("check_name  nvarchar(100)", "check_name  nvarchar(39)", "nvarchar(39) does not hold"),
        ("season      nvarchar(6)", "season      nvarchar(5)", "nvarchar(5) does not hold"),
        ("receipt        bigint", "receipt        int", "load_history.receipt int does not hold"),
        ("decimal(18, 5)", "decimal(17, 5)", "decimal(17, 5) does not hold Amount"),
        ("    matched     bigint", "    more int NOT NULL,\n    matched     bigint", "more has no"),
        ("    unmatched   bigint NOT NULL\n", "", "there is no day_total.unmatched"),
    ] {
        assert!(script.contains(from), "{from}");
        let problems = problems(&columns_of(&script.replace(from, to)));
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{to}: {problems:?}");
    }
}

/// Least and greatest value, or the greatest length, as the limit has it.
fn reached(values: &[Value], limit: &Limit) -> Result<(), String> {
    let texts = || {
        values.iter().filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    };
    let numbers = || {
        values.iter().filter_map(|value| match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        })
    };
    let range = || numbers().min().zip(numbers().max());
    let found = match limit {
        Limit::Text(most) => {
            let longest = texts().map(units).max();
            (longest == Some(*most), format!("{longest:?}"))
        }
        Limit::Whole(limit) => {
            (range() == Some((*limit.start(), *limit.end())), format!("{:?}", range()))
        }
        Limit::Amount => (range() == Some((-AMOUNT_E5, AMOUNT_E5)), format!("{:?}", range())),
        Limit::Date => {
            let found = (texts().min(), texts().max());
            let [first, last] = days().map(|day: Day| day.to_string());
            (found == (Some(&first), Some(&last)), format!("{found:?}"))
        }
        Limit::Time => {
            (texts().max() == Some("9999-12-31T23:59:59Z"), format!("{:?}", texts().max()))
        }
        // They count by themselves, or have no limit.
        Limit::Counted32 | Limit::Counted64 | Limit::Document => (true, String::new()),
    };
    if found.0 { Ok(()) } else { Err(found.1) }
}

/// Names of a closed list are shorter than their columns may be, and so are hashes; `absorbed_at` is
/// the clock's.
const SHORTER: [&str; 6] = ["dataset", "state", "reason", "check_name", "season", "absorbed_at"];

#[tokio::test]
async fn the_suite_drives_every_column_of_sqlite_to_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("warehouse.db");
    every_column_takes_its_limit(&|| Box::new(Sqlite::new(&file))).await.unwrap();
    let connection = Connection::open(&file).unwrap();
    let mut missed = Vec::new();
    for ((table, column), limit) in limits() {
        let is_star = table.starts_with("dim_")
            || ["fact_movie_analytics", "customer_spend", "agg_daily"].contains(&table.as_str());
        let prefix = if is_star { "" } else { "ops_" };
        let suffix = if limit == Limit::Amount { "_e5" } else { "" };
        let statement = format!("SELECT {column}{suffix} FROM {prefix}{table}");
        let mut statement = connection.prepare(&statement).unwrap();
        let values: Result<Vec<Value>, _> =
            statement.query_map([], |row| row.get(0)).unwrap().collect();
        let values = values.unwrap();
        assert!(!values.is_empty(), "{table} has no row");
        if let Err(found) = reached(&values, &limit)
            && !SHORTER.contains(&column.as_str())
        {
            missed.push(format!("{table}.{column}: {found} of {limit:?}"));
        }
    }
    assert_eq!(missed, [""; 0]);
}
