//! HTTP functions: who may call them, what they get, what comes back.

use functions_host::Keys;
use serde_json::{Value, json};

use crate::world::{LIMIT, World, client};

fn function(level: &str, route: &str) -> Value {
    json!({ "bindings": [
        { "type": "httpTrigger", "direction": "in", "name": "req", "methods": ["post"],
          "route": route, "authLevel": level },
        { "type": "http", "direction": "out", "name": "res" },
    ] })
}

#[tokio::test]
async fn keys_open_functions_where_they_are_checked() {
    let mut world = World::new().await;
    world.function("open", function("anonymous", "open"));
    world.function("locked", function("function", "locked"));
    world.options.check_keys = Some(Keys { function: "key".into(), master: "master".into() });
    let host = world.start().await;
    let client = client();
    let status = async |path: &str, key: &str| {
        let request = client.post(host.url(path)).header("x-functions-key", key);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("/api/open", "").await, 200);
    assert_eq!(status("/api/locked", "").await, 401);
    assert_eq!(status("/api/locked", "wrong").await, 401);
    assert_eq!(status("/api/locked", "key").await, 200);
    assert_eq!(status("/api/locked?code=key", "").await, 200);
    assert_eq!(status("/api/locked", "master").await, 200);
    assert_eq!(status("/admin/functions/nobody", "key").await, 401);
    assert_eq!(status("/admin/functions/nobody", "master").await, 404);
    host.stop().await;

    world.options.check_keys = None;
    let host = world.start().await;
    let answer = client.post(host.url("/api/locked")).send().await.unwrap();
    assert_eq!(answer.status(), 200, "nobody is asked on a laptop");
}

#[tokio::test]
async fn a_request_becomes_data_and_the_output_a_response() {
    let world = World::new().await;
    world.function("f", function("function", "runs/{id}"));
    let host = world.start().await;
    let client = client();
    let response = json!({ "statusCode": 202, "headers": { "X-Run": "42" }, "body": { "a": 1 } });
    let body = json!({ "answer": { "Outputs": { "res": response } } }).to_string();
    let request = client.post(host.url("/api/Runs/7%20a?y=a+b")).body(body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 202);
    assert_eq!(answer.headers()["x-run"], "42");
    let kind = &answer.headers()["content-type"];
    assert_eq!(kind, "text/plain; charset=utf-8", "of JSON too, unless the handler says more");
    assert_eq!(answer.text().await.unwrap(), "{\"a\":1}");

    // Everything else is compared with recorded requests.
    let data = &world.requests()[0]["body"]["Data"]["req"];
    assert_eq!(
        (&data["Params"], &data["Query"]),
        (&json!({ "id": "7 a" }), &json!({ "y": "a b" }))
    );

    let status = async |path: &str, body: Value| {
        let request = client.post(host.url(path)).body(body.to_string());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("/api/runs/1", json!({ "status": 400 })).await, 500);
    let bare = json!({ "answer": { "Outputs": { "res": "a bare text" } } });
    assert_eq!(status("/api/runs/1", bare).await, 500);
    assert_eq!(status("/api/runs", json!({})).await, 404);
    assert_eq!(client.get(host.url("/api/runs/1")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_admin_interface_runs_functions_by_hand() {
    let world = World::new().await;
    world.function(
        "f",
        json!({ "bindings": [
        { "type": "timerTrigger", "direction": "in", "name": "t", "schedule": "0 0 0 29 2 *" },
    ] }),
    );
    let host = world.start().await;
    let client = client();
    let status = async |path: &str, body: &'static str| {
        client.post(host.url(path)).body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("/admin/functions/f", "{\"input\":\"\"}").await, 202);
    assert_eq!(status("/admin/functions/f", "{}").await, 202, "a timer needs no input");
    assert_eq!(status("/admin/functions/f", "").await, 400);
    assert_eq!(status("/admin/functions/g", "{\"input\":\"\"}").await, 404);
    let all = host.wait_until(|all| all.len() == 2, LIMIT).await.unwrap();
    assert!(all.iter().all(|one| one.succeeded));
}

#[tokio::test]
async fn head_is_a_method_of_its_own() {
    let world = World::new().await;
    for (name, methods) in [("get", json!(["get"])), ("head", json!(["get", "head"]))] {
        let mut function = function("anonymous", name);
        function["bindings"][0]["methods"] = methods;
        world.function(name, function);
    }
    let host = world.start().await;
    let client = client();
    let head = async |path: &str| client.head(host.url(path)).send().await.unwrap().status();
    assert_eq!((head("/api/get").await.as_u16(), head("/api/head").await.as_u16()), (404, 200));
    assert_eq!(host.invocations().len(), 1);
}
