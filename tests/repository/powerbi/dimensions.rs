//! The table of dimensions against everything that cannot follow it by itself.

use pipeline::dimensions::{all, daily};
use rusqlite::Connection;
use warehouse::sqlite::Sqlite;

use super::{ddl, tmdl};
use crate::read::read;

/// What a dimension lacks, by place.
fn missing(what: &str, name: &str, is_there: bool, lacks: &mut Vec<String>) {
    if !is_there {
        lacks.push(format!("{what}: {name}"));
    }
}

#[test]
fn every_dimension_has_its_columns_in_both_warehouses() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("warehouse.db");
    drop(Sqlite::open(&file).unwrap());
    let sqlite = Connection::open(&file).unwrap();
    let in_sqlite = |table: &str, column: &str| {
        let named = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2";
        sqlite.query_row(named, [table, column], |row| row.get::<_, i64>(0)).unwrap() == 1
    };
    let (tables, script) = (ddl::tables(), ddl::text());
    let view = script.rsplit("CREATE VIEW $(dw).v_fact_movie_analytics AS\n").next().unwrap();
    let view = view.split("\nGO\n").next().unwrap();
    let in_sqlserver = |table: &str, column: &str| match table {
        "v_fact_movie_analytics" => view.contains(&format!(".{column},")),
        table => tables.get(table).is_some_and(|columns| columns.contains_key(column)),
    };
    let of_all = all().flat_map(|d| {
        let facts = [("fact_movie_analytics", d.key), ("v_fact_movie_analytics", d.name)];
        [(d.table, d.key), (d.table, d.name)].into_iter().chain(facts)
    });
    let mut lacks = Vec::new();
    for (table, column) in of_all.chain(daily().map(|d| ("agg_daily", d.key))) {
        let name = format!("{table}.{column}");
        missing("sql/sqlite/migrations", &name, in_sqlite(table, column), &mut lacks);
        missing("sql/sqlserver/migrations", &name, in_sqlserver(table, column), &mut lacks);
    }
    assert!(lacks.is_empty(), "add a migration that makes {lacks:#?}");
}

#[test]
fn every_dimension_is_in_the_model_of_power_bi_and_in_the_contract() {
    let tables = tmdl::tables();
    let has = |table: &str, column: &str| {
        tables.get(table).is_some_and(|table| table.columns.contains_key(column))
    };
    let related = tmdl::relationships();
    let data = read("docs/DATA.md");
    let mut lacks = Vec::new();
    for d in all() {
        for (table, column) in
            [(d.table, d.key), (d.table, d.name), ("fact_movie_analytics", d.key)]
        {
            let place = format!("powerbi, tables/{table}.tmdl");
            missing(&place, column, has(table, column), &mut lacks);
        }
        let is_related =
            related.iter().any(|(_, (table, key))| (&**table, &**key) == (d.table, d.key));
        missing("powerbi, relationships.tmdl", d.key, is_related, &mut lacks);
        let row = data.lines().find(|line| line.starts_with(&format!("| `{}` |", d.element)));
        let says = |word: &str| row.is_some_and(|row| row.contains(&format!("`{word}`")));
        missing("docs/DATA.md", d.element, says(d.table) && says(d.key), &mut lacks);
    }
    assert!(lacks.is_empty(), "add what is missing: {lacks:#?}");
}
