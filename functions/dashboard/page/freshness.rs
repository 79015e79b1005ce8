//! How new the numbers are, and what is wrong with them.

use maud::{Markup, html};
use pipeline::{Dataset, reviews::POSITIVE_WORDS};
use warehouse::{
    Percentiles,
    dashboard::{Dashboard, MOST_FACTS},
};

use super::super::desk::State;
use crate::{late::Late, number::count};

/// Days that are listed one by one.
const MOST_REFUSED: usize = 10;

/// The newest publish, in the head of the page.
pub fn status(numbers: &Dashboard, state: &State) -> Markup {
    let Some(latest) = &numbers.latest else { return badge("none", "Nothing published yet") };
    let files = state.notes.unread + state.notes.alerts();
    let (days, customers) = (numbers.refused_days.len(), numbers.held_customers.len());
    let late: Vec<&str> = state.late.iter().map(|late| feed(late.feed)).collect();
    let late = format!("Late: {}", late.join(", "));
    let (kind, says) = match (days, customers, files, state.late.len()) {
        (0, 0, 0, 0) => ("good", "Up to date"),
        (0, 0, 0, _) => ("warn", &*late),
        (0, 0, ..) => ("warn", "Some files are missing or not read"),
        (0, ..) => ("warn", "Some customers are held back"),
        _ => ("warn", "Some days are held back"),
    };
    html! {
        div.status {
            (badge(kind, says))
            p.note {
                "Published "
                time datetime=(latest.published_at) { (moment(&latest.published_at)) }
                ", publish " (count(latest.publish_id.unsigned_abs()))
                @if let Some((_, last)) = numbers.span { ", newest day " (last) }
            }
        }
    }
}

pub fn badge(kind: &str, says: &str) -> Markup {
    html! { p class={ "badge " (kind) } { span.dot aria-hidden="true" {} (says) } }
}

/// Warnings that every reader of the numbers needs.
pub fn notices(numbers: &Dashboard, state: &State) -> Markup {
    let notes = &state.notes;
    let refused = &numbers.refused_days;
    let days = if refused.len() == 1 { "day keeps its" } else { "days keep their" };
    html! {
        @for Late { feed: folder, arrived_at, rhythm, .. } in &state.late {
            p.notice.warn role="status" {
                "The newest file of " (feed(folder).to_lowercase()) " came " (moment(arrived_at))
                ", and one is expected every " (rhythm) ". Check that its vendor sends files."
            }
        }
        // Who they are is for operators: `status` names them.
        @if !numbers.held_customers.is_empty() {
            p.notice.warn role="status" {
                @match numbers.held_customers.len() {
                    1 => "1 customer shows the",
                    customers => { (count(customers as u64)) " customers show their" }
                }
                " last total spend, because the new one is too large. These purchases need a "
                "correction."
            }
        }
        @if notes.alerts() > 0 {
            p.notice.warn role="status" {
                @match notes.alerts() {
                    1 => "1 file that counts has been withdrawn: it is",
                    files => { (count(files as u64)) " files that count have been withdrawn: they are" }
                }
                " no longer in raw"
            }
        }
        @if notes.unread > 0 {
            p.notice.warn role="status" {
                @match notes.unread {
                    1 => "1 file in raw is",
                    files => { (count(files as u64)) " files in raw are" }
                }
                " not read: `status` says why"
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
pub fn card(numbers: &Dashboard, state: &State) -> Markup {
    let rejected = |count: u64| format!("{} rejected", self::count(count));
    html! {
        @if !numbers.freshness.is_empty() {
            section.card aria-labelledby="sources" {
                h2 #sources { "Files behind the numbers" }
                table.plain {
                    thead {
                        tr {
                            th scope="col" { "Data" }
                            th.n scope="col" { "Files that count" }
                            th scope="col" { "Last ingested" }
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
                                        @if state.lists_refused {
                                            a.bad href={ "dashboard/refused?of=" (folder(&data.dataset)) } {
                                                (rejected(data.refused))
                                                span.visually-hidden { ", " (name(&data.dataset)) }
                                            }
                                        } @else {
                                            span.bad { (rejected(data.refused)) }
                                        }
                                    }
                                }
                                td {
                                    @match &data.newest_at {
                                        Some(at) => time datetime=(at) { (moment(at)) },
                                        None => "never",
                                    }
                                    @if let Some((seconds, took)) = took(numbers, &data.dataset) {
                                        br;
                                        "counts within "
                                        time datetime={ "PT" (seconds) "S" } { (took) }
                                    }
                                }
                            }
                        }
                    }
                }
                p.note {
                    @if state.lists_refused {
                        a href="dashboard/refused" { "Refused rows and rejected files" }
                    } @else {
                        code { "movie-analytics refused" } " lists refused rows and rejected files."
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
                    dd { "A review counts once, on the day of its log, as soon as both have arrived." }
                    dt { "Average review score" }
                    dd {
                        "Positive reviews divided by all reviews. A review is positive when one \
                         of its words is exactly “" (POSITIVE_WORDS.join("” or “")) "”."
                    }
                    dt { "Customers and total spend" }
                    dd {
                        "Customers with a review under the filters, and the total that these \
                         customers have ever spent. Each customer counts once. The page shows \
                         these numbers if the chosen days have at most "
                        (count(MOST_FACTS)) " facts."
                    }
                    dt { "Counts within" }
                    dd {
                        "The time from the last write of a file until it counts. Of the last 30 \
                         days, 95 of 100 files took at most so long."
                    }
                    dt { "Numbers on buttons" }
                    dd { "Reviews for this choice, with the filters of the other kinds applied." }
                    @if let Some((first, last)) = numbers.span {
                        dt { "Days" }
                        dd { "There are reviews from " (first) " to " (last) "." }
                    }
                }
            }
            p.note { a href="dashboard/dictionary" { "Data dictionary" } }
        }
    }
}

/// How long 95 of 100 files of a dataset took to the numbers, in seconds and in words.
fn took(numbers: &Dashboard, dataset: &str) -> Option<(u64, String)> {
    let latency = numbers.latency.iter().find(|of| of.dataset.name() == dataset);
    let Percentiles { p95: seconds, .. } = latency?.published?;
    let words = match seconds {
        ..300 => format!("{seconds} s"),
        _ => format!("{} min", count(seconds / 60)),
    };
    Some((seconds, words))
}

/// Where its files arrive.
fn folder(name: &str) -> &str {
    let dataset = Dataset::ALL.into_iter().find(|dataset| dataset.name() == name);
    dataset.map_or("", Dataset::raw_folder)
}

/// A feed by its folder within `raw`, as the page calls its data.
fn feed(folder: &str) -> &str {
    let dataset = Dataset::ALL.into_iter().find(|dataset| dataset.raw_folder() == folder);
    dataset.map_or(folder, |dataset| name(dataset.name()))
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
