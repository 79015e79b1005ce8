//! A donut, and beside it the list that says the same in words.

use maud::{Markup, html};
use warehouse::dashboard::Filter;

use super::{Part, Top, bars::numbers, filter_link};
use crate::number::{count, ratio, short};

/// Of the circle, in hundredths, between two segments.
const GAP: f64 = 0.8;

pub fn donut(top: &Top<'_>, part: Part, filter: &Filter) -> Markup {
    let rest = top.rest.map(|(_, sums)| sums.reviews);
    let parts: Vec<u64> = top.shown.iter().map(|m| m.sums.reviews).chain(rest).collect();
    let total = top.total.reviews;
    html! {
        div.donut {
            (ring(&parts, total, part))
            ul.legend {
                @for (nth, member) in top.shown.iter().enumerate() {
                    li {
                        (swatch(nth))
                        a href=(filter_link(part, &member.text, filter)) { (member.text) }
                        (numbers(member.sums.reviews, total))
                    }
                }
                @if let Some((members, sums)) = top.rest {
                    li {
                        (swatch(top.shown.len()))
                        span { (count(members as u64)) " others" }
                        (numbers(sums.reviews, total))
                    }
                }
            }
        }
    }
}

fn ring(parts: &[u64], total: u64, of: Part) -> Markup {
    let gap = if parts.len() > 1 { GAP } else { 0.0 };
    let mut start = 0.0;
    let mut segments = Vec::new();
    for part in parts {
        let length = ratio(*part, total) * 100.0;
        // A sliver is still seen.
        let drawn = (length - gap).max(0.3);
        segments.push((format!("{drawn:.3} {:.3}", 100.0 - drawn), format!("{:.3}", -start)));
        start += length;
    }
    html! {
        svg.ring viewBox="0 0 120 120" role="img" aria-labelledby="ring-title ring-desc" {
            title #ring-title { "Share of reviews by " (of.dimension().label.to_lowercase()) }
            desc #ring-desc { "The list beside it gives the numbers." }
            g transform="rotate(-90 60 60)" {
                @for (nth, (dash, offset)) in segments.iter().enumerate() {
                    circle class=(series(nth)) cx="60" cy="60" r="46" pathLength="100"
                        stroke-dasharray=(dash) stroke-dashoffset=(offset) {}
                }
            }
            text.total x="60" y="62" { (short(total)) }
            text.unit x="60" y="76" { "reviews" }
        }
    }
}

fn swatch(nth: usize) -> Markup {
    html! {
        svg.swatch aria-hidden="true" width="12" height="12" {
            rect class=(series(nth)) width="12" height="12" rx="3" {}
        }
    }
}

fn series(nth: usize) -> String {
    format!("s{}", nth + 1)
}
