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
use warehouse::dashboard::{Dashboard, Filter};

use super::{
    desk::State,
    numbers::{DAYS, link},
    query::{Asked, MOST_QUERY, Part, address},
    view::{Line, Top},
};

pub const STYLE: &str = include_str!("style.css");

/// Bars and segments that can be told apart at a glance; all members are in the tables.
const MOST_WIDE_BARS: usize = 15;
const MOST_BARS: usize = 8;
const MOST_SEGMENTS: usize = 5;

/// The dimension with so few members that shares of a whole tell more than bars.
const DONUT: &str = "device";

/// A film frame; within the page, because nothing is asked for elsewhere.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 \
    16'%3E%3Crect width='16' height='16' rx='4' fill='%231f5fbf'/%3E%3Cpath d='M4 12V8M8 12V4M12 \
    12V6' stroke='white' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

/// The numbers of a filter.
pub fn page(numbers: &Dashboard, asked: &Asked, state: &State) -> String {
    let title = if asked.filter.is_empty() { "Movie reviews" } else { "Movie reviews, filtered" };
    let total = numbers.total();
    shell(
        title,
        freshness::status(numbers, state),
        html! {
            (freshness::notices(numbers, state))
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
    let (donuts, bars): (Vec<Part>, Vec<Part>) =
        Part::all().partition(|part| part.dimension().name == DONUT);
    let (wide, narrow) = bars.split_at(1);
    let bars = |part: &Part, most| {
        let top = Top::of(part.members(numbers), most);
        card(*part, numbers, filter, bars::bars(&top, *part, filter))
    };
    let shares = |part: &Part| {
        let top = Top::of(part.members(numbers), MOST_SEGMENTS);
        card(*part, numbers, filter, donut::donut(&top, *part, filter))
    };
    html! {
        div.charts {
            div.column {
                @if let Some(line) = Line::of(&numbers.days) {
                    section.card aria-labelledby="by-date" {
                        h2 #by-date { "Reviews by date" }
                        (line::line(&line))
                        (tables::days(&numbers.days))
                        (downloads(filter, DAYS))
                    }
                }
                @for part in wide { (bars(part, MOST_WIDE_BARS)) }
            }
            div.column {
                @for part in narrow { (bars(part, MOST_BARS)) }
                @for part in &donuts { (shares(part)) }
                (freshness::card(numbers))
            }
        }
    }
}

/// A dimension: its chart, and the table of all its members.
fn card(part: Part, numbers: &Dashboard, filter: &Filter, chart: Markup) -> Markup {
    let dimension = part.dimension();
    let id = format!("by-{}", dimension.name);
    html! {
        section.card aria-labelledby=(id) {
            h2 #(id) { "Reviews by " (dimension.label.to_lowercase()) }
            (chart)
            (tables::members(part.members(numbers), dimension.label))
            (downloads(filter, part.name()))
        }
    }
}

/// Links to the numbers of a chart, under the filter of the page.
fn downloads(filter: &Filter, chart: &str) -> Markup {
    let of = |format: &str| link(filter, chart, format);
    html! {
        p.note.downloads {
            "Numbers by " (chart) ": "
            a href=(of("csv")) { "CSV" span.visually-hidden { " by " (chart) } }
            ", "
            a href=(of("json")) { "JSON" span.visually-hidden { " by " (chart) } }
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
                "Files were published, but no review has its log yet. A review counts as soon as \
                 its log arrives."
            }
        } @else {
            h2 { "No review matches these filters" }
            @if turned {
                p { "The first day is after the last day." }
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
                "Numbers appear here after the first publish. On a laptop, run "
                code { "movie-analytics run" }
                ". In Azure, the timer "
                code { "build_fact_movie_analytics" }
                " publishes every few minutes."
            }
        }),
    )
}

/// The address is longer than any choice of filters needs.
pub fn too_long() -> String {
    shell(
        "Movie reviews: not available",
        freshness::badge("bad", "Address too long"),
        message(html! {
            h2 { "This address is too long" }
            p {
                "The filters of an address may have " (MOST_QUERY >> 10) " KB. Choose fewer values."
            }
            p { a.button href="?" { "Clear all filters" } }
        }),
    )
}

/// The warehouse cannot be read.
pub fn failing(will_pass: bool) -> String {
    let heading = match will_pass {
        true => "The numbers cannot be read right now",
        false => "The numbers cannot be read",
    };
    shell(
        "Movie reviews: not available",
        freshness::badge("bad", "Not available"),
        message(html! {
            h2 { (heading) }
            @if will_pass {
                p {
                    "The database may be resuming: it pauses when nobody uses it, and takes up \
                     to a minute to resume. This page has woken it. Reload the page in half a \
                     minute."
                }
            } @else {
                p {
                    "Waiting will not help. The schema may be older or newer than this program \
                     needs, or this may be another database. The app's log says what is wrong and \
                     what to do."
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
fn filter_link(part: Part, text: &str, filter: &Filter) -> String {
    address(&part.toggled(filter, text))
}
