//! What operators see: JSON lines on the console; traces in Application Insights where its
//! connection string is set; traces, logs and metrics at a collector where its address is.
//!
//! What is sent there is never sampled, and belongs to the host's request. With Application Insights
//! the console carries warnings and errors alone: the host copies its lines there, so that all others
//! would be paid twice.

mod adjusted;
mod client;
mod measures;
mod otlp;
mod portal;

use std::{collections::HashMap, time::Duration};

use anyhow::Context as _;
use custom_handler::Context;
use futures_util::future::join_all;
use opentelemetry::{
    KeyValue, metrics::MeterProvider as _, propagation::TextMapPropagator,
    trace::TracerProvider as _,
};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_application_insights::Exporter;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    metrics::SdkMeterProvider,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider},
};
use tracing::{Level, Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    Layer, Registry, filter::Targets, fmt::writer::MakeWriterExt, layer::SubscriberExt,
};

use self::adjusted::Adjusted;
use crate::settings::Settings;

/// How long the end of an invocation waits for its telemetry to be sent.
const FLUSH_LIMIT: Duration = Duration::from_secs(3);

/// What the app calls itself in what it sends.
const SCOPE: &str = "movie-analytics";

/// The telemetry of this process.
#[derive(Clone)]
pub struct Telemetry {
    /// One provider for all receivers: a span can belong to one only.
    traces: Option<SdkTracerProvider>,
    collector: Option<(SdkLoggerProvider, SdkMeterProvider)>,
}

impl Telemetry {
    /// Sets the process up: one JSON line an event, on stdout, or on stderr for warnings and errors,
    /// because the host takes the level from there. Must be called within the runtime, once.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let connection_string = settings.application_insights.as_deref();
        let level = if connection_string.is_some() { Level::WARN } else { Level::INFO };
        let writer = std::io::stderr.with_max_level(Level::WARN).or_else(std::io::stdout);
        let lines = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_target(false)
            .with_writer(writer)
            .with_filter(events_from(level));
        let resource = resource(|name| std::env::var(name).ok());
        let portal = connection_string.map(portal).transpose()?;
        let endpoint = settings.otlp_endpoint.as_deref();
        let collector = endpoint.map(|endpoint| collector(endpoint, &resource)).transpose()?;
        let (to_collector, collector) = match collector {
            Some(otlp::Exporters { spans, logs, metrics }) => (Some(spans), Some((logs, metrics))),
            None => (None, None),
        };
        let traces = traces(resource, portal, to_collector);
        let spans = traces.as_ref().map(|traces| {
            tracing_opentelemetry::layer()
                .with_location(false)
                .with_target(false)
                .with_threads(false)
                .with_tracked_inactivity(false)
                .with_tracer(traces.tracer(SCOPE))
                .with_filter(events_from(Level::INFO))
        });
        let logs = collector.as_ref().map(|(logs, _)| {
            OpenTelemetryTracingBridge::new(logs).with_filter(events_from(Level::INFO))
        });
        let measures = collector.as_ref().map(|(_, metrics)| {
            // What only metrics are made of is said at level DEBUG.
            let events = events_from(Level::INFO).with_target("movie_analytics", Level::DEBUG);
            measures::Measures::new(&metrics.meter(SCOPE)).with_filter(events)
        });
        let subscriber = Registry::default().with(lines).with(spans).with(logs).with(measures);
        tracing::subscriber::set_global_default(subscriber)?;
        Ok(Self { traces, collector })
    }

    /// The span of an invocation, below the host's own.
    pub fn span(context: &Context) -> Span {
        let span = tracing::info_span!(
            "invocation",
            otel.name = context.function(),
            function = context.function(),
            invocation_id = context.invocation_id(),
        );
        if let Some(parent) = context.traceparent() {
            // The only error is a span that no layer records.
            let _ = span.set_parent(remote(parent));
        }
        span
    }

    /// Sends what there is: the host kills without a warning, so there may be no later.
    pub async fn flush(&self) {
        let mut ways: Vec<Box<dyn FnOnce() -> bool + Send>> = Vec::new();
        if let Some(traces) = self.traces.clone() {
            ways.push(Box::new(move || traces.force_flush().is_ok()));
        }
        if let Some((logs, metrics)) = self.collector.clone() {
            ways.push(Box::new(move || logs.force_flush().is_ok()));
            ways.push(Box::new(move || metrics.force_flush().is_ok()));
        }
        let flushed = join_all(ways.into_iter().map(tokio::task::spawn_blocking));
        let sent = tokio::time::timeout(FLUSH_LIMIT, flushed).await;
        if !sent.is_ok_and(|sent| sent.iter().all(|way| matches!(way, Ok(true)))) {
            tracing::warn!("cannot send telemetry; the work itself is done");
        }
    }
}

/// Spans for whoever receives them. The portal's go first, so that a collector that is away does not
/// delay them.
fn traces(
    resource: Resource,
    portal: Option<Adjusted<Exporter<client::Client>>>,
    collector: Option<Adjusted<SpanExporter>>,
) -> Option<SdkTracerProvider> {
    if portal.is_none() && collector.is_none() {
        return None;
    }
    // The host says "not sampled" of invocations that Application Insights keeps.
    let mut traces =
        SdkTracerProvider::builder().with_resource(resource).with_sampler(Sampler::AlwaysOn);
    if let Some(portal) = portal {
        traces = traces.with_batch_exporter(portal);
    }
    if let Some(collector) = collector {
        traces = traces.with_batch_exporter(collector);
    }
    Some(traces.build())
}

/// The exporters for a collector.
fn collector(endpoint: &str, resource: &Resource) -> anyhow::Result<otlp::Exporters> {
    otlp::exporters(endpoint, &client::Client::new()?, resource)
        .context("OTEL_EXPORTER_OTLP_ENDPOINT, or another variable of it, is invalid")
}

/// The exporter for Application Insights.
fn portal(connection_string: &str) -> anyhow::Result<Adjusted<Exporter<client::Client>>> {
    let exporter = exporter(connection_string).map_err(|error| {
        anyhow::anyhow!("APPLICATIONINSIGHTS_CONNECTION_STRING is invalid: {error}")
    })?;
    Ok(Adjusted { exporter, adjust: portal::name_invocation })
}

/// tiberius is silent: it logs what SQL Server says, and that may quote values.
fn events_from(level: Level) -> Targets {
    Targets::new().with_default(level).with_target("tiberius", LevelFilter::OFF)
}

/// The names by which the host sends its own telemetry: one app on the application map.
fn resource(setting: impl Fn(&str) -> Option<String>) -> Resource {
    let setting = |name: &str| setting(name).filter(|value| !value.is_empty());
    let role = setting("WEBSITE_SITE_NAME").map(|name| name.to_lowercase());
    let role = role.unwrap_or_else(|| "movie-analytics".to_owned());
    let instance =
        setting("WEBSITE_INSTANCE_ID").map(|id| KeyValue::new("service.instance.id", id));
    Resource::builder().with_service_name(role).with_attributes(instance).build()
}

/// The exporter insists on https, but a stand-in on this machine has no certificate.
#[expect(deprecated, reason = "there is no other way to keep http for a loopback address")]
fn exporter(
    connection_string: &str,
) -> Result<Exporter<client::Client>, Box<dyn std::error::Error + Send + Sync>> {
    let exporter = Exporter::new_from_connection_string(connection_string, client::Client::new()?)?;
    let mut fields = connection_string.split(';').filter_map(|field| field.split_once('='));
    let endpoint = fields.find(|(name, _)| name.trim().eq_ignore_ascii_case("IngestionEndpoint"));
    match endpoint.map(|(_, url)| url.trim()) {
        Some(url) if url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost") => {
            Ok(exporter.with_endpoint(url.trim_end_matches('/'))?)
        }
        _ => Ok(exporter),
    }
}

/// The host's span; a header that is not valid names none.
fn remote(traceparent: &str) -> opentelemetry::Context {
    let headers = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    TraceContextPropagator::new().extract(&headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_and_instance_are_those_of_the_host() {
        let get = |resource: &Resource, name: &'static str| {
            resource.get(&name.into()).map(|value| value.to_string())
        };
        let azure = resource(|name| Some(format!("The {name}")));
        assert_eq!(get(&azure, "service.name").as_deref(), Some("the website_site_name"));
        assert_eq!(get(&azure, "service.instance.id").as_deref(), Some("The WEBSITE_INSTANCE_ID"));
        for local in [resource(|_| None), resource(|_| Some(String::new()))] {
            assert_eq!(get(&local, "service.name").as_deref(), Some("movie-analytics"));
            assert_eq!(get(&local, "service.instance.id"), None);
        }
    }
}
