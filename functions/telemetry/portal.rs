//! Events as the portal looks for them.

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::trace::SpanData;

/// Our name of the id, and the host's, which the portal's page of an invocation filters by.
const IDS: (&str, &str) = ("invocation_id", "InvocationId");

/// Gives every event of an invocation its id, by the host's name too, so that the page shows it.
pub fn name_invocation(span: &mut SpanData) {
    let is_id = |attribute: &&KeyValue| attribute.key.as_str() == IDS.0;
    let Some(id) = span.attributes.iter().find(is_id).map(|id| id.value.clone()) else { return };
    for event in &mut span.events.events {
        let add = |name| KeyValue::new(Key::from_static_str(name), id.clone());
        if !event.attributes.iter().any(|attribute| is_id(&attribute)) {
            event.attributes.push(add(IDS.0));
        }
        event.attributes.push(add(IDS.1));
    }
}
