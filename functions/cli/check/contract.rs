//! What vendors may send, as JSON Schema. All of it comes from the tables that the parsers use.

use pipeline::{
    Dataset, FileReason, RowReason,
    contract::{LogElement, columns, log_elements},
    csv::Form,
    limits::TEXT_CHARS,
};
use serde_json::{Map, Value, json};

/// A row of each dataset, or of one, below `$defs`. Rules that JSON Schema has no word for begin
/// with `x-`.
pub fn schema(dataset: Option<Dataset>) -> Value {
    let datasets = Dataset::ALL.into_iter().filter(|of| dataset.is_none_or(|only| only == *of));
    let rows: Map<String, Value> =
        datasets.map(|dataset| (dataset.raw_folder().to_owned(), row(dataset))).collect();
    let reasons: Map<String, Value> = RowReason::ALL
        .iter()
        .map(|reason| (reason.name().to_owned(), reason.expected().into()))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Vendor files",
        "description": "CSV by RFC 4180 in UTF-8, also gzip: a header, then one row per line. \
            Columns are matched by name, in any order and any case; other columns are not read.",
        "$defs": rows,
        "x-refused-rows": reasons,
        "x-rejected-files": FileReason::ALL.iter().map(|reason| reason.name()).collect::<Vec<_>>(),
    })
}

fn row(dataset: Dataset) -> Value {
    let columns = columns(dataset);
    let properties: Map<String, Value> = columns
        .iter()
        .map(|column| {
            let mut property = form(column.form);
            let others: Vec<_> =
                column.aliases.iter().filter(|alias| **alias != column.name).collect();
            if !others.is_empty() {
                property["x-also-named"] = json!(others);
            }
            (column.name.to_owned(), property)
        })
        .collect();
    json!({
        "type": "object",
        "description": format!("A row of {}/**/*.csv or .csv.gz.", dataset.raw_folder()),
        "properties": properties,
        "required": columns.iter().map(|column| column.name).collect::<Vec<_>>(),
        "x-staged-as": dataset.name(),
    })
}

fn form(form: Form) -> Value {
    match form {
        Form::Whole64 => json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX}),
        Form::Whole32 => json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}),
        Form::WholeOrEmpty => {
            json!({"type": ["integer", "null"], "minimum": i64::MIN, "maximum": i64::MAX})
        }
        Form::Price => json!({"type": "number", "multipleOf": 0.001, "examples": [2.55]}),
        Form::Time => {
            json!({"type": "string", "examples": ["2010-12-01T08:26:00", "12/1/2010 8:26"]})
        }
        Form::Date => json!({"type": "string", "examples": ["04-25-2021"],
            "description": "MM-dd-yyyy"}),
        Form::Text => json!({"type": "string"}),
        Form::Member => json!({"type": "string", "minLength": 1, "maxLength": TEXT_CHARS}),
        Form::Log => log(),
    }
}

fn log() -> Value {
    let elements: Map<String, Value> = log_elements()
        .map(|LogElement { name, form: of, .. }| (name.to_owned(), form(of)))
        .collect();
    let required: Vec<_> = log_elements().filter(|e| e.is_required).map(|e| e.name).collect();
    json!({
        "type": "string",
        "contentMediaType": "application/xml",
        "description": "One <log> below <reviewlog>; its elements in any order, each once.",
        "x-elements": {"type": "object", "properties": elements, "required": required},
    })
}
