//! Messages go when they were worked on, and come back when they were not.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::{LIMIT, World};

#[tokio::test]
async fn a_message_is_deleted_after_its_function_succeeded() {
    let world = World::new().await;
    world.queue_function().await.queues.put("todo", "{}").await.unwrap();
    let host = world.start().await;
    let all = host.wait_until(|all| !all.is_empty(), LIMIT).await.unwrap();
    assert!(all[0].succeeded, "{}", all[0]);
    assert_eq!(
        (all[0].logs.as_slice(), all[0].dequeue_count),
        (&["f ran".to_owned()][..], Some(1))
    );
    world.drained("todo").await;

    // Everything else is compared with recorded requests.
    let headers = &world.requests()[0]["headers"];
    assert_eq!(headers["x-azure-functions-invocationid"], all[0].id.as_str());
    assert_eq!(headers["content-length"], Value::Null);
    assert_eq!(headers["traceparent"].as_str().unwrap().len(), 55);
}

#[tokio::test]
async fn after_five_failures_a_message_is_poison() {
    let world = World::new().await;
    let message = json!({ "status": 500, "answer": { "Logs": ["never seen"] } }).to_string();
    world.queue_function().await.queues.put("todo", &message).await.unwrap();
    let host = world.start().await;
    world.drained("todo").await;
    assert_eq!(world.texts("todo-poison").await, [message]);
    let all = host.invocations();
    let counts: Vec<_> = all.iter().map(|one| one.dequeue_count.unwrap()).collect();
    assert_eq!(counts, [1, 2, 3, 4, 5]);
    assert!(all.iter().all(|one| !one.succeeded && one.status == Some(500)));
    assert!(all.iter().all(|one| one.logs.is_empty()), "the host drops the logs of failures");
    let error = all[0].error.clone().unwrap();
    assert!(error.contains("does not indicate success: 500 (Internal Server Error)"), "{error}");
}

#[tokio::test]
async fn a_handler_killed_at_work_gets_the_message_again() {
    let world = World::new().await;
    let host = world.start_busy(60_000).await;
    let pid = host.handler_pid().unwrap();
    host.kill_handler();
    let all = host.wait_until(|all| all.len() == 2, LIMIT).await.unwrap();
    assert!(!all[0].succeeded && all[1].succeeded);
    assert_eq!((all[0].status, all[1].dequeue_count), (None, Some(2)));
    assert_ne!(host.handler_pid().unwrap(), pid);
    world.drained("todo").await;
}

#[tokio::test]
async fn a_host_killed_at_work_leaves_the_message_locked_for_a_while() {
    let mut world = World::new().await;
    world.options.lock = Duration::from_secs(2);
    let host = world.start_busy(60_000).await;
    let begun = Instant::now();
    host.kill().await;
    let host = world.start().await;
    let all = host.wait_until(|all| !all.is_empty(), LIMIT).await.unwrap();
    assert!(begun.elapsed() > Duration::from_millis(500), "it was locked");
    assert!(all[0].succeeded);
    assert_eq!(all[0].dequeue_count, Some(2));
}

#[tokio::test]
async fn the_lock_is_renewed_while_the_function_runs() {
    let mut world = World::new().await;
    world.options.lock = Duration::from_secs(2);
    let message = json!({ "sleep_ms": 5000 }).to_string();
    world.queue_function().await.queues.put("todo", &message).await.unwrap();
    world.set("AzureFunctionsJobHost__extensions__queues__newBatchThreshold", 4);
    let host = world.start().await;
    world.drained("todo").await;
    assert_eq!(host.invocations().len(), 1, "nobody else saw the message");
}

#[tokio::test]
async fn outputs_are_written_as_the_host_writes_them() {
    let world = World::new().await;
    world.queue_function().await;
    let next = json!({ "answer": { "Outputs": {
        "next": ["done", { "a": 1 }], "Next": "another case",
    } } });
    world.queues.put("todo", &next.to_string()).await.unwrap();
    let host = world.start().await;
    host.wait_until(|all| !all.is_empty(), LIMIT).await.unwrap();
    assert_eq!(world.texts("done").await, ["done", "{\n  \"a\": 1\n}"]);
    let warned = host.lines().iter().any(|line| line.text.contains("the output `Next`"));
    assert!(warned, "a name that function.json does not have");

    let trap = json!({ "answer": { "Outputs": { "next": "done" } } });
    world.queues.put("todo", &trap.to_string()).await.unwrap();
    host.wait_until(|all| all.len() == 2, LIMIT).await.unwrap();
    let decoded = &world.texts("done").await[2];
    assert_eq!(decoded, "v\u{fffd}\u{fffd}", "a text that is base64 was decoded");
    let trap = json!({ "answer": { "Outputs": { "next": "abcd" } } });
    world.queues.put("todo", &trap.to_string()).await.unwrap();
    let all = host.wait_until(|all| all.len() == 2 + 5, LIMIT).await.unwrap();
    let error = all[2].error.as_deref().unwrap();
    assert!(error.contains("the output `next` cannot be written"), "{error}");
}

#[tokio::test]
async fn an_answer_that_hangs_the_host_fails_loudly() {
    let world = World::new().await;
    world.queue_function().await;
    for answer in ["", "null"] {
        let message = json!({ "once": world.once() + answer, "answer": answer }).to_string();
        world.queues.put("todo", &message).await.unwrap();
    }
    let host = world.start().await;
    let all = host.wait_until(|all| all.len() == 4, LIMIT).await.unwrap();
    let hung = all.iter().filter_map(|one| one.error.as_deref());
    assert_eq!(hung.filter(|error| error.contains("functionTimeout")).count(), 2);
}

#[tokio::test]
async fn a_queue_function_runs_by_hand() {
    let world = World::new().await;
    world.queue_function().await;
    let host = world.start().await;
    let ran = host.run("f", "{\"status\":500}").await.unwrap();
    assert_eq!((ran.succeeded, ran.status), (false, Some(500)));
    assert!(host.run("g", "").await.is_err());
}
