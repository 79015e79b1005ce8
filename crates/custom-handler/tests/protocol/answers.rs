//! What outcomes become over real HTTP.

use crate::client::{Server, queue_message};
use custom_handler::{App, Context, HttpResponse, Outcome, Output, QueueMessage};
use serde_json::{Value, json};

#[tokio::test]
async fn no_answer_is_empty_or_null_which_would_hang_the_invocation() {
    let app = App::new().function("make", async |message: QueueMessage, _: Context| match message
        .text()
        .unwrap()
    {
        "unit" => Outcome::from(()),
        "result" => Outcome::from(Ok::<(), String>(())),
        "again" => Outcome::from(Err::<(), _>("later")),
        "unreadable" => Outcome::from(message.json::<u32>().map(drop)),
        _ => {
            let body = json!({ "runId": 42, "state": "queued" });
            let response = HttpResponse::json(202, body).unwrap().header("X-Run-Id", "42");
            Outcome::done().output("res", response.unwrap()).unwrap().log("accepted run 42")
        }
    });
    let server = Server::start(app).await;
    let done = json!({ "Outputs": {}, "Logs": [], "ReturnValue": null });
    let response = json!({
        "Outputs": { "res": {
            "statusCode": 202,
            "headers": { "Content-Type": "application/json", "X-Run-Id": "42" },
            "body": { "runId": 42, "state": "queued" },
        } },
        "Logs": ["accepted run 42"],
        "ReturnValue": null,
    });
    for (name, status, body) in [
        ("unit", 200, done.clone()),
        ("result", 200, done.clone()),
        ("again", 500, json!({ "error": "later" })),
        ("unreadable", 200, done.clone()),
        ("response", 200, response),
    ] {
        let reply = server.invoke("make", &queue_message(name)).await;
        assert_eq!((reply.status, reply.json()), (status, body), "{name}");
    }
}

#[tokio::test]
async fn messages_reach_the_host_as_texts_that_it_leaves_alone() {
    let app = App::new().function("echo", async |message: QueueMessage, _: Context| {
        let value: Value = message.json().unwrap();
        Outcome::done().output("q", Output::messages([value])?)
    });
    let server = Server::start(app).await;
    let message = r#"{"at":"2026-11-22T05:00:00.100Z","n":12345678901234567890}"#;
    let reply = server.invoke("echo", &queue_message(message)).await;
    assert_eq!(reply.json()["Outputs"], json!({ "q": [message] }));
}
