//! What each chart shows, as a table: all of it, as far as a page should be long.

use std::collections::BTreeMap;

use maud::{Markup, html};
use pipeline::Day;
use warehouse::dashboard::{Member, Sums};

use super::Top;
use crate::number::{count, share};

/// Ten years and a bit.
const MOST_DAYS: usize = 4_000;
const MOST_MEMBERS: usize = 1_000;

pub fn days(days: &BTreeMap<Day, Sums>) -> Markup {
    let rows = days.iter().rev().take(MOST_DAYS).map(|(day, sums)| (day.to_string(), *sums));
    let left = days.iter().rev().skip(MOST_DAYS).map(|(_, sums)| *sums);
    let total = days.values().copied().sum();
    table("Reviews by date, the newest first", "Date", rows, Rest::of(left, "earlier days"), total)
}

pub fn members(members: &[Member], head: &str) -> Markup {
    let top = Top::of(members, MOST_MEMBERS);
    let rows = top.shown.iter().map(|member| (member.text.clone(), member.sums));
    let rest = top.rest.map(|(members, sums)| Rest { rows: members, name: "others", sums });
    table(&format!("Reviews by {}", head.to_lowercase()), head, rows, rest, top.total)
}

/// What did not fit.
struct Rest {
    rows: usize,
    name: &'static str,
    sums: Sums,
}

impl Rest {
    fn of(left: impl Iterator<Item = Sums>, name: &'static str) -> Option<Self> {
        let mut rest = Self { rows: 0, name, sums: Sums::default() };
        for sums in left {
            rest.rows += 1;
            rest.sums += sums;
        }
        (rest.rows > 0).then_some(rest)
    }
}

fn table(
    caption: &str,
    head: &str,
    rows: impl Iterator<Item = (String, Sums)>,
    rest: Option<Rest>,
    total: Sums,
) -> Markup {
    let name = format!("Table: {caption}");
    html! {
        details.data {
            summary { (name) }
            div.scroll tabindex="0" role="region" aria-label=(name) {
                table {
                    caption.visually-hidden { (caption) }
                    thead {
                        tr {
                            th scope="col" { (head) }
                            @for head in ["Reviews", "Share", "Positive", "Average score"] {
                                th.n scope="col" { (head) }
                            }
                        }
                    }
                    tbody {
                        @for (text, sums) in rows { (row(&text, sums, total)) }
                        @if let Some(Rest { rows, name, sums }) = rest {
                            (row(&format!("{} {name}", count(rows as u64)), sums, total))
                        }
                    }
                    tfoot { (row("All of these", total, total)) }
                }
            }
        }
    }
}

fn row(text: &str, sums: Sums, total: Sums) -> Markup {
    html! {
        tr {
            th scope="row" { (text) }
            td.n { (count(sums.reviews)) }
            td.n { (share(sums.reviews, total.reviews)) }
            td.n { (count(sums.positive)) }
            td.n { (score(sums)) }
        }
    }
}

/// Average review score.
pub fn score(sums: Sums) -> String {
    sums.score().map_or_else(|| "–".to_owned(), |score| format!("{score:.3}"))
}
