//! What all pages have around them, and those that have a message instead of numbers.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{super::query::MOST_QUERY, STYLE, freshness};

/// A film frame; within the page, because nothing is asked for elsewhere.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 \
    16'%3E%3Crect width='16' height='16' rx='4' fill='%231f5fbf'/%3E%3Cpath d='M4 12V8M8 12V4M12 \
    12V6' stroke='white' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

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

/// There is no page of this name.
pub fn not_found() -> String {
    below(
        "No such page",
        message(html! {
            h2 { "There is no such page" }
            p { (back()) }
        }),
    )
}

/// What is refused lies in the lake, and this process has none.
pub fn no_lake() -> String {
    below(
        "Refused rows and files",
        message(html! {
            h2 { "This page has no lake to look into" }
            p {
                "The command " code { "movie-analytics refused" } " lists refused rows and \
                 rejected files of a lake, also as CSV or JSON."
            }
            p { (back()) }
        }),
    )
}

/// The lake cannot be read.
pub fn lake_away() -> String {
    below(
        "Refused rows and files",
        message(html! {
            h2 { "The lake cannot be read right now" }
            p { "The app's log says why, and " code { "movie-analytics status" } " does." }
            p { a.button href="" { "Try again" } }
        }),
    )
}

/// Nothing refused is meant by this reason or path.
pub fn unlisted(problem: &str) -> String {
    below(
        "Refused rows and files",
        message(html! {
            h2 { "Nothing to list" }
            p { (problem) "." }
            p { a.button href="?" { "Show everything that is refused" } }
        }),
    )
}

/// A page behind the numbers. It has no badge: it says nothing of how new they are.
pub fn below(title: &str, content: Markup) -> String {
    shell(title, html! { p.note { (back()) } }, content)
}

/// From a page behind the numbers to them.
fn back() -> Markup {
    html! { a href="../dashboard" { "Back to the numbers" } }
}

pub fn message(content: Markup) -> Markup {
    html! { section.card.message { (content) } }
}

pub fn shell(title: &str, status: Markup, content: Markup) -> String {
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
                    // Without what the title adds for the tabs of a browser.
                    h1 { (title.split([',', ':']).next().unwrap_or_default()) }
                    (status)
                }
                main #content tabindex="-1" { (content) }
            }
        }
    };
    page.into_string()
}
