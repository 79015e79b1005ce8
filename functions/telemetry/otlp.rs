//! Traces, logs and metrics to the collector that OpenTelemetry's own variables name, as protobuf
//! over HTTP: `OTEL_EXPORTER_OTLP_ENDPOINT`, and those of the exporter for headers, time limits
//! and single signals.

use std::time::Duration;

use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, Protocol, SpanExporter, WithExportConfig,
    WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource, error::OTelSdkResult, logs::SdkLoggerProvider, metrics::SdkMeterProvider,
    trace::SpanData,
};

use super::client::Client;

/// One exporter for each signal.
pub struct Exporters {
    pub spans: Lean,
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
        spans: Lean(spans),
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

/// Spans without their events, which go out as logs; failures stay, as they belong to both.
#[derive(Debug)]
pub struct Lean(SpanExporter);

impl opentelemetry_sdk::trace::SpanExporter for Lean {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            span.events.events.retain(|event| event.name == "exception");
        }
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
