//! Filters: buttons that are links, a form for days and long lists, and what is chosen now.

use maud::{Markup, html};
use pipeline::Day;
use warehouse::dashboard::{Dashboard, Filter, Member};

use super::{
    super::query::{Asked, MOST_VALUES, Part, address},
    filter_link,
};
use crate::number::count;

/// Buttons that an eye can look through; the form has more, and any address works.
const MOST_BUTTONS: usize = 60;
const MOST_OPTIONS: usize = 1_000;

pub fn filters(numbers: &Dashboard, asked: &Asked) -> Markup {
    let filter = &asked.filter;
    html! {
        section.card.filters aria-labelledby="filters" {
            div.filters-head {
                h2 #filters { "Filters" }
                (chosen(filter))
            }
            @for value in &asked.ignored {
                p.notice.warn role="status" {
                    "“" (value) "” is not a date and was ignored: write it as 2021-04-25."
                }
            }
            @for (part, text) in unknown(numbers, filter) {
                p.notice.warn role="status" {
                    "No " (part.title().to_lowercase()) " is called “" (text) "”."
                }
            }
            @if asked.left_out > 0 {
                p.notice.warn role="status" {
                    "A filter takes " (MOST_VALUES) " values: "
                    @match asked.left_out {
                        1 => "1 more was ignored.",
                        more => { (count(more as u64)) " more were ignored." }
                    }
                }
            }
            // Folds on a phone; elsewhere the stylesheet shows it.
            details.fold {
                summary { "Choose filters" }
                div.fold-content {
                    @for part in Part::all() { (buttons(part, part.members(numbers), filter)) }
                    (latest(numbers, filter))
                    (form(numbers, filter))
                }
            }
        }
    }
}

/// Chosen values that no review has ever had.
fn unknown<'a>(
    numbers: &'a Dashboard,
    filter: &'a Filter,
) -> impl Iterator<Item = (Part, &'a String)> {
    Part::all().flat_map(move |part| {
        let is_known =
            move |text: &String| part.members(numbers).iter().any(|member| member.text == *text);
        part.of(filter).iter().filter(move |text| !is_known(text)).map(move |text| (part, text))
    })
}

/// What is chosen, each with the way out of it.
fn chosen(filter: &Filter) -> Markup {
    let without = |text: &str, filter: Filter| {
        html! {
            li {
                a.chip href=(address(&filter)) {
                    span.visually-hidden { "Remove the filter " }
                    (text)
                    span aria-hidden="true" { " ×" }
                }
            }
        }
    };
    html! {
        @if filter.is_empty() {
            p.note { "All reviews are shown. Several of a kind may be chosen at once." }
        } @else {
            ul.chips aria-label="Chosen filters" {
                @for part in Part::all() {
                    @for text in part.of(filter) { (without(text, part.toggled(filter, text))) }
                }
                @if let Some(day) = filter.from {
                    (without(&format!("from {day}"), Filter { from: None, ..filter.clone() }))
                }
                @if let Some(day) = filter.to {
                    (without(&format!("to {day}"), Filter { to: None, ..filter.clone() }))
                }
                li { a.clear href="?" { "Clear all" } }
            }
        }
    }
}

/// One link for each member, in the order of their texts; of very many, the greatest.
fn buttons(part: Part, members: &[Member], filter: &Filter) -> Markup {
    let is_chosen = |text: &String| part.of(filter).contains(text);
    let mut shown: Vec<&Member> = members.iter().collect();
    shown.sort_by_key(|member| (!is_chosen(&member.text), std::cmp::Reverse(member.sums.reviews)));
    shown.truncate(MOST_BUTTONS);
    shown.sort_by(|a, b| a.text.cmp(&b.text));
    let hidden = members.len() - shown.len();
    let id = format!("filter-{}", part.name());
    html! {
        nav.group aria-labelledby=(id) {
            h3 #(id) { (part.title()) }
            ul.buttons.many[shown.len() > 12] {
                @for member in shown {
                    li {
                        a.pill href=(filter_link(part, &member.text, filter))
                            aria-current=[is_chosen(&member.text).then_some("true")] {
                            (member.text)
                            " " span.pill-count { (count(member.sums.reviews)) }
                        }
                    }
                }
                @if hidden > 0 {
                    li { span.note { (count(hidden as u64)) " more in the list below" } }
                }
            }
        }
    }
}

/// Spans that end with the newest day.
fn latest(numbers: &Dashboard, filter: &Filter) -> Markup {
    html! {
        @if let Some((first, last)) = numbers.span.filter(|(first, last)| last.0 - first.0 >= 7) {
            nav.group aria-labelledby="latest" {
                h3 #latest { "Days" }
                ul.buttons {
                    @for days in [7, 30, 365] {
                        @let from = Some(Day(last.0 - days + 1)).filter(|from| *from > first);
                        @let wanted = Filter { from, to: None, ..filter.clone() };
                        @if from.is_some() {
                            li {
                                a.pill href=(address(&wanted))
                                    aria-current=[(wanted == *filter).then_some("true")] {
                                    "Last " (days)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Adds to what is chosen. A browser sends it as the address of the page.
fn form(numbers: &Dashboard, filter: &Filter) -> Markup {
    let span = numbers.span;
    let (first, last) = (span.map(|(first, _)| first), span.map(|(_, last)| last));
    html! {
        form method="get" {
            @for part in Part::all() {
                @for text in part.of(filter) {
                    input type="hidden" name=(part.name()) value=(text);
                }
            }
            div.field {
                label for="from" { "From" }
                input #from type="date" name="from" value=[filter.from] min=[first] max=[last];
            }
            div.field {
                label for="to" { "To" }
                input #to type="date" name="to" value=[filter.to] min=[first] max=[last];
            }
            @for part in Part::all() {
                @let id = format!("add-{}", part.name());
                div.field {
                    label for=(id) { "Add " (part.title().to_lowercase()) }
                    select #(id) name=(part.name()) {
                        option value="" { "–" }
                        @for member in part.members(numbers).iter().take(MOST_OPTIONS) {
                            @if !part.of(filter).contains(&member.text) {
                                option { (member.text) }
                            }
                        }
                    }
                }
            }
            button type="submit" { "Apply" }
        }
    }
}
