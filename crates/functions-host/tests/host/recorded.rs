//! The stand-in, given the trigger of a recorded request, makes the same request, apart from ids
//! and times.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use functions_host::{Keys, TestHost};
use serde_json::{Map, Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    requests::{self, Recorded},
    world::{World, client, eventually},
};

/// What differs from run to run, by the names of members. Dates keep their form, and those that
/// stand for "never" their value.
const VARYING: [&str; 13] = [
    "ExpirationTime",
    "Id",
    "InsertionTime",
    "InstanceId",
    "Last",
    "LastUpdated",
    "Next",
    "NextVisibleTime",
    "PopReceipt",
    "RandGuid",
    "StackTrace",
    "StackTraceString",
    "UtcNow",
];

fn mask(members: &mut Map<String, Value>, message: &str) {
    for (name, value) in members {
        match value {
            Value::Object(inner) => mask(inner, message),
            Value::String(text) if VARYING.contains(&name.as_str()) => {
                let never = text.starts_with("9999-") || text.starts_with("0001-");
                // An id that the message brought is the same in each run.
                let own = name == "Id" && message.contains(text.trim_matches('"'));
                if name.starts_with("StackTrace") {
                    text.clear();
                } else if !never && !own {
                    let mut masked = String::new();
                    for c in text.chars() {
                        match c.is_ascii_alphanumeric() {
                            true if masked.ends_with('x') => {}
                            true => masked.push('x'),
                            false => masked.push(c),
                        }
                    }
                    *text = masked;
                }
            }
            _ => {}
        }
    }
}

fn masked(mut body: Value) -> Value {
    let message = body["Data"].to_string();
    mask(body.as_object_mut().unwrap(), &message);
    body
}

/// The headers but for port and id. The recorded host had no telemetry, and so sent no
/// `traceparent`.
fn headers<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeSet<String> {
    let varying = ["host", "x-azure-functions-invocationid"];
    let known = all.filter(|(name, _)| *name != "traceparent");
    known
        .map(|(name, value)| match name.to_ascii_lowercase() {
            name if varying.contains(&&*name) => name,
            name => format!("{name}: {value}"),
        })
        .collect()
}

fn assert_same(recorded: &Recorded, made: &Value) {
    let name = &recorded.name;
    assert_eq!(made["path"], format!("/{}", recorded.function()), "{name}");
    let made_headers = made["headers"].as_object().unwrap().iter();
    let made_headers =
        headers(made_headers.map(|(name, value)| (&**name, value.as_str().unwrap())));
    assert_eq!(made_headers, headers(recorded.headers()), "{name}");
    let recorded = serde_json::from_str(&recorded.body).unwrap();
    let (made, recorded) = (masked(made["body"].clone()), masked(recorded));
    assert_eq!(made, recorded, "{name}: {made:#} instead of {recorded:#}");
}

/// The request number `at`, once it was made.
async fn request(world: &World, at: usize) -> Value {
    eventually(async || world.requests().len() > at).await;
    world.requests().remove(at)
}

#[tokio::test]
async fn queue_messages() {
    let world = World::new().await;
    world.function(
        "q_text",
        json!({ "bindings": [{ "type": "queueTrigger", "direction": "in", "name": "msg",
            "queueName": "text", "connection": "LAKE" }] }),
    );
    world.queues.create("text").await.unwrap();
    let host = world.start().await;
    // The stand-in does not know `dataType`.
    let known = requests::all("queue").into_iter().filter(|one| one.name != "queue_binary");
    for (at, recorded) in known.enumerate() {
        let text = recorded.expected["text"].as_str().unwrap();
        match recorded.name.as_str() {
            "queue_by_admin" => post_admin(&host, "q_text", json!({ "input": text })).await,
            _ => world.queues.put("text", text).await.unwrap(),
        }
        assert_same(&recorded, &request(&world, at).await);
    }
}

async fn post_admin(host: &TestHost, function: &str, body: Value) {
    let client = client();
    let request = client.post(host.url(&format!("/admin/functions/{function}")));
    assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), 202);
}

#[tokio::test]
async fn http_requests() {
    let mut world = World::new().await;
    let function = |name: &str, level: &str, route: &str, methods: Value| {
        json!({ "bindings": [
            { "type": "httpTrigger", "direction": "in", "name": name, "methods": methods,
              "route": route, "authLevel": level },
            { "type": "http", "direction": "out", "name": "response" },
        ] })
    };
    world.function("h_res", function("req", "anonymous", "res", json!(["get"])));
    world.function("h_get", function("request", "anonymous", "things/{kind}/{id}", json!(["get"])));
    world.function("h_post", function("request", "function", "post", json!(["post", "delete"])));
    let (function, master) = ("function-key".to_owned(), "master-key".to_owned());
    world.options.check_keys = Some(Keys { function, master });
    let host = world.start().await;
    let address = host.url("").replace("http://", "");
    for (at, recorded) in requests::all("http").into_iter().enumerate() {
        let body: Value = serde_json::from_str(&recorded.body).unwrap();
        let sent = body["Data"].as_object().unwrap().values().next().unwrap();
        let text = |name: &str| sent[name].as_str().unwrap_or_default();
        let path = text("Url").strip_prefix("http://127.0.0.1:7071").unwrap();
        let mut text_of_request = format!("{} {path} HTTP/1.1\r\n", text("Method"));
        for (name, values) in sent["Headers"].as_object().unwrap() {
            text_of_request += &format!("{name}: {}\r\n", values[0].as_str().unwrap());
        }
        // The host loses a body in chunks.
        let chunked = sent["Headers"].get("Transfer-Encoding").is_some();
        let body = if chunked { "1\r\nx\r\n0\r\n\r\n" } else { text("Body") };
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(format!("{text_of_request}\r\n{body}").as_bytes()).await.unwrap();
        assert_same(&recorded, &request(&world, at).await);
    }
}

/// A schedule that fires in some seconds, and each day again.
fn soon() -> String {
    (Utc::now() + TimeDelta::seconds(6)).format("%-S %-M %-H * * *").to_string()
}

fn timer(retries: Option<u32>) -> Value {
    let mut timer = json!({ "bindings": [{ "type": "timerTrigger", "direction": "in",
        "name": "timer", "schedule": "%WHEN%" }] });
    if let Some(retries) = retries {
        timer["retry"] = json!({ "strategy": "fixedDelay", "maxRetryCount": retries,
            "delayInterval": "00:00:00.1" });
    }
    timer
}

#[tokio::test]
async fn timers() {
    let mut world = World::new().await;
    let mut without_monitor = timer(None);
    without_monitor["bindings"][0]["useMonitor"] = json!(false);
    world.function("t_mon", timer(None)).function("t_nomon", without_monitor);
    world.function("t_retry", timer(Some(2)));
    world.set("WHEN", soon());
    let host = world.start().await;
    post_admin(&host, "t_mon", json!({})).await;
    request(&world, 3).await;
    let made = world.requests();
    for recorded in requests::all("timer") {
        let path = format!("/{}", recorded.function());
        let mut fired = made[1..].iter();
        let made = match recorded.name.as_str() {
            "timer_by_admin" => &made[0],
            "timer_past_due" | "timer_second_attempt" => continue,
            _ => fired.find(|made| made["path"] == path).unwrap(),
        };
        assert_same(&recorded, made);
    }
}

fn timer_request(name: &str) -> Recorded {
    requests::all("timer").into_iter().find(|recorded| recorded.name == name).unwrap()
}

#[tokio::test]
async fn a_timer_that_is_past_due() {
    let mut world = World::new().await;
    world.set("WHEN", "0 0 0 29 2 *").function("build_fact_movie_analytics", timer(Some(3)));
    let (last, next) = ("2026-11-28T11:26:00.5654171+00:00", "2026-11-28T11:27:00+00:00");
    world.leave_status("build_fact_movie_analytics", last, next);
    let _host = world.start().await;
    let made = request(&world, 0).await;
    assert_same(&timer_request("timer_past_due"), &made);
    let status = &made["body"]["Data"]["timer"]["ScheduleStatus"];
    assert_eq!((&status["Last"], &status["Next"]), (&json!(last), &json!(next)), "to the digit");
}

#[tokio::test]
async fn a_timer_that_is_tried_again() {
    let mut world = World::new().await;
    world.set("WHEN", soon()).function("build_fact_movie_analytics", timer(Some(3)));
    world.set("DO", json!({ "status": 500, "once": world.once() }));
    let (last, next) = ("2026-11-28T11:22:00.0033366+00:00", "2126-11-28T11:23:00+00:00");
    world.leave_status("build_fact_movie_analytics", last, next);
    let _host = world.start().await;
    assert_same(&timer_request("timer_second_attempt"), &request(&world, 1).await);
}
