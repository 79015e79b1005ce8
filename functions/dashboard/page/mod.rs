//! The page. Every text goes through `maud`, which escapes it; nothing is marked as escaped
//! already but the stylesheet.

mod bars;
mod dictionary;
mod donut;
mod drawing;
mod filters;
mod freshness;
mod line;
mod refused;
mod shell;
mod tables;
mod tiles;

use maud::{Markup, html};
use warehouse::dashboard::{Dashboard, Filter};

use self::shell::{message, shell};
pub use self::{
    dictionary::dictionary,
    drawing::drawing,
    refused::refused,
    shell::{failing, lake_away, no_lake, not_found, nothing_yet, too_long, unlisted},
};
use super::{
    desk::State,
    earlier::Earlier,
    numbers::{Chart, Format, link},
    query::{Asked, Part, address},
    view::{Line, Measure, Top},
};

pub const STYLE: &str = include_str!("style.css");

/// Bars and segments that can be told apart at a glance; all members are in the tables.
const MOST_WIDE_BARS: usize = 15;
const MOST_BARS: usize = 8;
const MOST_SEGMENTS: usize = 5;

/// The dimension with so few members that shares of a whole tell more than bars.
const DONUT: &str = "device";

/// The numbers of a filter.
pub fn page(
    numbers: &Dashboard,
    earlier: Option<&Earlier>,
    asked: &Asked,
    state: &State,
) -> String {
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
                        (tiles::tiles(numbers, earlier))
                        (charts(numbers, asked, state))
                    }
                    (freshness::about(numbers))
                }
            }
        },
    )
}

fn charts(numbers: &Dashboard, asked: &Asked, state: &State) -> Markup {
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
                @if let Some(line) = Line::of(&numbers.days, Measure::Reviews) {
                    section.card aria-labelledby="by-date" {
                        h2 #by-date { "Reviews by date" }
                        (line::line(&line))
                        (tables::days(&numbers.days))
                        (downloads(filter, Chart::Days(Measure::Reviews)))
                    }
                }
                @if let Some(line) = Line::of(&numbers.days, Measure::Positive) {
                    section.card aria-labelledby="score-by-date" {
                        h2 #score-by-date { "Share of positive reviews by date" }
                        (line::line(&line))
                        (downloads(filter, Chart::Days(Measure::Positive)))
                    }
                }
                @for part in wide { (bars(part, MOST_WIDE_BARS)) }
            }
            div.column {
                @for part in narrow { (bars(part, MOST_BARS)) }
                @for part in &donuts { (shares(part)) }
                (freshness::card(numbers, state))
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
            (downloads(filter, Chart::Members(part)))
        }
    }
}

/// Links to a chart's numbers and to its drawing, under the filter of the page.
fn downloads(filter: &Filter, chart: Chart) -> Markup {
    let to = |format: Format| {
        html! {
            a href=(link(filter, chart, format)) {
                (format.name().to_uppercase())
                span.visually-hidden { " by " (chart.name()) }
            }
        }
    };
    html! {
        p.note.downloads {
            "Numbers: " (to(Format::Csv)) ", " (to(Format::Json)) ". Chart: " (to(Format::Svg))
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

/// A link that changes the filter.
fn filter_link(part: Part, text: &str, filter: &Filter) -> String {
    address(&part.toggled(filter, text))
}
