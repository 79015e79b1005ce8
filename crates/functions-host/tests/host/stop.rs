//! How host and handler end, and what becomes of messages then.

use std::time::Duration;

use crate::world::{World, client, eventually, http};

#[tokio::test]
async fn a_host_that_stops_in_order_waits_for_what_runs_and_begins_nothing() {
    let world = World::new().await;
    let host = world.start_busy(1500).await;
    let late = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.queues.put("todo", "late").await.unwrap();
    };
    tokio::join!(host.stop(), late);
    assert_eq!(world.texts("todo").await, ["late"], "the slow one was ended and deleted");
    assert_eq!(world.queues.len("todo").await.unwrap(), 1);
    assert_eq!(world.requests().len(), 1);
}

/// Why a handler must not end with 0 while its host lives.
#[tokio::test]
async fn after_exit_0_the_host_calls_itself_healthy_while_every_message_is_poisoned() {
    let world = World::new().await;
    world.queue_function().await.function("web", http("res"));
    let host = world.start().await;
    assert!(!host.run("f", "{\"exit\":0}").await.unwrap().succeeded);
    eventually(async || host.lines().iter().any(|line| line.text.contains("exit code 0"))).await;
    assert_eq!(host.handler_pid(), None);
    world.queues.put("todo", "good").await.unwrap();
    world.drained("todo").await;
    assert_eq!(world.texts("todo-poison").await, ["good"]);
    assert_eq!(host.invocations().iter().filter(|one| one.dequeue_count > Some(0)).count(), 5);
    let client = client();
    let get = async |path: &str| client.get(host.url(path)).send().await.unwrap();
    assert_eq!(get("/api/web").await.status(), 500);
    assert_eq!(get("/").await.status(), 200);
    let status = get("/admin/host/status").await;
    assert!(status.text().await.unwrap().contains("\"Running\""));
}
