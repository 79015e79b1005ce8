//! The handler's exits, its console, and its end.

use std::time::Duration;

use functions_host::Level;
use serde_json::json;

use crate::world::{LIMIT, World, eventually};

#[tokio::test]
async fn two_crashes_are_forgiven_and_the_third_stops_the_host() {
    let world = World::new().await;
    world.queue_function().await;
    let host = world.start().await;
    for _ in 0..2 {
        assert!(!host.run("f", "{\"exit\":3}").await.unwrap().succeeded);
        // Until it is seen that the handler is gone, it counts as ready.
        eventually(async || host.run("f", "").await.unwrap().succeeded).await;
    }
    assert!(!host.run("f", "{\"exit\":3}").await.unwrap().succeeded);
    let reason = host.stopped().await;
    assert!(reason.contains("Exceeded http worker restart retry count"), "{reason}");
    assert!(reason.contains("leaving with 3"), "{reason}");
}

#[tokio::test]
async fn a_handler_that_does_not_start_is_an_error_with_its_last_lines() {
    let mut world = World::new().await;
    world.queue_function().await;
    world.set("EXIT", 1);
    let Err(error) = world.try_start().await else { panic!("it started") };
    let reason = format!("{error:#}");
    assert!(reason.contains("does not,") || reason.contains("does not\n"), "{reason}");
    assert!(reason.contains("want to,start"), "the last three lines: {reason}");

    world.host_json["customHandler"]["description"]["defaultExecutablePath"] = json!("no-such");
    let Err(error) = world.try_start().await else { panic!("it started") };
    assert!(error.to_string().contains("defaultExecutablePath"), "{error}");
}

#[tokio::test]
async fn a_function_that_takes_too_long_costs_everybody_the_process() {
    let mut world = World::new().await;
    world.queue_function().await;
    world.set("AzureFunctionsJobHost__functionTimeout", "00:00:01");
    let host = world.start().await;
    let pid = host.handler_pid().unwrap();
    let slow = host.run("f", "{\"sleep_ms\":60000}").await.unwrap();
    assert!(slow.error.unwrap().contains("Timeout value of 00:00:01 exceeded"));
    assert!(slow.duration >= Duration::from_secs(1));
    eventually(async || host.handler_pid().is_some_and(|now| now != pid)).await;
    assert!(host.run("f", "").await.unwrap().succeeded, "and that is not counted as a crash");
}

#[tokio::test]
async fn the_console_is_forwarded_with_the_hosts_levels() {
    let world = World::new().await;
    world.queue_function().await.queues.put("todo", "{}").await.unwrap();
    let host = world.start().await;
    host.wait_until(|all| !all.is_empty(), LIMIT).await.unwrap();
    let level = |text: &str| {
        let lines = host.lines();
        let line = lines.iter().find(|line| line.text == text).cloned().unwrap();
        (line.level, line.category)
    };
    let console = "Host.Function.Console";
    assert_eq!(level("listening"), (Level::Information, console));
    assert_eq!(level("a warning"), (Level::Warning, console));
    assert!(host.lines()[0].text.contains("not the Azure Functions host"));
}
