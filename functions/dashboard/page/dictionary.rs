//! The data dictionary: the warehouse, and what vendors send.

use maud::{Markup, html};
use pipeline::{
    Dataset, RowReason,
    contract::{columns, log_elements},
};
use warehouse::dictionary::{Column, Table, tables};

use super::shell::below;

pub fn dictionary() -> String {
    below(
        "Data dictionary",
        html! {
            div.numbers {
                p.note {
                    "Tables of the warehouse, on SQL Server in the schema " code { "dw" }
                    ", then what vendors send. Also as " a href="?format=json" { "JSON" } "."
                }
                @for Table { name, grain, columns } in tables() {
                    (section(name, &grain, &["Column", "Kind", "What it holds"], columns.iter().map(
                        |Column { name, kind, about }| {
                            [(*name).to_owned(), kind.name().to_owned(), about.clone()]
                        },
                    )))
                }
                @for dataset in Dataset::ALL {
                    (section(
                        dataset.raw_folder(),
                        &format!("Files in raw/{}/, staged as {}.", dataset.raw_folder(), dataset.name()),
                        &["Column", "Kind", "Also named"],
                        columns(dataset).iter().map(|column| {
                            let others = column.aliases.iter().filter(|name| **name != column.name);
                            let others: Vec<_> = others.copied().collect();
                            [column.name.to_owned(), column.form.name().to_owned(), others.join(", ")]
                        }),
                    ))
                }
                (section(
                    "Elements of a log",
                    "XML below <log>, in any order, each once.",
                    &["Element", "Kind", "Required"],
                    log_elements().map(|element| {
                        let required = if element.is_required { "yes" } else { "no" };
                        [element.name.to_owned(), element.form.name().to_owned(), required.to_owned()]
                    }),
                ))
                (section(
                    "Reasons of refused rows",
                    "A row is refused for the first reason found; the rest of its file counts.",
                    &["Reason", "What is expected"],
                    RowReason::ALL.iter().map(|reason| {
                        [reason.name().to_owned(), reason.expected().to_owned()]
                    }),
                ))
            }
        },
    )
}

fn section<const N: usize>(
    name: &str,
    about: &str,
    head: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Markup {
    html! {
        section.card.entry aria-label=(name) {
            h2 { (name) }
            p.note { (about) }
            table {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody {
                    @for cells in rows {
                        tr {
                            @for (nth, cell) in cells.iter().enumerate() {
                                @if nth == 0 { th scope="row" { code { (cell) } } }
                                @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
