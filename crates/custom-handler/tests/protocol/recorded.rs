//! Each request that was recorded from the Functions host goes to the server as it came: these
//! are the values that handlers get.

#[path = "../common/recorded.rs"]
mod requests;

use std::collections::BTreeSet;

use crate::common::Server;
use chrono::{DateTime, Utc};
use custom_handler::{App, Context, HttpRequest, QueueMessage, Timer, Trigger};
use requests::Recorded;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

const QUEUE: [&str; 9] = [
    "admin_queue",
    "queue_binary",
    "queue_cloud_event",
    "queue_empty",
    "queue_event_grid_event",
    "queue_json",
    "queue_json_array",
    "queue_quoted_text",
    "queue_text",
];
const TIMER: [&str; 6] = [
    "admin_timer",
    "timer_first_run",
    "timer_past_due",
    "timer_second_attempt",
    "timer_with_retry_policy",
    "timer_without_monitor",
];
const HTTP: [&str; 7] = [
    "http_delete_with_master_key",
    "http_get_plain",
    "http_get_route_and_repeated_query",
    "http_post_chunked_loses_its_body",
    "http_post_json_with_key",
    "http_post_no_body",
    "http_post_text",
];

#[test]
fn no_recorded_request_is_left_out() {
    let covered = QUEUE.iter().chain(&TIMER).chain(&HTTP).map(|&name| name.to_owned());
    assert_eq!(requests::names(), covered.collect::<BTreeSet<_>>());
}

/// Sends a request to an app of this one function, and returns what its handler was given.
async fn received<T: Trigger>(name: &str) -> T {
    let recorded = Recorded::read(name);
    let (sender, mut seen) = unbounded_channel();
    let app = App::new().function(recorded.function(), move |trigger: T, context: Context| {
        let sent = sender.send((trigger, context)).map_err(|_| "nobody waits");
        async move { sent }
    });
    let server = Server::start(app).await;
    let reply = server.connect().await.replay(&recorded.head, &recorded.body).await;
    assert_eq!(reply.status, 200, "{name}: {}", reply.body);
    let (trigger, context) = seen.recv().await.unwrap();
    assert_eq!(context.function(), recorded.function());
    let id = recorded.header("X-Azure-Functions-InvocationId");
    assert_eq!((Some(context.invocation_id()), context.traceparent()), (id, None), "{name}");
    trigger
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn queue_messages() {
    for name in QUEUE {
        let message: QueueMessage = received(name).await;
        let (text, deliveries) = match name {
            "admin_queue" => ("from the portal", 0),
            "queue_binary" | "queue_text" => ("hello!!", 1),
            "queue_empty" => ("", 1),
            "queue_json_array" => ("[1,2]", 1),
            "queue_quoted_text" => ("\"quoted\"", 1),
            "queue_json" => ("{\"container\":", 1),
            "queue_cloud_event" => ("{\"specversion\":", 1),
            _ => ("{\"topic\":", 1),
        };
        match text.starts_with('{') {
            true => assert!(message.text().unwrap().starts_with(text), "{name}"),
            false => assert_eq!(message.text(), Ok(text), "{name}"),
        }
        assert_eq!(message.dequeue_count, Some(deliveries), "{name}");
    }
}

#[tokio::test]
async fn events_within_queue_messages() {
    let message: QueueMessage = received("queue_cloud_event").await;
    let event: Value = message.json().unwrap();
    assert_eq!(event["time"], "2026-11-23T06:15:00.9584103Z", "the text, untouched");
    assert_eq!(event["data"]["url"], "https://contosolake.blob.core.windows.net/raw/a.csv");
    let message: QueueMessage = received("queue_event_grid_event").await;
    let event: Value = message.json().unwrap();
    assert_eq!(event["eventTime"], "2026-11-23T06:15:00.9584103Z", "the text, untouched");
    assert_eq!(event["data"]["sequencer"], "00000000000004420000000000028963");
    let message: QueueMessage = received("queue_json").await;
    let expected = json!({
        "container": "landing", "attempt": 1, "opts": { "force": true }, "tags": ["a", "b"],
        "note": null, "flag": true, "when": "2026-11-23T06:15:00.9584103Z", "id": "mine",
    });
    assert_eq!(message.json(), Ok(expected));
}

#[tokio::test]
async fn timers() {
    for name in TIMER {
        let next = match name {
            "admin_timer" | "timer_first_run" => time("2026-11-28T11:10:00Z"),
            "timer_with_retry_policy" => time("2026-11-28T11:10:30Z"),
            "timer_past_due" => time("2026-11-28T11:27:00Z"),
            "timer_second_attempt" => time("2026-11-28T11:23:00Z"),
            _ => None,
        };
        let timer: Timer = received(name).await;
        assert_eq!(timer, Timer { is_past_due: name == "timer_past_due", next }, "{name}");
    }
}

#[tokio::test]
async fn http_requests() {
    for name in HTTP {
        let request: HttpRequest = received(name).await;
        let function_key = "http://127.0.0.1:7071/api/post?code=function-key";
        let (method, url, query, body) = match name {
            "http_delete_with_master_key" => {
                let url = "http://127.0.0.1:7071/api/post?code=master-key";
                ("DELETE", url, json!({ "code": "master-key" }), "")
            }
            "http_get_plain" => ("GET", "http://127.0.0.1:7071/api/res", json!({}), ""),
            "http_get_route_and_repeated_query" => {
                let url = "http://127.0.0.1:7071/api/things/toy/7?x=1&y=a%20b&y=c";
                ("GET", url, json!({ "x": "1", "y": "a b,c" }), "")
            }
            _ => {
                let body = match name {
                    "http_post_json_with_key" => r#"{"path":"a/b.csv","n":3,"deep":{"z":1}}"#,
                    "http_post_text" => "plain body",
                    _ => "",
                };
                ("POST", function_key, json!({ "code": "function-key" }), body)
            }
        };
        assert_eq!((&*request.method, &*request.url), (method, url), "{name}");
        assert_eq!(json!(request.query), query, "{name}");
        assert_eq!(request.text(), Ok(body), "{name}");
        assert_eq!(request.headers.get("user-agent"), Some("curl/7.88.1"), "{name}");
        let kind = match name {
            "http_post_chunked_loses_its_body" | "http_post_json_with_key" => {
                Some("application/json")
            }
            "http_post_no_body" => Some("application/octet-stream"),
            "http_post_text" => Some("text/plain"),
            _ => None,
        };
        assert_eq!(request.headers.get("content-type"), kind, "{name}");
    }
}
