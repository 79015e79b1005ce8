//! Each sample of an answer that the host takes is what an outcome makes, over real HTTP.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod common;

use common::{Server, queue_message};
use custom_handler::{App, Context, HttpResponse, Outcome, Output, QueueMessage};
use serde_json::{Value, json};

fn sample(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payloads");
    let text = std::fs::read_to_string(format!("{folder}/{name}.response.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn make(message: QueueMessage, _: Context) -> Outcome {
    let blob = "orders/2026/11/orders_20261122.csv";
    match message.text().unwrap() {
        "success" => Outcome::done()
            .log("ingest_csv_blob: 2 rows staged to staging/orders/2026/11/22/part-0.parquet"),
        "http_res" => {
            let body = json!({ "runId": 42, "state": "queued" });
            let response = HttpResponse::json(202, body).header("X-Run-Id", "42");
            Outcome::done().output("res", response).log("accepted run 42")
        }
        "outputs_blob_bytes" => Outcome::done().output("report", Output::bytes(b"PAR1....PAR1")),
        "outputs_blob_text" => {
            Outcome::done().output("report", Output::text("order_date,rows\n2026-11-22,2\n"))
        }
        "outputs_queue" => Outcome::done().output(
            "next",
            Output::json([
                json!({ "container": "landing", "blob": blob }),
                json!({ "container": "landing", "blob": blob.replace("22.csv", "23.csv") }),
            ]),
        ),
        "outputs_sql" => {
            let row = json!({ "OrderDate": "2026-11-22", "Region": "EMEA", "Amount": 10.5 });
            Outcome::done().output("rows", Output::json([row]))
        }
        other => Outcome::refused(other),
    }
}

#[tokio::test]
async fn outcomes_make_the_samples() {
    let server = Server::start(App::new().queue("make", make)).await;
    let names = ["success", "http_res", "outputs_blob_bytes", "outputs_blob_text"];
    for name in names.into_iter().chain(["outputs_queue", "outputs_sql"]) {
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
        .queue("null", async |_, _| Outcome::done().return_value(Output::json(())))
        .queue("again", async |_, _| Err::<(), _>("later"))
        .queue("date", async |_, _| {
            Outcome::done().output("q", Output::messages(["2026-11-22T05:00:00Z", "b"]))
        });
    let server = Server::start(app).await;
    let success = r#"{"Logs":[],"Outputs":{},"ReturnValue":null}"#;
    for name in ["unit", "result", "null"] {
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
