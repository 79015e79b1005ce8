//! The numbers as a page. Changes nothing.
//!
//! **Idempotency key**: none is needed, it only reads.
//! **Retry**: the viewer reloads the page.
//! **What a crash leaves behind**: nothing.

mod answer;
mod desk;
mod numbers;
mod page;
mod query;
mod view;

use chrono::{DateTime, Utc};
use custom_handler::{HttpRequest, HttpResponse, Outcome};

pub use self::{answer::Answer, desk::Desk};
use self::{
    numbers::Wanted,
    query::{Asked, MOST_QUERY},
};
use crate::{deps::Context, reader::Unreadable};

/// What a browser asks for.
#[derive(Clone, Debug)]
pub struct Input {
    /// The query string, without its question mark.
    pub query: String,
    /// The header `If-None-Match`.
    pub if_none_match: Option<String>,
    /// Freshness is measured against it.
    pub now: DateTime<Utc>,
}

/// The page, or why there is none: that is a page, too.
pub async fn run(desk: &Desk, input: Input) -> Answer {
    answer(desk, input, None).await
}

async fn answer(desk: &Desk, input: Input, context: Option<&Context>) -> Answer {
    if input.query.len() > MOST_QUERY {
        return Answer::passing(414, page::too_long());
    }
    let asked = Asked::parse(&input.query);
    let answer = match Wanted::parse(&input.query) {
        None => desk.look(asked, input.if_none_match, input.now).await,
        Some(Err(problem)) => Ok(Answer::data(400, "text/plain; charset=utf-8", problem)),
        Some(Ok(wanted)) => desk.numbers(asked, wanted).await,
    };
    match answer {
        Ok(answer) => answer,
        Err(unreadable) => {
            // Details are hidden from the viewer: they name servers and files.
            let Unreadable { will_pass, why } = unreadable;
            tracing::error!(
                function = context.map(Context::function),
                invocation_id = context.map(Context::invocation_id),
                "cannot show the dashboard: {why}"
            );
            Answer::passing(503, page::failing(will_pass))
        }
    }
}

pub(crate) async fn handle(request: HttpRequest, context: Context) -> anyhow::Result<Outcome> {
    let deps = context.state();
    // Not from its `query`, where the host has joined the values of a name.
    let query = request.url.split_once('?').map_or("", |(_, query)| query).to_owned();
    let if_none_match = request.headers.get("if-none-match").cloned();
    let input = Input { query, if_none_match, now: Utc::now() };
    let answer = answer(&deps.dashboard, input, Some(&context)).await;
    let mut response = HttpResponse::text(answer.status, answer.body)?;
    for (name, value) in answer.headers {
        response = response.header(name, value)?;
    }
    Ok(Outcome::done().output("response", response)?)
}
