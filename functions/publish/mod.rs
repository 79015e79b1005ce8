//! Publishes, and accepts days that a check held back.
//!
//! **Idempotency key**: the receipts that the warehouse has absorbed, and the days it holds back.
//! **Retry**: the caller's; days that were accepted are held back no more.
//! **What a crash leaves behind**: nothing; a publish is one transaction.

use custom_handler::{HttpRequest, Outcome};
use serde::Deserialize;

use crate::{
    build_fact_movie_analytics::{self as build, Input},
    checks,
    deps::{Context, Deps},
    events,
    replay::BadRequest,
};

/// What to accept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Numbers of the publishes that held the days back.
    pub accept: Vec<i64>,
}

/// A [`BadRequest`] where there never was such a publish. Returns those that hold no day back.
pub async fn check(deps: &Deps, accept: &[i64]) -> anyhow::Result<Vec<i64>> {
    let summary = deps.warehouse.lock().await.summary().await?;
    let (refused, newest) = (summary.refused_days, summary.publish_id);
    if let Some(id) = accept.iter().find(|id| !(1..=newest).contains(*id)) {
        let problem = format!("there is no publish {id}: `status` shows the publishes there are");
        return Err(BadRequest(problem).into());
    }
    let holds = |id: &i64| refused.iter().any(|day| day.publish_id == *id);
    Ok(accept.iter().filter(|id| !holds(id)).copied().collect())
}

/// 200 with what was published, `null` where nothing was new; 400 with what is wrong with the
/// request, or 409 where a check of one's own cannot be run.
pub(crate) async fn handle(request: HttpRequest, context: Context) -> anyhow::Result<Outcome> {
    let deps = context.state();
    let bad = |problem: String| Ok(events::bad_request(problem)?);
    let accept = match request.json::<Request>() {
        Ok(request) if !request.accept.is_empty() => request.accept,
        _ => return bad("send {\"accept\": [NUMBER OF A PUBLISH, ...]}".to_owned()),
    };
    let published = async {
        check(deps, &accept).await?;
        build::run(deps, Input { accept: accept.clone(), even_if_seen: true, not_before: None })
            .await
    };
    let report = match published.await {
        Ok(build::Outcome::NothingNew) => None,
        Ok(build::Outcome::Published(report)) => Some(report),
        Err(error) if error.is::<BadRequest>() => return bad(format!("{error:#}")),
        Err(error) => return checks::conflict(error),
    };
    let days = report.as_ref().map_or(0, |report| report.published.days_replaced);
    tracing::info!(
        function = context.function(),
        invocation_id = context.invocation_id(),
        days.replaced = days,
        "publish: accepted the days of {accept:?}, {days} days rebuilt"
    );
    Ok(events::answer(200, serde_json::json!({ "publish": report }))?)
}
