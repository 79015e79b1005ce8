//! Triggers of which no request was recorded: samples after the host's source are decoded.

use base64::{Engine, engine::general_purpose::STANDARD};
use custom_handler::{
    DecodeError, EventGridEvents, HttpRequest, Payload, QueueMessage, Timer, Trigger,
};
use serde_json::{Value, json};

fn payload(name: &str) -> Payload {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payloads");
    Payload::from_slice(&std::fs::read(format!("{folder}/{name}.request.json")).unwrap()).unwrap()
}

#[test]
fn event_grid_events_come_in_both_schemas_and_in_arrays() {
    for (name, kind, time) in [
        ("event_grid_trigger_cloudevents", "type", "time"),
        ("event_grid_trigger_eventgrid_schema", "eventType", "eventTime"),
        ("event_grid_trigger_many", "eventType", "eventTime"),
    ] {
        let events = EventGridEvents::decode(payload(name)).unwrap();
        let [event] = events.events.as_slice() else { panic!("{name} has one event") };
        assert_eq!(event[kind], "Microsoft.Storage.BlobCreated", "{name}");
        assert_eq!(event[time], "2026-11-23T06:15:00.9584103Z", "{name}");
        assert_eq!(event["data"]["contentLength"], 87, "{name}");
        assert_eq!(event["id"], "831e1650-001e-001b-66ab-eeb76e069631", "{name}");
    }
}

/// A trigger that the crate does not have is written in a few lines.
struct Blob {
    content: Vec<u8>,
    name: Option<String>,
}

impl Trigger for Blob {
    const KIND: &'static str = "blobTrigger";

    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let value = payload.take_trigger(Self::KIND, Value::is_string)?;
        let content = value.as_str().and_then(|text| STANDARD.decode(text).ok());
        let content = content.ok_or(DecodeError::new("expected a blob as base64"))?;
        Ok(Self { content, name: payload.metadata_text("name") })
    }
}

#[test]
fn blobs_by_a_trigger_of_ones_own() {
    let blob = Blob::decode(payload("blob_trigger")).unwrap();
    assert!(blob.content.starts_with(b"order_id,order_date"));
    assert_eq!(blob.name.as_deref(), Some("orders/2026/11/orders_20261122.csv"));
}

#[test]
fn inputs_do_not_hide_the_trigger() {
    let data = json!({ "row": "\"x\"", "timer": { "IsPastDue": true, "ScheduleStatus": null } });
    let body = json!({ "Data": data, "Metadata": {} }).to_string();
    let timer = Timer::decode(Payload::from_slice(body.as_bytes()).unwrap());
    assert_eq!(timer, Ok(Timer::default().past_due()));
}

#[test]
fn a_sample_of_one_trigger_is_refused_by_the_others() {
    let event = || payload("event_grid_trigger_cloudevents");
    assert!(Timer::decode(event()).is_err());
    assert!(HttpRequest::decode(event()).is_err());
    assert!(QueueMessage::decode(event()).is_err());
    assert!(EventGridEvents::decode(payload("blob_trigger")).is_err());
}
