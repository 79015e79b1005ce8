//! Timers fire, are past due, and are repeated under `retry` only.

use std::{collections::BTreeSet, fs, time::Duration};

use chrono::{TimeDelta, Utc};
use functions_host::Invocation;
use serde_json::{Value, json};

use crate::world::{LIMIT, World, eventually};

fn timer(schedule: &str) -> Value {
    json!({ "type": "timerTrigger", "direction": "in", "name": "t", "schedule": schedule })
}

/// 29 February: not while this test runs.
const SELDOM: &str = "0 0 0 29 2 *";

#[tokio::test]
async fn a_missed_occurrence_runs_once_at_the_next_start() {
    let mut world = World::new().await;
    let state = world.folder.path().join("state");
    world.options.state = Some(state.clone());
    world.set("WHEN", SELDOM).function("f", json!({ "bindings": [timer("%WHEN%")] }));
    let host = world.start().await;
    let ran = host.run("f", "").await.unwrap();
    assert!(ran.succeeded && ran.reason.contains("host APIs"));
    let first = &world.requests()[0]["body"]["Data"]["t"];
    assert_eq!(first["ScheduleStatus"]["Last"], "0001-01-01T00:00:00+00:00", "it never ran");
    assert_eq!(first["IsPastDue"], false);
    host.stop().await;

    let file = state.join("f.json");
    let mut status: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    status["Next"] = json!("2024-02-29T00:00:00+00:00");
    fs::write(&file, status.to_string()).unwrap();
    let host = world.start().await;
    let all = host.wait_until(|all| !all.is_empty(), LIMIT).await.unwrap();
    assert!(all[0].reason.contains("IsPastDue"), "{}", all[0]);
    let late = &world.requests()[1]["body"]["Data"]["t"];
    assert_eq!(late["IsPastDue"], true);
    assert_eq!(late["ScheduleStatus"]["Next"], "2024-02-29T00:00:00+00:00", "the missed one");
    host.stop().await;

    let host = world.start().await;
    let ran = host.run("f", "").await.unwrap();
    assert!(ran.succeeded && host.invocations().len() == 1, "it is made up for");
    let status = &world.requests()[2]["body"]["Data"]["t"]["ScheduleStatus"];
    assert!(status["Last"].as_str().unwrap() > "2024", "{status}");
}

#[tokio::test]
async fn a_timer_fires_on_schedule_and_fails_without_a_second_try() {
    let mut world = World::new().await;
    world.set("DO", json!({ "status": 500 }));
    world.function("f", json!({ "bindings": [timer("* * * * * *")] }));
    let host = world.start().await;
    host.wait_until(|all| all.len() == 2, LIMIT).await.unwrap();
    let bodies = world.requests();
    let first = &bodies[0]["body"];
    assert_eq!(first["Data"]["t"]["ScheduleStatus"], Value::Null, "more often than each minute");
    assert_eq!(first["Metadata"]["RetryContext"], Value::Null);
    let all = host.invocations();
    assert!(all[1].started - all[0].started > chrono::Duration::milliseconds(500));
}

#[tokio::test]
async fn timers_fire_up_to_two_milliseconds_early_and_never_twice() {
    let world = World::new().await;
    world.function("f", json!({ "bindings": [timer("* * * * * *")] }));
    let host = world.start().await;
    let is_early = |one: &Invocation| one.started.timestamp_subsec_millis() >= 998;
    let all =
        host.wait_until(|all| all.len() > 2 && all.iter().any(is_early), LIMIT).await.unwrap();
    let second = |one: &Invocation| (one.started + TimeDelta::milliseconds(2)).timestamp();
    let seconds: BTreeSet<i64> = all.iter().map(second).collect();
    assert_eq!(seconds.len(), all.len(), "each occurrence once: {seconds:?}");
}

#[tokio::test]
async fn an_occurrence_that_was_missed_meanwhile_fires_at_once() {
    let mut world = World::new().await;
    let [first, second] = [4, 6].map(|after| Utc::now() + TimeDelta::seconds(after));
    let pair = |form: &str| format!("{},{}", first.format(form), second.format(form));
    let schedule = ["%-S", "%-M", "%-H"].map(pair).join(" ") + " * * *";
    // The first one runs until the second is over.
    world.set("DO", json!({ "sleep_ms": 3000, "once": world.once() }));
    world.function("f", json!({ "bindings": [timer(&schedule)] }));
    let host = world.start().await;
    let all = host.wait_until(|all| all.len() == 2, LIMIT).await.unwrap();
    assert!(all[0].duration >= Duration::from_secs(3) && all[1].started > second);
    assert_eq!(world.requests()[1]["body"]["Data"]["t"]["IsPastDue"], false);
}

/// A timer that is past due, fails (once, or each time), and is repeated twice at most.
async fn world_with_retry(once: bool) -> World {
    let mut world = World::new().await;
    let retry =
        json!({ "strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00.1" });
    world.function("f", json!({ "bindings": [timer("%WHEN%")], "retry": retry }));
    world.set("WHEN", SELDOM);
    world.leave_status("f", "2023-02-28T00:00:00+00:00", "2024-02-29T00:00:00+00:00");
    let mut failure = json!({ "status": 500 });
    if once {
        failure["once"] = world.once().into();
    }
    world.set("DO", failure);
    world
}

#[tokio::test]
async fn after_its_last_repetition_a_timer_has_failed() {
    let world = world_with_retry(false).await;
    let host = world.start().await;
    let said = || host.lines().iter().any(|line| line.text.contains("failed after '2' retries"));
    eventually(async || said()).await;
    assert_eq!(host.invocations().len(), 3);
}

#[tokio::test]
async fn a_timer_with_retry_is_repeated_until_it_succeeds() {
    let world = world_with_retry(true).await;
    let host = world.start().await;
    let all = host.wait_until(|all| all.len() == 2, LIMIT).await.unwrap();
    assert!(!all[0].succeeded && all[1].succeeded);
    assert_eq!(all[0].id, all[1].id, "one invocation");
    let contexts = world.requests();
    let context = |at: usize| &contexts[at]["body"]["Metadata"]["RetryContext"];
    assert_eq!((&context(0)["RetryCount"], &context(0)["Exception"]), (&json!(0), &Value::Null));
    assert_eq!((&context(1)["RetryCount"], &context(1)["MaxRetryCount"]), (&json!(1), &json!(2)));
    let cause = &context(1)["Exception"]["InnerException"];
    assert_eq!(cause["StatusCode"], 500);
    assert!(cause["Message"].as_str().unwrap().contains("500 (Internal Server Error)"));
}
