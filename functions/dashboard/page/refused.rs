//! Refused rows and rejected files, one by one, with the words of the command `refused`.

use maud::{Markup, html};
use url::form_urlencoded::Serializer;

use super::{
    super::refused::{List, MOST_ROWS},
    shell::below,
};
use crate::number::{count, of};

pub fn refused(list: &List) -> String {
    let total = |counts: &std::collections::BTreeMap<_, u64>| counts.values().sum::<u64>();
    below(
        "Refused rows and files",
        html! {
            div.numbers {
                section.card.entry aria-labelledby="reasons" {
                    h2 #reasons { "By reason" }
                    p.note {
                        (of(total(&list.rows), "refused row")) " in files that count, "
                        (of(total(&list.files), "rejected file")) ". "
                        a href="dictionary" { "What the reasons mean" }
                    }
                    ul.buttons {
                        @for (reason, rows) in &list.rows { (pill(list, reason, *rows)) }
                        @for (reason, files) in &list.files { (pill(list, reason, *files)) }
                    }
                }
                section.card.entry aria-labelledby="entries" {
                    h2 #entries {
                        @match &list.of { Some(what) => { "Refused: " (what) } None => "Everything" }
                    }
                    (entries(list))
                }
            }
        },
    )
}

fn pill(list: &List, reason: &str, rows: u64) -> Markup {
    let is_shown = list.of.as_deref() == Some(reason);
    html! {
        li {
            a.pill href=(address(Some(reason), None)) aria-current=[is_shown.then_some("true")] {
                (reason) " " span.pill-count { (count(rows)) }
            }
        }
    }
}

fn entries(list: &List) -> Markup {
    let what = list.of.as_deref();
    html! {
        p.note {
            @if list.is_cut {
                "The first " (count(list.entries.len() as u64)) " are shown. CSV and JSON have "
                (count(MOST_ROWS as u64)) " at most, the command "
                code { "movie-analytics refused" } " has all. "
            }
            @if what.is_some() { a href="?" { "Show everything" } ". " }
            "Of reviews and logs, every letter and digit that says something of people is #; rows of \
             purchases are without their text. As "
            a href=(address(what, Some("csv"))) { "CSV" } ", "
            a href=(address(what, Some("json"))) { "JSON" }
        }
        @if list.entries.is_empty() {
            p { "Nothing is refused." }
        } @else {
            div.scroll.tall tabindex="0" role="region" aria-label="Refused rows and files" {
                table {
                    thead {
                        tr {
                            @for head in ["File", "Line", "Reason", "Column", "Detail", "Text"] {
                                th scope="col" { (head) }
                            }
                        }
                    }
                    tbody {
                        @for entry in &list.entries {
                            tr {
                                th scope="row" {
                                    a href=(address(Some(&entry.file), None)) { (entry.file) }
                                }
                                td.n { @if let Some(line) = entry.line { (line) } }
                                td { (entry.reason) }
                                td { @if let Some(column) = &entry.column { (column) } }
                                td { (entry.detail) }
                                td.raw { @if let Some(text) = &entry.text { (text) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn address(of: Option<&str>, format: Option<&str>) -> String {
    let mut query = Serializer::for_suffix("?".to_owned(), 1);
    query.extend_pairs(of.map(|of| ("of", of)));
    query.extend_pairs(format.map(|format| ("format", format)));
    query.finish()
}
