//! The measures against the golden numbers that the built-in page is held against too, over the
//! warehouse that `movie-analytics demo` makes.

use std::{collections::BTreeMap, path::Path, process::Command};

use rusqlite::{Connection, types::Value as Cell};
use serde_json::Value;

use super::{dax::Dax, tmdl};
use crate::read::json;

/// Groups of the golden file and the columns of the model that they are by.
const GROUPS: [(&str, &str, &str); 5] = [
    ("by_os", "dim_os", "os"),
    ("by_device", "dim_devices", "device"),
    ("by_location", "dim_location", "location"),
    ("by_date", "dim_date", "log_date"),
    ("by_season", "dim_date", "season"),
];

/// The demo's warehouse, with its tables as the model sees them: money as numbers.
fn warehouse(folder: &Path) -> Connection {
    let program = env!("CARGO_BIN_EXE_movie-analytics");
    let demo = Command::new(program).args(["demo", "--dir"]).arg(folder).output().unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let connection = Connection::open(folder.join("warehouse.db")).unwrap();
    for table in ["fact_movie_analytics", "customer_spend"] {
        let view = format!(
            "CREATE TEMP VIEW {table} AS \
             SELECT *, amount_spent_e5 / 100000.0 AS amount_spent FROM main.{table}"
        );
        connection.execute_batch(&view).unwrap();
    }
    connection
}

fn measures() -> BTreeMap<String, Dax> {
    let tables = tmdl::tables().into_values();
    let measures = tables.flat_map(|table| table.measures);
    measures.map(|(name, measure)| (name, Dax::read(&measure.expression.unwrap()))).collect()
}

/// Compares each number that is given with the measure of its name.
fn compare(connection: &Connection, what: &str, filter: &str, numbers: &Value) -> usize {
    let measures = measures();
    let numbers = numbers.as_object().unwrap();
    for (name, number) in numbers {
        let measure = measures.get(name).unwrap_or_else(|| panic!("there is no measure {name}"));
        let sql = format!("SELECT CAST({} AS REAL)", measure.sql(&measures, filter));
        let value: f64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        let expected = number.as_f64().unwrap();
        // The file has six digits.
        assert!((value - expected).abs() < 1e-6, "{name} of {what}: {value}, golden {expected}");
    }
    numbers.len()
}

#[test]
fn measures_mean_the_golden_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let connection = warehouse(folder.path());
    let golden = json("tests/fixtures/golden_dashboard.json");
    let mut compared = compare(&connection, "all", "TRUE", &golden["total"]);
    compared += compare(&connection, "all", "TRUE", &golden["all_buyers"]);
    for (group, table, column) in GROUPS {
        // So that a renamed column fails here, not only in its SQL.
        assert!(tmdl::tables()[table].columns.contains_key(column), "{table}[{column}]");
        let values = golden[group].as_object().unwrap();
        let distinct = format!(
            "SELECT DISTINCT {column} FROM fact_movie_analytics JOIN {table} USING (id_{table})"
        );
        let mut statement = connection.prepare(&distinct).unwrap();
        let shown = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let mut shown: Vec<String> = shown.map(Result::unwrap).collect();
        shown.sort();
        assert_eq!(shown, values.keys().cloned().collect::<Vec<_>>(), "{group}");
        for (value, numbers) in values {
            let filter = format!("{table}.{column} = '{}'", value.replace('\'', "''"));
            compared += compare(&connection, value, &filter, numbers);
        }
        // No filter reaches those who wrote nothing.
        let filter = format!("{table}.{column} = ''");
        compared += compare(&connection, "nothing", &filter, &golden["all_buyers"]);
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn spend_by_the_facts_is_spend_by_customer_spend() {
    let folder = tempfile::tempdir().unwrap();
    let connection = warehouse(folder.path());
    let measures = measures();
    let sum = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, f64>(0)).unwrap();
    let by_facts = sum(&format!("SELECT {}", measures["Total Spend"].sql(&measures, "TRUE")));
    let by_customers = sum("SELECT SUM(amount_spent) FROM v_customer_spend \
         WHERE customerid IN (SELECT customerid FROM fact_movie_analytics)");
    assert!((by_facts - by_customers).abs() < 1e-6, "{by_facts} {by_customers}");
}

#[test]
fn derived_measures_are_what_their_names_say() {
    let folder = tempfile::tempdir().unwrap();
    let connection = warehouse(folder.path());
    let measures = measures();
    let value = |name: &str, filter: &str| -> Cell {
        let sql = format!("SELECT {}", measures[name].sql(&measures, filter));
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let number = |name: &str| match value(name, "TRUE") {
        Cell::Real(number) => number,
        Cell::Integer(number) => number as f64,
        other => panic!("{name} is {other:?}"),
    };
    assert_eq!(number("Positive Share"), number("Average Review Score"));
    assert_eq!(number("Spend per Customer"), number("Total Spend") / number("Customers"));
    assert_eq!(number("Reviews per Customer"), number("Total Reviews") / number("Customers"));
    assert!(number("Total Spend") < number("Spend of All Buyers"), "some buyers wrote nothing");
    // Where there is nothing, an average is blank and not an error.
    for name in ["Average Review Score", "Spend per Customer", "Reviews per Customer"] {
        assert_eq!(value(name, "FALSE"), Cell::Null, "{name}");
    }
    assert!(matches!(value("Facts Newest", "TRUE"), Cell::Text(_)));
}
