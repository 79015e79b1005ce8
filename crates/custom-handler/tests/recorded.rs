//! Each request that was recorded from the Functions host goes to the server as it came: these
//! are the values that handlers get.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod common;
#[path = "common/recorded.rs"]
mod requests;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use common::Server;
use custom_handler::{
    App, Context, HttpRequest, QueueMessage, Retry, ScheduleStatus, Timer, Trigger,
};
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
async fn received<T: Trigger>(name: &str) -> (T, Context) {
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
    let metadata = &recorded.json()["Metadata"];
    assert_eq!(json!(context.metadata()), *metadata, "{name}: as it came");
    (trigger, context)
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn queue_messages() {
    for name in QUEUE {
        let (message, context) = received::<QueueMessage>(name).await;
        let (text, id, inserted, receipt) = match name {
            "admin_queue" => ("from the portal", None, "55", None),
            "queue_binary" => {
                let id = "3b3f0005-7b6d-4b9a-bdfd-7c7d059c0204";
                ("hello!!", Some(id), "52", Some("MjhOb3YyMDI2MTE6MDk6NTNmMjFm"))
            }
            "queue_empty" => {
                let id = "cd542436-c28a-4ec2-8266-c9fa0f8278bd";
                ("", Some(id), "52", Some("MjhOb3YyMDI2MTE6MDk6NTNjZDBh"))
            }
            "queue_json_array" => {
                let id = "48aac6ff-08ac-47f1-b280-21cba4393d49";
                ("[1,2]", Some(id), "52", Some("MjhOb3YyMDI2MTE6MDk6NTMwNjgx"))
            }
            "queue_quoted_text" => {
                let id = "ba994e4d-5ed5-4b02-a411-fba53584e5e4";
                ("\"quoted\"", Some(id), "52", Some("MjhOb3YyMDI2MTE6MDk6NTMwNjgx"))
            }
            "queue_text" => {
                let id = "fc5314f1-5cc5-459a-9e7d-10b068b5517f";
                ("hello!!", Some(id), "51", Some("MjhOb3YyMDI2MTE6MDk6NTNmNGYx"))
            }
            // Messages with an `id` of their own, which replaced that of the queue.
            "queue_json" => ("{\"container\":", None, "52", Some("MjhOb3YyMDI2MTE6MDk6NTNmNGYx")),
            "queue_cloud_event" => {
                ("{\"specversion\":", None, "54", Some("MjhOb3YyMDI2MTE6MDk6NTQxZDlj"))
            }
            _ => ("{\"topic\":", None, "53", Some("MjhOb3YyMDI2MTE6MDk6NTQ3NzE0")),
        };
        match text.starts_with('{') {
            true => assert!(message.text().unwrap().starts_with(text), "{name}"),
            false => assert_eq!(message.text(), Ok(text), "{name}"),
        }
        assert_eq!(
            (message.id.as_deref(), message.pop_receipt.as_deref()),
            (id, receipt),
            "{name}"
        );
        let never = time("9999-12-31T23:59:59Z");
        let (deliveries, expires) = match name {
            "admin_queue" => (0, never),
            _ => (1, time(&format!("2026-12-05T11:09:{inserted}Z"))),
        };
        assert_eq!(message.dequeue_count, Some(deliveries), "{name}");
        assert_eq!(message.expiration_time, expires, "{name}");
        assert_eq!(
            message.insertion_time,
            time(&format!("2026-11-28T11:09:{inserted}Z")),
            "{name}"
        );
        let visible = match name {
            "admin_queue" => never,
            "queue_cloud_event" | "queue_event_grid_event" => time("2026-11-28T11:19:54Z"),
            _ => time("2026-11-28T11:19:53Z"),
        };
        assert_eq!(message.next_visible_time, visible, "{name}");
        assert_eq!(context.retry(), None, "{name}");
    }
}

#[tokio::test]
async fn events_within_queue_messages() {
    let (message, _) = received::<QueueMessage>("queue_cloud_event").await;
    let event: Value = message.json().unwrap();
    assert_eq!(event["time"], "2026-11-23T06:15:00.9584103Z", "the text, untouched");
    assert_eq!(event["data"]["url"], "https://contosolake.blob.core.windows.net/raw/a.csv");
    let (message, _) = received::<QueueMessage>("queue_event_grid_event").await;
    let event: Value = message.json().unwrap();
    assert_eq!(event["eventTime"], "2026-11-23T06:15:00.9584103Z", "the text, untouched");
    assert_eq!(event["data"]["sequencer"], "00000000000004420000000000028963");
    let (message, _) = received::<QueueMessage>("queue_json").await;
    let expected = json!({
        "container": "landing", "attempt": 1, "opts": { "force": true }, "tags": ["a", "b"],
        "note": null, "flag": true, "when": "2026-11-23T06:15:00.9584103Z", "id": "mine",
    });
    assert_eq!(message.json(), Ok(expected));
}

#[tokio::test]
async fn timers() {
    for name in TIMER {
        let (timer, context) = received::<Timer>(name).await;
        let status = |last: Option<&str>, next, updated: &str| {
            let last = last.and_then(time);
            Some(ScheduleStatus { last, next: time(next), last_updated: time(updated) })
        };
        let started = "2026-11-28T11:08:36.584618Z";
        let (status, retry) = match name {
            "admin_timer" | "timer_first_run" => {
                (status(None, "2026-11-28T11:10:00Z", started), None)
            }
            "timer_with_retry_policy" => {
                let started = "2026-11-28T11:08:36.5846348Z";
                (status(None, "2026-11-28T11:10:30Z", started), Some((0, 2)))
            }
            "timer_past_due" => {
                let last = "2026-11-28T11:26:00.5654171Z";
                (status(Some(last), "2026-11-28T11:27:00Z", last), Some((0, 3)))
            }
            "timer_second_attempt" => {
                let last = "2026-11-28T11:22:00.0033366Z";
                (status(Some(last), "2026-11-28T11:23:00Z", last), Some((1, 3)))
            }
            _ => (None, None),
        };
        assert_eq!(timer, Timer { is_past_due: name == "timer_past_due", status }, "{name}");
        let retry = retry.map(|(count, max)| Retry { count, max: Some(max) });
        assert_eq!(context.retry(), retry, "{name}");
    }
}

#[tokio::test]
async fn http_requests() {
    for name in HTTP {
        let (request, context) = received::<HttpRequest>(name).await;
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
        let params = match name {
            "http_get_route_and_repeated_query" => json!({ "kind": "toy", "id": "7" }),
            _ => json!({}),
        };
        assert_eq!(json!(request.params), params, "{name}");
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
        let key = match name {
            "http_delete_with_master_key" => json!(["Admin", "true", "master"]),
            "http_get_plain" | "http_get_route_and_repeated_query" => json!([]),
            _ => json!(["Function", "true", "default"]),
        };
        let claims = request.identities[0]["Claims"].as_array().unwrap();
        let values: Vec<_> = claims.iter().map(|claim| &claim["Value"]).collect();
        assert_eq!(json!(values), key, "{name}");
        assert!(!context.metadata().contains_key("code"), "{name}: a key is no parameter");
    }
}
