//! Events as the portal looks for them.

use std::time::Duration;

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};

/// Our name of the id, and the host's, which the portal's page of an invocation filters by.
const IDS: (&str, &str) = ("invocation_id", "InvocationId");

/// Gives every event of an invocation its id, by the host's name too, so that the page shows it.
#[derive(Debug)]
pub struct Exporter<E>(pub E);

impl<E: SpanExporter> SpanExporter for Exporter<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            let is_id = |attribute: &&KeyValue| attribute.key.as_str() == IDS.0;
            let Some(id) = span.attributes.iter().find(is_id).map(|id| id.value.clone()) else {
                continue;
            };
            for event in &mut span.events.events {
                let add = |name| KeyValue::new(Key::from_static_str(name), id.clone());
                if !event.attributes.iter().any(|attribute| is_id(&attribute)) {
                    event.attributes.push(add(IDS.0));
                }
                event.attributes.push(add(IDS.1));
            }
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
