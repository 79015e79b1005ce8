//! Each sample of what the host sends is decoded, and each sample of an answer is matched.

use std::{collections::BTreeSet, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use custom_handler::{
    DecodeError, EventGridEvents, HttpRequest, Payload, QueueMessage, Timer, Trigger,
};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/payloads")
}

fn payload(name: &str) -> Payload {
    let file = folder().join(format!("{name}.request.json"));
    Payload::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn decode<T: Trigger>(name: &str) -> T {
    T::decode(payload(name)).unwrap()
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

const QUEUE: [&str; 5] = [
    "queue_trigger_text",
    "queue_trigger_json",
    "queue_trigger_poison_last_try",
    "queue_trigger_eventgrid_message",
    "queue_trigger_binary",
];
const TIMER: [&str; 5] = [
    "timer_trigger",
    "timer_trigger_first_run",
    "timer_trigger_no_monitor",
    "timer_trigger_past_due",
    "timer_trigger_retry",
];
const EVENT_GRID: [&str; 3] = [
    "event_grid_trigger_cloudevents",
    "event_grid_trigger_eventgrid_schema",
    "event_grid_trigger_many",
];
const HTTP: [&str; 2] = ["http_trigger_get", "http_trigger_post"];
const BLOB: [&str; 4] = [
    "blob_trigger",
    "blob_trigger_empty_file",
    "blob_trigger_eventgrid",
    "blob_trigger_path_mismatch",
];
/// Covered in answers.rs.
const ANSWERS: [&str; 4] = ["hang_null", "http_res", "minimal", "success"];

#[test]
fn no_sample_is_left_out() {
    let entries = std::fs::read_dir(folder()).unwrap();
    let found: BTreeSet<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let requests = QUEUE.iter().chain(&TIMER).chain(&EVENT_GRID).chain(&HTTP).chain(&BLOB);
    let covered: BTreeSet<_> = requests
        .map(|name| format!("{name}.request.json"))
        .chain(ANSWERS.iter().map(|name| format!("{name}.response.json")))
        .collect();
    assert_eq!(found, covered);
}

#[test]
fn queue_messages() {
    for name in QUEUE {
        let message: QueueMessage = decode(name);
        let (tries, text) = match name {
            "queue_trigger_text" | "queue_trigger_binary" => (1, "hello!!"),
            "queue_trigger_poison_last_try" => (5, ""),
            _ => (1, ""),
        };
        assert_eq!(message.dequeue_count, Some(tries), "{name}");
        if !text.is_empty() {
            assert_eq!(message.text(), Ok(text));
            continue;
        }
        let body: Value = message.json().unwrap();
        if name == "queue_trigger_eventgrid_message" {
            assert_eq!(body["data"]["api"], "FlushWithClose");
            assert_eq!(body["eventTime"], "2026-11-23T06:15:00.9584103Z", "the text, untouched");
        } else {
            let expected = json!({
                "container": "landing", "blob": "orders/2026/11/orders_20261122.csv",
                "attempt": 1, "opts": { "force": true }, "tags": ["a", "b"], "note": null,
            });
            assert_eq!(body, expected);
        }
    }
}

#[test]
fn timers() {
    for name in TIMER {
        let timer: Timer = decode(name);
        assert_eq!(timer.is_past_due, name == "timer_trigger_past_due", "{name}");
        let next = time("2026-11-23T05:00:00Z").filter(|_| name != "timer_trigger_no_monitor");
        assert_eq!(timer.next, next, "{name}");
    }
}

#[test]
fn event_grid_events() {
    for name in EVENT_GRID {
        let events = decode::<EventGridEvents>(name);
        let [event] = events.events.as_slice() else { panic!("{name} has one event") };
        let (kind, time) = match name {
            "event_grid_trigger_cloudevents" => ("type", "time"),
            _ => ("eventType", "eventTime"),
        };
        assert_eq!(event[kind], "Microsoft.Storage.BlobCreated", "{name}");
        assert_eq!(event[time], "2026-11-23T06:15:00.9584103Z", "{name}");
        assert_eq!(event["data"]["contentLength"], 87, "{name}");
        #[derive(serde::Deserialize)]
        struct Event {
            id: String,
        }
        let typed = events.json::<Event>().unwrap();
        assert_eq!(typed[0].id, "831e1650-001e-001b-66ab-eeb76e069631");
    }
}

#[test]
fn http_requests() {
    for name in HTTP {
        let request: HttpRequest = decode(name);
        assert_eq!(request.headers.get("user-AGENT"), Some("curl/8.5.0"), "{name}");
        if name == "http_trigger_get" {
            assert_eq!(request.method, "GET");
            assert_eq!(request.url, "http://localhost:7071/api/runs/42?verbose=1");
            assert_eq!(request.query["verbose"], "1");
            assert_eq!((request.body.len(), request.headers.get("Content-Length")), (0, None));
        } else {
            assert_eq!(request.method, "POST");
            let expected = json!({ "date": "2026-11-22", "force": true });
            assert_eq!(request.json::<Value>(), Ok(expected));
            assert_eq!(request.text().map(str::len), Ok(34));
            assert!(request.query.is_empty());
        }
    }
}

/// A trigger that the crate does not have is written in a few lines.
struct Blob {
    content: Vec<u8>,
    uri: String,
    name: Option<String>,
}

impl Trigger for Blob {
    const KIND: &'static str = "blobTrigger";

    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let value = payload.take_trigger(Self::KIND, Value::is_string)?;
        let text = value.as_str().ok_or(DecodeError::Shape { expected: "a blob as a string" })?;
        let shape = |expected| DecodeError::Shape { expected };
        Ok(Self {
            content: STANDARD.decode(text).map_err(|_| shape("a blob as base64"))?,
            uri: payload.metadata_text("Uri").ok_or(shape("the blob's Uri"))?,
            name: payload.metadata_text("name"),
        })
    }
}

#[test]
fn blobs_by_a_trigger_of_ones_own() {
    for name in BLOB {
        let blob: Blob = decode(name);
        let (length, path) = match name {
            "blob_trigger_empty_file" => (0, Some("orders/2026/11/orders_20261122.csv")),
            "blob_trigger_path_mismatch" => (87, None),
            _ => (87, Some("orders/2026/11/orders_20261122.csv")),
        };
        assert_eq!((blob.content.len(), blob.name.as_deref()), (length, path), "{name}");
        assert!(blob.uri.starts_with("https://contosolake.blob.core.windows.net/"), "{name}");
    }
}

#[test]
fn inputs_do_not_hide_the_trigger_and_anything_is_a_trigger() {
    let mut payload = payload("timer_trigger_retry");
    payload.data.insert("row".into(), json!("\"x\""));
    let all = Payload::decode(payload.clone()).unwrap();
    assert_eq!((all.data.len(), all.metadata.len()), (2, 2));
    assert!(!Timer::decode(payload).unwrap().is_past_due);
}

#[test]
fn a_sample_of_one_trigger_is_refused_by_the_others() {
    assert!(Timer::decode(payload("queue_trigger_text")).is_err());
    assert!(HttpRequest::decode(payload("timer_trigger")).is_err());
    assert!(EventGridEvents::decode(payload("queue_trigger_text")).is_err());
}
