//! Reads the model's TMDL: what is indented by tabs below an object belongs to it.

use std::collections::BTreeMap;

use crate::read::{files, read};

#[derive(Debug, Default)]
pub struct Table {
    pub about: Object,
    pub columns: BTreeMap<String, Object>,
    pub measures: BTreeMap<String, Object>,
    /// The partition with its M.
    pub source: String,
}

/// A table, column, measure or relationship.
#[derive(Debug, Default)]
pub struct Object {
    /// Its `///` line.
    pub description: String,
    /// What follows ` = ` after its name.
    pub expression: Option<String>,
    /// `key: value`, and flags with an empty value.
    pub properties: BTreeMap<String, String>,
}

impl Object {
    pub fn is(&self, flag: &str) -> bool {
        self.properties.contains_key(flag)
    }

    pub fn get(&self, property: &str) -> &str {
        self.properties.get(property).map_or("", |value| value)
    }
}

const FOLDER: &str = "powerbi/MovieAnalytics.SemanticModel/definition";

pub fn text(file: &str) -> String {
    read(format!("{FOLDER}/{file}"))
}

/// Every table by its name.
pub fn tables() -> BTreeMap<String, Table> {
    files(&format!("{FOLDER}/tables")).into_iter().map(|file| table(&read(file))).collect()
}

fn table(text: &str) -> (String, Table) {
    let (mut name, mut table, mut description) = (String::new(), Table::default(), String::new());
    let mut kind = "";
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let depth = line.len() - line.trim_start_matches('\t').len();
        let line = line.trim();
        if let Some(said) = line.strip_prefix("/// ") {
            description = said.to_owned();
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (named, expression) = match rest.split_once(" = ") {
            Some((named, expression)) => (named, Some(expression.to_owned())),
            None => (rest, None),
        };
        let named = named.trim_matches('\'').to_owned();
        let object = Object { description: description.clone(), expression, ..Object::default() };
        match (depth, word) {
            (0, "table") => (name, table.about) = (named, object),
            (1, "column" | "measure" | "partition") => {
                (kind, current) = (word, named);
                match kind {
                    "column" => _ = table.columns.insert(current.clone(), object),
                    "measure" => _ = table.measures.insert(current.clone(), object),
                    _ => {}
                }
            }
            (1, _) => property(&mut table.about, line),
            _ => match kind {
                "column" => property(table.columns.get_mut(&current).unwrap(), line),
                "measure" => property(table.measures.get_mut(&current).unwrap(), line),
                "partition" => table.source += &format!("{line}\n"),
                _ => panic!("{name}: whose is `{line}`?"),
            },
        }
        description.clear();
    }
    (name, table)
}

fn property(object: &mut Object, line: &str) {
    let (key, value) = line.split_once(": ").unwrap_or((line, ""));
    object.properties.insert(key.to_owned(), value.to_owned());
}

/// A column of a table.
pub type End = (String, String);

/// Each relationship, from the side of many to the side of one.
pub fn relationships() -> Vec<(End, End)> {
    let text = text("relationships.tmdl");
    let end = |object: &str, side: &str| {
        let line = object.lines().find_map(|line| line.trim().strip_prefix(side)).unwrap();
        let (table, column) = line.split_once('.').unwrap();
        (table.to_owned(), column.to_owned())
    };
    let objects = text.split("relationship ").skip(1);
    objects.map(|object| (end(object, "fromColumn: "), end(object, "toColumn: "))).collect()
}
