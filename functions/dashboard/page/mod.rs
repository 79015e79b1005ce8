//! The page. Every text goes through `maud`, which escapes it; nothing is marked as escaped
//! already but the stylesheet.

mod bars;
mod donut;
mod filters;
mod freshness;
mod line;
mod tables;
mod tiles;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use warehouse::dashboard::Dashboard;

use super::{
    query::{Asked, Part, address},
    view::{Line, Top},
};

pub const STYLE: &str = include_str!("style.css");

/// Bars and segments that can be told apart at a glance; all members are in the tables.
const MOST_LOCATIONS: usize = 15;
const MOST_SYSTEMS: usize = 8;
const MOST_DEVICES: usize = 5;

/// A film frame; within the page, because nothing is asked for elsewhere.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 \
    16'%3E%3Crect width='16' height='16' rx='4' fill='%231f5fbf'/%3E%3Cpath d='M4 12V8M8 12V4M12 \
    12V6' stroke='white' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

/// The numbers of a filter.
pub fn page(numbers: &Dashboard, asked: &Asked, is_old: bool) -> String {
    let title = if asked.filter.is_empty() { "Movie reviews" } else { "Movie reviews, filtered" };
    let total = numbers.total();
    shell(
        title,
        freshness::status(numbers, is_old),
        html! {
            (freshness::notices(numbers, is_old))
            div.layout {
                (filters::filters(numbers, asked))
                div.numbers {
                    @if total.reviews == 0 {
                        (no_reviews(numbers, asked))
                    } @else {
                        (tiles::tiles(numbers))
                        (charts(numbers, asked))
                    }
                    (freshness::about(numbers))
                }
            }
        },
    )
}

fn charts(numbers: &Dashboard, asked: &Asked) -> Markup {
    let filter = &asked.filter;
    let locations = Top::of(&numbers.locations, MOST_LOCATIONS);
    let systems = Top::of(&numbers.systems, MOST_SYSTEMS);
    let devices = Top::of(&numbers.devices, MOST_DEVICES);
    html! {
        div.charts {
            div.column {
                @if let Some(line) = Line::of(&numbers.days) {
                    section.card aria-labelledby="by-date" {
                        h2 #by-date { "Reviews by date" }
                        (line::line(&line))
                        (tables::days(&numbers.days))
                    }
                }
                section.card aria-labelledby="by-location" {
                    h2 #by-location { "Reviews by location" }
                    (bars::bars(&locations, Part::State, filter))
                    (tables::members(&numbers.locations, "Location"))
                }
            }
            div.column {
                section.card aria-labelledby="by-os" {
                    h2 #by-os { "Reviews by operating system" }
                    (bars::bars(&systems, Part::Os, filter))
                    (tables::members(&numbers.systems, "Operating system"))
                }
                section.card aria-labelledby="by-device" {
                    h2 #by-device { "Reviews by device" }
                    (donut::donut(&devices, filter))
                    (tables::members(&numbers.devices, "Device"))
                }
                (freshness::card(numbers))
            }
        }
    }
}

fn no_reviews(numbers: &Dashboard, asked: &Asked) -> Markup {
    let filter = &asked.filter;
    let turned = matches!((filter.from, filter.to), (Some(from), Some(to)) if from > to);
    message(html! {
        @if filter.is_empty() {
            h2 { "No review is counted yet" }
            p {
                "Something was published, but no review has met its log so far. A review counts as \
                 soon as both are there."
            }
        } @else {
            h2 { "No review matches these filters" }
            @if turned {
                p { "The first day is later than the last one." }
            } @else if let Some((first, last)) = numbers.span {
                p { "There are reviews from " (first) " to " (last) "." }
            }
            p { a.button href="?" { "Clear all filters" } }
        }
    })
}

/// Before the first publish.
pub fn nothing_yet() -> String {
    shell(
        "Movie reviews",
        freshness::badge("none", "Nothing published yet"),
        message(html! {
            h2 { "Nothing is published yet" }
            p {
                "Numbers appear here as soon as the first files have become facts. Locally "
                code { "movie-analytics run" }
                " does that; in Azure the timer "
                code { "build_fact_movie_analytics" }
                " does, every few minutes."
            }
        }),
    )
}

/// The warehouse cannot be read.
pub fn failing(will_pass: bool) -> String {
    let heading = match will_pass {
        true => "The numbers cannot be read just now",
        false => "The numbers cannot be read",
    };
    shell(
        "Movie reviews: not available",
        freshness::badge("bad", "Not available"),
        message(html! {
            h2 { (heading) }
            @if will_pass {
                p {
                    "The database may be waking up: it pauses when nobody uses it, and takes up \
                     to a minute to come back. Looking at this page wakes it. Reload the page in \
                     half a minute."
                }
            } @else {
                p {
                    "Waiting will not mend this: its schema may be older or newer than this \
                     program, or it may be another database. The app's log says what is wrong \
                     and what to do."
                }
            }
            p { "Nothing is lost: files wait in the lake until they are counted." }
            p { a.button href="" { "Try again" } }
        }),
    )
}

fn message(content: Markup) -> Markup {
    html! { section.card.message { (content) } }
}

/// What all pages have around them.
fn shell(title: &str, status: Markup, content: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="icon" href=(ICON);
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "Skip to the numbers" }
                header.top {
                    h1 { "Movie reviews" }
                    (status)
                }
                main #content tabindex="-1" { (content) }
            }
        }
    };
    page.into_string()
}

/// A link that changes the filter.
fn filter_link(part: Part, text: &str, filter: &warehouse::dashboard::Filter) -> String {
    address(&part.toggled(filter, text))
}
