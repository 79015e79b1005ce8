//! The model against the DDL, and the habits of a model that others can use.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ddl,
    tmdl::{self, Object},
};

/// Columns that the model computes itself.
const COMPUTED: [(&str, &str); 1] = [("dim_date", "season_order")];

#[test]
fn columns_are_those_of_the_warehouse_with_their_types() {
    let ddl = ddl::tables();
    for (name, table) in tmdl::tables() {
        let theirs = ddl.get(&name).unwrap_or_else(|| panic!("dw has no table {name}"));
        let mut ours = BTreeSet::new();
        for (column, object) in &table.columns {
            if object.expression.is_some() {
                assert!(COMPUTED.contains(&(&*name, &**column)), "{name}.{column} is computed");
                continue;
            }
            let source = object.get("sourceColumn");
            let theirs = theirs.get(source);
            let theirs = theirs.unwrap_or_else(|| panic!("dw.{name} has no column {source}"));
            assert_eq!(object.get("dataType"), theirs.kind, "{name}.{column}");
            assert_eq!(column, source, "one name for one thing");
            ours.insert(source);
        }
        let all: BTreeSet<&str> = theirs.keys().map(String::as_str).collect();
        assert_eq!(ours, all, "{name}: all columns of the warehouse");
    }
}

#[test]
fn tables_read_what_they_are_called_from_the_two_parameters() {
    let parameters = tmdl::text("expressions.tmdl");
    for parameter in ["Server", "Database"] {
        let line = format!("expression {parameter} = \"");
        let line = parameters.lines().find(|l| l.starts_with(&line)).unwrap();
        for property in ["IsParameterQuery=true", "IsParameterQueryRequired=true"] {
            assert!(line.contains(property), "{parameter}: {property}");
        }
    }
    for (name, table) in tmdl::tables() {
        assert!(table.source.contains("Sql.Database(Server, Database"), "{name}");
        assert!(table.source.contains(&format!("[Schema = \"dw\", Item = \"{name}\"]")), "{name}");
        assert!(table.source.starts_with("mode: import\n"), "{name}");
    }
    let listed: BTreeSet<String> = tmdl::text("model.tmdl")
        .lines()
        .filter_map(|line| line.strip_prefix("ref table "))
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, tmdl::tables().into_keys().collect(), "model.tmdl lists every table");
}

#[test]
fn relationships_are_the_foreign_keys_and_the_customer() {
    let ddl = ddl::tables();
    let fact = "fact_movie_analytics";
    let end = |table: &str, column: &str| (table.to_owned(), column.to_owned());
    let mut expected: BTreeSet<_> = ddl[fact]
        .iter()
        .filter_map(|(name, column)| Some((end(fact, name), column.references.clone()?)))
        .collect();
    // The warehouse has no foreign key here: a reviewer may have bought nothing.
    expected.insert((end(fact, "customerid"), end("customer_spend", "customerid")));
    let relationships = tmdl::relationships();
    assert_eq!(relationships.iter().cloned().collect::<BTreeSet<_>>(), expected);
    for (_, (table, column)) in relationships {
        assert!(ddl[&table][&column].is_unique, "{table}.{column} is the side of one");
    }
}

#[test]
fn keys_are_hidden_and_only_keys_are_keys() {
    let ddl = ddl::tables();
    for (name, table) in tmdl::tables() {
        for (column, object) in &table.columns {
            let is_number_of_a_fact = ["fact_movie_analytics", "customer_spend"].contains(&&*name);
            let is_key = column.starts_with("id_") || column == "customerid";
            assert!(!(is_key || is_number_of_a_fact) || object.is("isHidden"), "{name}.{column}");
            if object.is("isKey") {
                let theirs = &ddl[&name][column];
                let is_marked_date = (&*name, &**column) == ("dim_date", "log_date");
                assert!(theirs.is_key || is_marked_date && theirs.is_unique, "{name}.{column}");
            }
        }
    }
}

#[test]
fn dim_date_is_the_date_table() {
    let tables = tmdl::tables();
    let date = &tables["dim_date"];
    assert_eq!(date.about.get("dataCategory"), "Time");
    let keys = date.columns.iter().filter(|(_, column)| column.is("isKey")).map(|(name, _)| name);
    assert!(keys.eq(["log_date"]), "the key of a date table is its date");
    assert_eq!(date.columns["season"].get("sortByColumn"), "season_order");
    let expression = date.columns["season_order"].expression.as_deref();
    assert_eq!(expression, Some("MOD(INT(dim_date[month] / 3), 4) + 1"));
    // What it computes, against the seasons of the warehouse.
    let order = |month: i32| (month / 3) % 4 + 1;
    let seasons = [(1, 1), (2, 1), (3, 2), (5, 2), (6, 3), (8, 3), (9, 4), (11, 4), (12, 1)];
    assert!(seasons.iter().all(|(month, season)| order(*month) == *season));
}

#[test]
fn nothing_is_added_up_but_by_a_measure() {
    assert!(tmdl::text("model.tmdl").contains("\n\tdiscourageImplicitMeasures\n"));
    for (name, table) in tmdl::tables() {
        for (column, object) in &table.columns {
            assert_eq!(object.get("summarizeBy"), "none", "{name}.{column}");
        }
    }
}

#[test]
fn everything_explains_itself() {
    let mut measures: BTreeMap<String, Object> = BTreeMap::new();
    for (name, mut table) in tmdl::tables() {
        assert!(table.about.description.ends_with('.'), "{name}");
        for (column, object) in &table.columns {
            assert!(object.description.ends_with('.'), "{name}.{column}");
        }
        measures.append(&mut table.measures);
    }
    assert!(measures.len() >= 10);
    for (name, measure) in measures {
        assert!(measure.description.ends_with('.'), "{name}");
        for property in ["formatString", "displayFolder"] {
            assert!(!measure.get(property).is_empty(), "{name} has no {property}");
        }
    }
}
