//! How the end of an invocation is reported: one event within the span of the invocation.

use std::{collections::BTreeMap, fs, time::Duration};

use crate::client::{ID, Server, queue_message};
use custom_handler::{App, Context, Error, Outcome, QueueMessage};
use serde_json::{Value, json};

#[tokio::test]
async fn each_end_but_success_is_one_event_in_its_span_with_the_reason() {
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/reports.ndjson");
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_writer(fs::File::create(file).unwrap())
        .finish();
    // All tasks of this test run on its thread.
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = App::new()
        .body_limit(1 << 10)
        .deadline(Duration::from_millis(100))
        .function("done", async |_: QueueMessage, _: Context| {})
        .function("refused", async |_: QueueMessage, _: Context| Outcome::refused("not ours"))
        .function("try_again", async |_: QueueMessage, _: Context| {
            let gone = std::io::Error::other("the disk is gone");
            Err::<(), _>(Error::Listen { port: 1, source: gone })
        })
        .function("panicked", async |_: QueueMessage, _: Context| -> Outcome { panic!("bad luck") })
        .function("deadline_exceeded", async |_: QueueMessage, _: Context| {
            std::future::pending::<()>().await;
        })
        .function("undecodable", async |_: QueueMessage, _: Context| {})
        .function("body_too_large", async |_: QueueMessage, _: Context| {});
    let server = Server::start(app).await;
    let names = ["done", "refused", "try_again", "panicked", "deadline_exceeded"];
    for name in names {
        server.invoke(name, &queue_message("x")).await;
    }
    server.invoke("undecodable", &json!({})).await;
    server.invoke("body_too_large", &queue_message(&"x".repeat(2_000))).await;
    server.invoke("unknown_function", &queue_message("x")).await;

    let expected = BTreeMap::from([
        ("refused", "not ours"),
        (
            "try_again",
            "cannot listen on 127.0.0.1:1; is another handler running?: the disk is gone",
        ),
        ("panicked", "the handler panicked at "),
        ("deadline_exceeded", "the handler took more than 100ms"),
        ("undecodable", "expected a JSON object with `Data` and `Metadata`"),
        ("body_too_large", "the body has more than 1024 bytes"),
        ("unknown_function", "there is no function `unknown_function`"),
    ]);
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for line in &lines {
        let name = line["function"].as_str().unwrap();
        assert_eq!(line["span"]["function"], name);
        assert_eq!(
            (&line["invocation_id"], &line["span"]["invocation_id"]),
            (&json!(ID), &json!(ID))
        );
        let (level, ending, reason) = match name {
            "refused" => ("WARN", &line["ending"], &line["reason"]),
            _ => ("ERROR", &line["exception.type"], &line["exception.message"]),
        };
        assert_eq!((&line["level"], ending), (&json!(level), &json!(name)));
        let reason = reason.as_str().unwrap();
        assert!(reason.starts_with(expected[name]), "{name}: {reason}");
    }
}
