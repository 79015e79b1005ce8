//! A function that the host refuses does not keep the others from running.

use functions_host::Level;
use serde_json::json;

use crate::world::{LIMIT, World, client, http};

#[tokio::test]
async fn an_illegal_binding_name_or_a_missing_schedule_costs_that_function_alone() {
    let world = World::new().await;
    world.queue_function().await.queues.put("todo", "{}").await.unwrap();
    world.function("good", http("res")).function("bad", http("movie_review"));
    world.function("9th", http("res"));
    world.function(
        "unset",
        json!({ "bindings": [
        { "type": "timerTrigger", "direction": "in", "name": "t", "schedule": "%BUILD_SCHEDULE%" },
    ] }),
    );
    let host = world.start().await;
    assert_eq!(host.functions(), ["f", "good"]);
    let reasons = json!({
        "9th": "'9th' is not a valid function name.",
        "bad": "The binding name movie_review is invalid. Please assign a valid name to the binding.",
        "unset": "'%BUILD_SCHEDULE%' does not resolve to a value",
    });
    assert_eq!(json!(host.functions_in_error()), reasons);
    let line = "The 'bad' function is in error: The binding name movie_review is invalid. Please \
                assign a valid name to the binding.";
    assert!(host.lines().iter().any(|one| one.text == line && one.level == Level::Error));

    let client = client();
    let status =
        async |path: &str| client.post(host.url(path)).body("{}").send().await.unwrap().status();
    assert_eq!(status("/api/good").await, 200);
    assert_eq!(status("/api/bad").await, 404);
    assert_eq!(status("/admin/functions/unset").await, 404);
    assert!(host.run("unset", "").await.is_err());
    let health = client.get(host.url("/admin/host/status")).send().await.unwrap();
    assert!(health.text().await.unwrap().contains("\"Running\""));
    let all = host.wait_until(|all| all.iter().any(|one| one.function == "f"), LIMIT).await;
    assert!(all.unwrap().iter().all(|one| one.succeeded));
}
