//! The stand-in, given the trigger of a recorded request, makes the same request, apart from ids
//! and times.

use std::{collections::BTreeSet, fs};

use chrono::{TimeDelta, Utc};
use functions_host::{Keys, TestHost};
use serde_json::{Map, Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    requests::{self, Recorded},
    world::{World, client, eventually},
};

const QUEUE: [&str; 8] = [
    "queue_binary",
    "queue_cloud_event",
    "queue_empty",
    "queue_event_grid_event",
    "queue_json",
    "queue_json_array",
    "queue_quoted_text",
    "queue_text",
];
/// What the host was sent, after request line and `Host`.
const HTTP: [(&str, &str, &str); 7] = [
    ("http_delete_with_master_key", "DELETE /api/post?code=master-key", "\n"),
    ("http_get_plain", "GET /api/res", "\n"),
    (
        "http_get_route_and_repeated_query",
        "GET /api/things/toy/7?x=1&y=a%20b&y=c",
        "X-Custom: v\n\n",
    ),
    (
        "http_post_chunked_loses_its_body",
        "POST /api/post?code=function-key",
        "Content-Type: application/json\nTransfer-Encoding: chunked\n\nc\n{\"path\":\"a\"}\n0\n\n",
    ),
    (
        "http_post_json_with_key",
        "POST /api/post?code=function-key",
        "Content-Type: application/json\nContent-Length: 39\n\n\
         {\"path\":\"a/b.csv\",\"n\":3,\"deep\":{\"z\":1}}",
    ),
    (
        "http_post_no_body",
        "POST /api/post?code=function-key",
        "Content-Type: application/octet-stream\nContent-Length: 0\n\n",
    ),
    (
        "http_post_text",
        "POST /api/post?code=function-key",
        "Content-Type: text/plain\nContent-Length: 10\n\nplain body",
    ),
];
const TIMER: [&str; 4] =
    ["admin_timer", "timer_first_run", "timer_with_retry_policy", "timer_without_monitor"];
const OTHERS: [&str; 3] = ["admin_queue", "timer_past_due", "timer_second_attempt"];

#[test]
fn no_recorded_request_is_left_out() {
    let names = QUEUE.iter().chain(&TIMER).chain(&OTHERS).copied();
    let covered: BTreeSet<_> =
        names.chain(HTTP.iter().map(|(name, ..)| *name)).map(str::to_owned).collect();
    assert_eq!(requests::names(), covered);
}

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

/// The headers but for port and id.
fn headers<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeSet<String> {
    let varying = ["host", "x-azure-functions-invocationid"];
    all.map(|(name, value)| match name.to_ascii_lowercase() {
        name if varying.contains(&&*name) => name,
        name => format!("{name}: {value}"),
    })
    .collect()
}

fn assert_same(name: &str, made: &Value) {
    let recorded = Recorded::read(name);
    assert_eq!(made["path"], format!("/{}", recorded.function()), "{name}");
    let made_headers = made["headers"].as_object().unwrap().iter();
    let made_headers =
        headers(made_headers.map(|(name, value)| (&**name, value.as_str().unwrap())));
    assert_eq!(made_headers, headers(recorded.headers()), "{name}");
    let (made, recorded) = (masked(made["body"].clone()), masked(recorded.json()));
    assert_eq!(made, recorded, "{name}: {made:#} instead of {recorded:#}");
}

/// The request number `at`, once it was made.
async fn request(world: &World, at: usize) -> Value {
    eventually(async || world.requests().len() > at).await;
    world.requests().remove(at)
}

fn queue(name: &str) -> Value {
    json!({ "bindings": [{ "type": "queueTrigger", "direction": "in", "name": "msg",
        "queueName": name, "connection": "LAKE" }] })
}

async fn world() -> World {
    let mut world = World::new().await;
    world.options.telemetry = false;
    world
}

#[tokio::test]
async fn queue_messages() {
    let world = world().await;
    let mut binary = queue("binary");
    binary["bindings"][0]["dataType"] = json!("binary");
    world.function("q_text", queue("text")).function("q_bin", binary);
    for name in ["text", "binary"] {
        world.queues.create(name).await.unwrap();
    }
    let host = world.start().await;
    for (at, name) in QUEUE.into_iter().enumerate() {
        let recorded = Recorded::read(name).json();
        let (to, text) = match name {
            "queue_binary" => ("binary", "hello!!".to_owned()),
            _ => ("text", serde_json::from_str(recorded["Data"]["msg"].as_str().unwrap()).unwrap()),
        };
        world.queues.put(to, &text).await.unwrap();
        assert_same(name, &request(&world, at).await);
    }
    post_admin(&host, "q_text", json!({ "input": "from the portal" })).await;
    assert_same("admin_queue", &request(&world, QUEUE.len()).await);
}

async fn post_admin(host: &TestHost, function: &str, body: Value) {
    let client = client();
    let request = client.post(host.url(&format!("/admin/functions/{function}")));
    assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), 202);
}

#[tokio::test]
async fn http_requests() {
    let mut world = world().await;
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
    let url = host.url("");
    for (at, (name, line, rest)) in HTTP.into_iter().enumerate() {
        let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
        let (head, body) = rest.split_once("\n\n").unwrap_or(("", ""));
        let head = format!(
            "{line} HTTP/1.1\nHost: 127.0.0.1:7071\nUser-Agent: curl/7.88.1\nAccept: */*\n{head}"
        );
        let head = head.trim_end().replace('\n', "\r\n");
        let body = if rest.contains("chunked") { body.replace('\n', "\r\n") } else { body.into() };
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.unwrap();
        assert_same(name, &request(&world, at).await);
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
    let mut world = world().await;
    let mut without_monitor = timer(None);
    without_monitor["bindings"][0]["useMonitor"] = json!(false);
    world.function("t_mon", timer(None)).function("t_nomon", without_monitor);
    world.function("t_retry", timer(Some(2)));
    world.set("WHEN", soon());
    let host = world.start().await;
    post_admin(&host, "t_mon", json!({})).await;
    assert_same("admin_timer", &request(&world, 0).await);
    request(&world, 3).await;
    for name in &TIMER[1..] {
        let path = format!("/{}", Recorded::read(name).function());
        let made = world.requests().split_off(1).into_iter().find(|made| made["path"] == path);
        assert_same(name, &made.unwrap());
    }
}

/// What a host before this one left behind.
fn leave_status(world: &mut World, last: &str, next: &str) {
    let state = world.folder.path().join("state");
    fs::create_dir_all(&state).unwrap();
    let schedule = &world.settings["WHEN"];
    let status = json!({ "Schedule": schedule, "Last": last, "Next": next, "LastUpdated": last });
    fs::write(state.join("build_fact_movie_analytics.json"), status.to_string()).unwrap();
    world.options.state = Some(state);
}

#[tokio::test]
async fn a_timer_that_is_past_due() {
    let mut world = world().await;
    world.set("WHEN", "0 0 0 29 2 *").function("build_fact_movie_analytics", timer(Some(3)));
    let (last, next) = ("2026-11-28T11:26:00.5654171+00:00", "2026-11-28T11:27:00+00:00");
    leave_status(&mut world, last, next);
    let _host = world.start().await;
    let made = request(&world, 0).await;
    assert_same("timer_past_due", &made);
    let status = &made["body"]["Data"]["timer"]["ScheduleStatus"];
    assert_eq!((&status["Last"], &status["Next"]), (&json!(last), &json!(next)), "to the digit");
}

#[tokio::test]
async fn a_timer_that_is_tried_again() {
    let mut world = world().await;
    world.set("WHEN", soon()).function("build_fact_movie_analytics", timer(Some(3)));
    world.set("DO", json!({ "status": 500, "once": world.once() }));
    leave_status(&mut world, "2026-11-28T11:22:00.0033366+00:00", "2126-11-28T11:23:00+00:00");
    let _host = world.start().await;
    assert_same("timer_second_attempt", &request(&world, 1).await);
}
