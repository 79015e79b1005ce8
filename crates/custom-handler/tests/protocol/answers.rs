//! Each sample of an answer that the host takes is what an outcome makes, over real HTTP.

use crate::common::{Server, queue_message};
use custom_handler::{App, Context, HttpResponse, Outcome, Output, QueueMessage};
use serde_json::{Value, json};

fn sample(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payloads");
    let text = std::fs::read_to_string(format!("{folder}/{name}.response.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn make(message: QueueMessage, _: Context) -> Outcome {
    match message.text().unwrap() {
        "success" => Outcome::done()
            .log("ingest_csv_blob: 2 rows staged to staging/orders/2026/11/22/part-0.parquet"),
        "http_res" => {
            let body = json!({ "runId": 42, "state": "queued" });
            let response = HttpResponse::json(202, body).header("X-Run-Id", "42");
            Outcome::done().output("res", response).log("accepted run 42")
        }
        other => Outcome::refused(other),
    }
}

#[tokio::test]
async fn outcomes_make_the_samples() {
    let server = Server::start(App::new().queue("make", make)).await;
    for name in ["success", "http_res"] {
        let reply = server.invoke("make", &queue_message(name)).await;
        assert_eq!((reply.status, reply.json()), (200, sample(name)), "{name}");
    }
    // An answer that says the same as the smallest one which the host takes.
    assert_eq!(sample("minimal"), json!({}));
}

#[tokio::test]
async fn no_answer_is_empty_or_null_which_would_hang_the_invocation() {
    assert_eq!(sample("hang_null"), Value::Null);
    let app = App::new()
        .queue("unit", async |_, _| ())
        .queue("result", async |_, _| Ok::<(), String>(()))
        .queue("again", async |_, _| Err::<(), _>("later"))
        .queue("date", async |_, _| {
            Outcome::done().output("q", Output::messages(["2026-11-22T05:00:00Z", "b"]))
        });
    let server = Server::start(app).await;
    let success = r#"{"Logs":[],"Outputs":{},"ReturnValue":null}"#;
    for name in ["unit", "result"] {
        let reply = server.invoke(name, &queue_message("x")).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, success), "{name}");
    }
    let again = server.invoke("again", &queue_message("x")).await;
    assert_eq!((again.status, again.json()), (500, json!({ "error": "later" })));
    let date = server.invoke("date", &queue_message("x")).await;
    assert_eq!(date.status, 500);
    assert!(date.error().starts_with("the output `q` cannot be sent: message 0 looks like a date"));
}

#[tokio::test]
async fn messages_reach_the_host_as_texts_that_it_leaves_alone() {
    let app = App::new().queue("echo", async |message: QueueMessage, _: Context| {
        let value: Value = message.json().unwrap();
        Outcome::done().output("q", Output::messages([value]))
    });
    let server = Server::start(app).await;
    let message = r#"{"at":"2026-11-22T05:00:00.100Z","n":12345678901234567890}"#;
    let reply = server.invoke("echo", &queue_message(message)).await;
    assert_eq!(reply.json()["Outputs"], json!({ "q": [message] }));
}
