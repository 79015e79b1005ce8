//! `serve`: what host.json starts. Each function of the app by the name of its folder.

use custom_handler::App;

use crate::{
    build_fact_movie_analytics, classify_movie_review, dashboard,
    deps::Deps,
    erase, extract_user_purchase, load_user_purchase, parse_log_reviews, plan, publish,
    publish_requested, reconcile, replay,
    settings::{Settings, warn_of_missing},
    status,
    telemetry::Telemetry,
};

/// Longest body of an invocation, in bytes.
const BODY_LIMIT: usize = 4 << 20;

/// Serves the Functions host until it, or an operator, ends the process. Returns the code that the
/// process has to end with.
pub async fn serve(settings: Settings) -> anyhow::Result<u8> {
    let telemetry = Telemetry::start(&settings)?;
    warn_of_missing();
    let deps = Deps::new(settings)?;
    let engine = deps.engine.clone();
    // Nobody waits for it: the cluster may still come, and small sets need none.
    tokio::spawn(async move {
        if let Err(error) = engine.check().await {
            tracing::warn!("{error}");
        }
    });
    let flushed = telemetry.clone();
    let stopped = app(deps)
        .instrument(Telemetry::span)
        .after_invocation(move || {
            let telemetry = flushed.clone();
            async move { telemetry.flush().await }
        })
        .run()
        .await?;
    if stopped.abandoned() > 0 {
        tracing::warn!("stopped with {} invocations in flight", stopped.abandoned());
    }
    telemetry.flush().await;
    Ok(stopped.exit_code())
}

/// All functions, without the network.
pub fn app(deps: Deps) -> App<Deps> {
    App::with_state(deps)
        // Queue messages have 64 KiB, and what people send to `replay` is small.
        .body_limit(BODY_LIMIT)
        .function("classify_movie_review", classify_movie_review::handle)
        .function("parse_log_reviews", parse_log_reviews::handle)
        .function("load_user_purchase", load_user_purchase::handle)
        .function("extract_user_purchase", extract_user_purchase::handle)
        .function("build_fact_movie_analytics", build_fact_movie_analytics::handle)
        .function("publish_requested", publish_requested::handle)
        .function("reconcile", reconcile::handle)
        .function("dashboard", dashboard::handle)
        .function("status", status::handle)
        .function("replay", replay::handle)
        .function("erase", erase::handle)
        .function("plan", plan::handle)
        .function("publish", publish::handle)
}
