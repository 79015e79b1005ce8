//! A stand-in for a collector of OpenTelemetry, which understands protobuf over HTTP.

#![allow(clippy::unwrap_used)]

use std::{sync::mpsc, time::Duration};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::Metric,
    trace::v1::Span,
};
use prost::Message;

use super::receiver::{Request, listen};

/// What was sent to it.
pub struct Collector {
    port: u16,
    requests: mpsc::Receiver<Request>,
}

/// All that was sent, by signal.
#[derive(Default)]
pub struct Sent {
    pub spans: Vec<Span>,
    pub logs: Vec<LogRecord>,
    /// Of each export, the newest last.
    pub metrics: Vec<Metric>,
    /// `service.name` of each request.
    pub services: Vec<String>,
    /// The header `api-key` of each request.
    pub keys: Vec<Option<String>>,
}

impl Collector {
    /// Listens on a port of its own.
    pub fn start() -> Self {
        let (sender, requests) = mpsc::channel();
        let port = listen(move |request| {
            sender.send(request).unwrap();
            ("application/x-protobuf", Vec::new())
        });
        Self { port, requests }
    }

    /// The base address to send to.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Everything, decoded.
    pub fn sent(self) -> Sent {
        let mut sent = Sent::default();
        let next = || self.requests.recv_timeout(Duration::from_millis(300)).ok();
        for request in std::iter::from_fn(next) {
            assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
            sent.keys.push(request.header("api-key").map(str::to_owned));
            let body = &request.body[..];
            let resource = match request.head.split(' ').nth(1).unwrap() {
                "/v1/traces" => {
                    let [one] =
                        &ExportTraceServiceRequest::decode(body).unwrap().resource_spans[..]
                    else {
                        panic!("one resource")
                    };
                    let spans = one.scope_spans.iter().flat_map(|scope| scope.spans.clone());
                    sent.spans.extend(spans);
                    one.resource.clone()
                }
                "/v1/logs" => {
                    let [one] = &ExportLogsServiceRequest::decode(body).unwrap().resource_logs[..]
                    else {
                        panic!("one resource")
                    };
                    let logs = one.scope_logs.iter().flat_map(|scope| scope.log_records.clone());
                    sent.logs.extend(logs);
                    one.resource.clone()
                }
                "/v1/metrics" => {
                    let request = ExportMetricsServiceRequest::decode(body).unwrap();
                    let [one] = &request.resource_metrics[..] else { panic!("one resource") };
                    let metrics = one.scope_metrics.iter().flat_map(|scope| scope.metrics.clone());
                    sent.metrics.extend(metrics);
                    one.resource.clone()
                }
                other => panic!("nobody listens at {other}"),
            };
            let resource = resource.unwrap();
            sent.services.push(text(&resource.attributes, "service.name").unwrap());
        }
        sent
    }
}

/// A text among attributes.
pub fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == name)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        Value::BoolValue(yes) => Some(yes.to_string()),
        other => panic!("{name} is {other:?}"),
    }
}
