//! The numbers as a page. Changes nothing.
//!
//! **Idempotency key**: none is needed, it only reads.
//! **Retry**: the viewer reloads the page.
//! **What a crash leaves behind**: nothing.

mod answer;
mod desk;
mod earlier;
mod numbers;
mod page;
mod query;
mod refused;
mod view;

use chrono::{DateTime, Utc};
use custom_handler::{HttpRequest, HttpResponse, Outcome};

pub use self::{answer::Answer, desk::Desk};
use self::{
    numbers::{Format, Wanted},
    query::{Asked, MOST_QUERY},
};
use crate::{
    deps::{Context, Deps},
    reader::Unreadable,
};

/// What a browser asks for.
#[derive(Clone, Debug)]
pub struct Input {
    /// `/api/dashboard`, or what is behind it: `/api/dashboard/dictionary`.
    pub path: String,
    /// The query string, without its question mark.
    pub query: String,
    /// The header `If-None-Match`.
    pub if_none_match: Option<String>,
    /// Freshness is measured against it.
    pub now: DateTime<Utc>,
}

/// The page, or why there is none: that is a page, too. What is refused lies in the lake of `deps`.
pub async fn run(desk: &Desk, deps: Option<&Deps>, input: Input) -> Answer {
    answer(desk, deps, input, None).await
}

async fn answer(
    desk: &Desk,
    deps: Option<&Deps>,
    input: Input,
    context: Option<&Context>,
) -> Answer {
    if input.query.len() > MOST_QUERY {
        return Answer::passing(414, page::too_long());
    }
    let name = input.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    // Details are hidden from the viewer: they name servers and files.
    let failed = |why: String, page| {
        tracing::error!(
            function = context.map(Context::function),
            invocation_id = context.map(Context::invocation_id),
            "cannot show the dashboard: {why}"
        );
        Answer::passing(503, page)
    };
    match (&*name.to_ascii_lowercase(), deps) {
        ("" | "dashboard", _) => match look(desk, input).await {
            Ok(answer) => answer,
            Err(Unreadable { will_pass, why }) => failed(why, page::failing(will_pass)),
        },
        ("dictionary", _) => dictionary(&input.query),
        ("refused", Some(deps)) => match refused::answer(deps, &input.query).await {
            Ok(answer) => answer,
            Err(error) => failed(format!("{error:#}"), page::lake_away()),
        },
        ("refused", None) => Answer::passing(404, page::no_lake()),
        _ => Answer::passing(404, page::not_found()),
    }
}

async fn look(desk: &Desk, input: Input) -> Result<Answer, Unreadable> {
    let asked = Asked::parse(&input.query);
    match Wanted::parse(&input.query) {
        None => desk.look(asked, input.if_none_match, input.now).await,
        Some(Err(problem)) => Ok(Answer::problem(problem)),
        Some(Ok(wanted)) => desk.numbers(asked, wanted).await,
    }
}

fn dictionary(query: &str) -> Answer {
    match Format::parse(query) {
        None => Answer::passing(200, page::dictionary()),
        Some(Ok(format @ Format::Json)) => {
            let tables = serde_json::to_string(&warehouse::dictionary::tables());
            Answer::data(200, format.content_type(), tables.unwrap_or_default())
        }
        Some(_) => Answer::problem("format is json\n".to_owned()),
    }
}

pub(crate) async fn handle(request: HttpRequest, context: Context) -> anyhow::Result<Outcome> {
    let deps = context.state();
    // Not from its `query`, where the host has joined the values of a name.
    let (url, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let (path, query) = (url.to_owned(), query.to_owned());
    let if_none_match = request.headers.get("if-none-match").cloned();
    let input = Input { path, query, if_none_match, now: Utc::now() };
    let answer = answer(&deps.dashboard, Some(deps), input, Some(&context)).await;
    let mut response = HttpResponse::text(answer.status, answer.body)?;
    for (name, value) in answer.headers {
        response = response.header(name, value)?;
    }
    Ok(Outcome::done().output("response", response)?)
}
