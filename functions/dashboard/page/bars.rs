//! Bars: a list whose rows are text, so that it reads well in any width and aloud.

use maud::{Markup, html};
use warehouse::dashboard::{Filter, Sums};

use super::{Part, Top, filter_link};
use crate::number::{count, ratio, share};

pub fn bars(top: &Top<'_>, part: Part, filter: &Filter) -> Markup {
    let width = |reviews| format!("{:.2}%", ratio(reviews, top.greatest()) * 100.0);
    html! {
        ul.bars {
            @for member in &top.shown {
                li {
                    a href=(filter_link(part, &member.text, filter)) { (member.text) }
                    (bar(&width(member.sums.reviews)))
                    (numbers(member.sums.reviews, top.total.reviews))
                    (tip(member.sums))
                }
            }
            @if let Some((members, sums)) = top.rest {
                li.rest {
                    span { (count(members as u64)) " others together" }
                    (numbers(sums.reviews, top.total.reviews))
                    (tip(sums))
                }
            }
        }
    }
}

/// Drawn beside the number that it shows, so nobody needs it read aloud.
fn bar(width: &str) -> Markup {
    html! {
        svg.bar aria-hidden="true" {
            rect.track width="100%" height="100%" rx="3" {}
            rect.value width=(width) height="100%" rx="3" {}
        }
    }
}

/// A number and its share of the whole.
pub fn numbers(reviews: u64, of: u64) -> Markup {
    html! {
        span.number {
            (count(reviews))
            " " span.share { (share(reviews, of)) }
        }
    }
}

/// What the row does not say, while the pointer or the focus is on it. The table has it, too.
pub fn tip(sums: Sums) -> Markup {
    html! {
        span.tip aria-hidden="true" {
            (count(sums.positive)) " positive: " (share(sums.positive, sums.reviews))
        }
    }
}
