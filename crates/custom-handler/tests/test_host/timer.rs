//! Timers fire, are past due, and are repeated under `retry` only.

use std::fs;

use serde_json::{Value, json};

use crate::world::{LIMIT, World};

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
    let ran = host.run_timer("f").await.unwrap();
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
    let ran = host.run_timer("f").await.unwrap();
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
async fn a_timer_with_retry_is_repeated() {
    let mut world = World::new().await;
    world.set("DO", json!({ "status": 500, "once": world.once() }));
    let retry =
        json!({ "strategy": "fixedDelay", "maxRetryCount": 3, "delayInterval": "00:00:00.1" });
    let mut binding = timer(SELDOM);
    binding["runOnStartup"] = json!(true);
    world.function("f", json!({ "bindings": [binding], "retry": retry }));
    let host = world.start().await;
    let all = host.wait_until(|all| all.len() == 2, LIMIT).await.unwrap();
    assert!(!all[0].succeeded && all[1].succeeded && all[0].id != all[1].id);
    let contexts = world.requests();
    let context = |at: usize| &contexts[at]["body"]["Metadata"]["RetryContext"];
    assert_eq!((&context(0)["RetryCount"], &context(0)["Exception"]), (&json!(0), &Value::Null));
    assert_eq!((&context(1)["RetryCount"], &context(1)["MaxRetryCount"]), (&json!(1), &json!(3)));
    assert!(context(1)["Exception"]["Message"].as_str().unwrap().contains("500"));
}
