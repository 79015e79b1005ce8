//! The data dictionary against the document, the schema and the model that say the same.

use std::{collections::BTreeSet, env, fs};

use pipeline::{Dataset, contract};
use warehouse::dictionary::{self, Kind, Table};

use crate::{
    powerbi::{ddl, tmdl},
    read::{read, root},
};

const DOCUMENT: &str = "docs/DATA.md";
const HEADING: &str = "## Data dictionary\n";

#[test]
fn the_document_has_the_dictionary_of_the_program() {
    let now = read(DOCUMENT);
    let (before, rest) = now.split_once(HEADING).expect("its section");
    let (intro, _) = rest.split_once("\n### ").expect("its first table");
    let after = rest.find("\n## ").map_or("", |at| &rest[at..]);
    let text = format!("{before}{HEADING}{intro}{}{after}", dictionary::markdown());
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(root().join(DOCUMENT), text).unwrap();
        return;
    }
    assert!(now == text, "`UPDATE_GOLDEN=1 cargo test --test repository dictionary` writes it");
}

#[test]
fn the_dictionary_has_the_columns_of_the_warehouse_and_the_words_of_the_model() {
    let (schema, model) = (ddl::tables(), tmdl::tables());
    let kind = |kind| match kind {
        Kind::Whole => "int64",
        Kind::Decimal => "decimal",
        Kind::Text => "string",
        Kind::Time => "dateTime",
    };
    for Table { name, grain, columns } in dictionary::tables() {
        let described = &model[name];
        assert_eq!(grain, described.about.description, "{name}");
        let of_schema: BTreeSet<&str> = schema[name].keys().map(String::as_str).collect();
        assert_eq!(of_schema, columns.iter().map(|column| column.name).collect(), "{name}");
        for column in columns {
            let place = format!("{name}.{}", column.name);
            assert_eq!(schema[name][column.name].kind, kind(column.kind), "{place}");
            assert_eq!(described.columns[column.name].description, column.about, "{place}");
        }
    }
    let explained: BTreeSet<&str> = dictionary::tables().iter().map(|table| table.name).collect();
    let all: BTreeSet<&str> = model.keys().map(String::as_str).collect();
    assert_eq!(explained, all, "every table of the model is explained");
}

#[test]
fn the_document_names_every_column_that_vendors_send() {
    let text = read(DOCUMENT);
    for dataset in Dataset::ALL {
        let row = format!("| `raw/{}/**.csv` |", dataset.raw_folder());
        let row = text.lines().find(|line| line.starts_with(&row)).expect("a row of the dataset");
        for column in contract::columns(dataset) {
            assert!(row.contains(&format!("`{}`", column.name)), "{dataset}: {}", column.name);
        }
    }
}
