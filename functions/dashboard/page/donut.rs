//! A donut, and beside it the list that says the same in words.

use maud::{Markup, html};
use warehouse::dashboard::{Filter, Sums};

use super::{
    Part, Top,
    bars::{numbers, tip},
    filter_link,
};
use crate::number::{count, ratio, short};

/// Of the circle, in hundredths, between two segments.
const GAP: f64 = 0.8;

/// As `--s1` and so on of the stylesheet: for a drawing that stands alone.
pub const COLOURS: [&str; 6] = ["#1d5cb8", "#0b7d72", "#b35309", "#7a3fb0", "#b02f5c", "#6a7486"];

pub fn donut(top: &Top<'_>, part: Part, filter: &Filter) -> Markup {
    let total = top.total.reviews;
    html! {
        div.donut {
            svg.ring viewBox="0 0 120 120" role="img" aria-labelledby="ring-title ring-desc" {
                title #ring-title { "Share of reviews by " (part.dimension().label.to_lowercase()) }
                desc #ring-desc { "The list beside it gives the numbers." }
                (ring(top))
            }
            ul.legend {
                @for (nth, member) in top.shown.iter().enumerate() {
                    li {
                        (swatch(nth))
                        a href=(filter_link(part, &member.text, filter)) { (member.text) }
                        (numbers(member.sums.reviews, total))
                        (tip(member.sums))
                    }
                }
                @if let Some((members, sums)) = top.rest {
                    li {
                        (swatch(top.shown.len()))
                        span { (count(members as u64)) " others" }
                        (numbers(sums.reviews, total))
                        (tip(sums))
                    }
                }
            }
        }
    }
}

/// Segments around the total, within 120 by 120.
pub fn ring(top: &Top<'_>) -> Markup {
    let shown = top.shown.iter().map(|member| (member.text.as_str(), member.sums));
    let rest = top.rest.map(|(_, sums)| ("others", sums));
    let parts: Vec<(&str, Sums)> = shown.chain(rest).collect();
    let gap = if parts.len() > 1 { GAP } else { 0.0 };
    let mut start = 0.0;
    let mut segments = Vec::new();
    for (text, sums) in parts {
        let length = ratio(sums.reviews, top.total.reviews) * 100.0;
        // A sliver is still seen.
        let drawn = (length - gap).max(0.3);
        let dash = format!("{drawn:.3} {:.3}", 100.0 - drawn);
        segments.push((text, sums, dash, format!("{:.3}", -start)));
        start += length;
    }
    html! {
        g transform="rotate(-90 60 60)" fill="none" stroke-width="17" {
            @for (nth, (text, sums, dash, offset)) in segments.iter().enumerate() {
                circle class=(series(nth)) stroke=(COLOURS[nth]) cx="60" cy="60" r="46"
                    pathLength="100" stroke-dasharray=(dash) stroke-dashoffset=(offset) {
                    title { (text) ": " (count(sums.reviews)) }
                }
            }
        }
        text.total x="60" y="62" text-anchor="middle" font-size="17" font-weight="700" {
            (short(top.total.reviews))
        }
        text.unit x="60" y="76" text-anchor="middle" font-size="9" { "reviews" }
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

#[cfg(test)]
mod tests {
    use super::{super::STYLE, COLOURS};

    #[test]
    fn a_drawing_that_stands_alone_has_the_colours_of_the_page() {
        for (nth, colour) in COLOURS.iter().enumerate() {
            assert!(STYLE.contains(&format!("--s{}: {colour};", nth + 1)), "{colour}");
        }
    }
}
