//! How new the numbers are, and what is wrong with them.

use maud::{Markup, html};
use pipeline::reviews::POSITIVE_WORDS;
use warehouse::dashboard::{Dashboard, MOST_FACTS};

use super::super::desk::OLD_AFTER;
use crate::number::count;

/// Days that are listed one by one.
const MOST_REFUSED: usize = 10;

/// The newest publish, in the head of the page.
pub fn status(numbers: &Dashboard, is_old: bool) -> Markup {
    let Some(edition) = &numbers.edition else { return badge("none", "Nothing published yet") };
    let (kind, says) = match (numbers.refused_days.len(), is_old) {
        (0, false) => ("good", "Up to date"),
        (0, true) => ("warn", "Nothing new lately"),
        _ => ("warn", "Some days are held back"),
    };
    html! {
        div.status {
            (badge(kind, says))
            p.note {
                "Published "
                time datetime=(edition.published_at) { (moment(&edition.published_at)) }
                ", publish " (count(edition.publish_id.unsigned_abs()))
                @if let Some((_, last)) = numbers.span { ", newest day " (last) }
            }
        }
    }
}

pub fn badge(kind: &str, says: &str) -> Markup {
    html! { p class={ "badge " (kind) } { span.dot aria-hidden="true" {} (says) } }
}

/// What everybody should know who reads the numbers.
pub fn notices(numbers: &Dashboard, is_old: bool) -> Markup {
    let refused = &numbers.refused_days;
    let days = if refused.len() == 1 { "day keeps its" } else { "days keep their" };
    html! {
        @if let Some(edition) = numbers.edition.as_ref().filter(|_| is_old) {
            p.notice.warn role="status" {
                "Nothing new was published since " (moment(&edition.published_at))
                ", for more than " (OLD_AFTER.num_hours()) " hours. Are files being sent?"
            }
        }
        @if !refused.is_empty() {
            details.notice.warn {
                summary {
                    (count(refused.len() as u64)) " " (days)
                    " last good numbers, because the new ones failed a check"
                }
                ul {
                    @for day in refused.iter().take(MOST_REFUSED) {
                        li {
                            (day.day) ": " (day.check) ", " (day.detail)
                            " (publish " (day.publish_id) ")"
                        }
                    }
                    @if refused.len() > MOST_REFUSED {
                        li { "and " (count((refused.len() - MOST_REFUSED) as u64)) " more" }
                    }
                }
            }
        }
    }
}

/// Where the numbers come from.
pub fn card(numbers: &Dashboard) -> Markup {
    html! {
        @if !numbers.freshness.is_empty() {
            section.card aria-labelledby="sources" {
                h2 #sources { "Files behind the numbers" }
                table.plain {
                    thead {
                        tr {
                            th scope="col" { "Data" }
                            th.n scope="col" { "Files" }
                            th scope="col" { "Newest taken in" }
                        }
                    }
                    tbody {
                        @for data in &numbers.freshness {
                            tr {
                                th scope="row" { (name(&data.dataset)) }
                                td.n {
                                    (count(data.live))
                                    @if data.refused > 0 {
                                        br;
                                        span.bad { (count(data.refused)) " refused" }
                                    }
                                }
                                td {
                                    @match &data.newest_at {
                                        Some(at) => time datetime=(at) { (moment(at)) },
                                        None => "never",
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the numbers mean.
pub fn about(numbers: &Dashboard) -> Markup {
    html! {
        footer {
            details {
                summary { "What these numbers mean" }
                dl.terms {
                    dt { "Review" }
                    dd { "A review counts once, on the day of its log, as soon as both are there." }
                    dt { "Average review score" }
                    dd {
                        "Positive reviews divided by all reviews. A review is positive when one \
                         of its words is exactly “" (POSITIVE_WORDS.join("” or “")) "”."
                    }
                    dt { "Customers and total spend" }
                    dd {
                        "Customers with a review under the filters, and all that these customers \
                         ever spent, each counted once, however many reviews there are. They are \
                         counted one by one, so only where the days chosen hold up to "
                        (count(MOST_FACTS)) " facts."
                    }
                    dt { "Numbers on buttons" }
                    dd { "Reviews under all filters of the other kinds." }
                    @if let Some((first, last)) = numbers.span {
                        dt { "Days" }
                        dd { "There are reviews from " (first) " to " (last) "." }
                    }
                }
            }
        }
    }
}

fn name(dataset: &str) -> &str {
    match dataset {
        "classified_movie_review" => "Reviews",
        "review_logs" => "Logs",
        "user_purchase" => "Purchases",
        other => other,
    }
}

/// `2021-04-25T06:15:04Z` for people.
fn moment(at: &str) -> String {
    match (at.get(..10), at.get(11..16)) {
        (Some(date), Some(time)) => format!("{date} {time} UTC"),
        _ => at.to_owned(),
    }
}
