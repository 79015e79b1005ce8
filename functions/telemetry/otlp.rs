//! Traces, logs and metrics to the collector that OpenTelemetry's own variables name, as protobuf
//! over HTTP: `OTEL_EXPORTER_OTLP_ENDPOINT`, and those of the exporter for headers, time limits
//! and single signals.

use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, Protocol, SpanExporter, WithExportConfig,
    WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource, logs::SdkLoggerProvider, metrics::SdkMeterProvider, trace::SpanData,
};

use super::{adjusted::Adjusted, client::Client};

/// One exporter for each signal.
pub struct Exporters {
    pub spans: Adjusted<SpanExporter>,
    pub logs: SdkLoggerProvider,
    pub metrics: SdkMeterProvider,
}

/// The exporters for a collector at `endpoint`, the base of the three addresses.
pub fn exporters(
    endpoint: &str,
    client: &Client,
    resource: &Resource,
) -> Result<Exporters, ExporterBuildError> {
    let spans = to(SpanExporter::builder().with_http(), endpoint, "traces", client).build()?;
    let logs = to(LogExporter::builder().with_http(), endpoint, "logs", client).build()?;
    let metrics = to(MetricExporter::builder().with_http(), endpoint, "metrics", client).build()?;
    Ok(Exporters {
        spans: Adjusted { exporter: spans, adjust: without_events },
        logs: SdkLoggerProvider::builder()
            .with_resource(resource.clone())
            .with_batch_exporter(logs)
            .build(),
        metrics: SdkMeterProvider::builder()
            .with_resource(resource.clone())
            .with_periodic_exporter(metrics)
            .build(),
    })
}

fn to<B: WithExportConfig + WithHttpConfig>(
    builder: B,
    endpoint: &str,
    signal: &str,
    client: &Client,
) -> B {
    let builder = builder.with_http_client(client.clone()).with_protocol(Protocol::HttpBinary);
    // A variable of the signal says the whole address, and what is given here would override it.
    let own = format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.to_uppercase());
    match std::env::var_os(own) {
        Some(_) => builder,
        None => builder.with_endpoint(format!("{}/v1/{signal}", endpoint.trim_end_matches('/'))),
    }
}

/// Events go out as logs; failures stay in their span too, as they belong to both.
fn without_events(span: &mut SpanData) {
    span.events.events.retain(|event| event.name == "exception");
}
