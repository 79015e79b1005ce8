//! The app beside host.json and the function.json files that the host reads.

use std::{fs, time::Duration};

use custom_handler::{App, Context, Error, HttpRequest, Outcome, Output, QueueMessage, Timer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Server, queue_message};

fn root(host: &Value, functions: &[(&str, Value)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("host.json"), host.to_string()).unwrap();
    for (name, bindings) in functions {
        let folder = root.path().join(name);
        fs::create_dir(&folder).unwrap();
        let text = json!({ "bindings": bindings }).to_string();
        fs::write(folder.join("function.json"), format!("\u{feff}{text}")).unwrap();
    }
    root
}

fn trigger(kind: &str) -> Value {
    json!([{ "type": kind, "direction": "in", "name": "value" }])
}

#[test]
fn whatever_does_not_fit_is_in_one_list() {
    let host = json!({
        "functionTimeout": "00:05:00",
        "customHandler": { "enableForwardingHttpRequest": true },
    });
    let bad_binding = json!([
        { "type": "queueTrigger", "direction": "in", "name": "value" },
        { "type": "queue", "direction": "out", "name": "movie_review" },
    ]);
    let root = root(
        &host,
        &[
            ("tick", trigger("queueTrigger")),
            ("work", bad_binding),
            ("forgotten", trigger("timerTrigger")),
        ],
    );
    fs::create_dir(root.path().join("off")).unwrap();
    fs::write(root.path().join("off/function.json"), r#"{"disabled": true}"#).unwrap();
    fs::create_dir(root.path().join("broken")).unwrap();
    fs::write(root.path().join("broken/function.json"), "{").unwrap();
    let app = App::new()
        .deadline(Duration::from_secs(300))
        .function("tick", async |_: Timer, _: Context| ())
        .function("work", async |_: QueueMessage, _: Context| ())
        .function("status", async |_: HttpRequest, _: Context| ())
        .function("off", async |_: Timer, _: Context| ())
        .function("broken", async |_: Timer, _: Context| ())
        .function("1st", async |_: Timer, _: Context| ());
    let Err(Error::Misfit { problems }) = app.check_script_root(root.path()) else {
        panic!("it does not fit")
    };
    for part in [
        "`1st` is not a valid function name",
        "`enableForwardingHttpRequest`",
        "broken/function.json is not JSON",
        "the trigger of `tick` is `timerTrigger` in the app, and `queueTrigger`",
        "work/function.json names a binding `movie_review`",
        "forgotten/function.json is of no function",
        "the function `status` has no status/function.json",
        "the deadline of 300s is not below `functionTimeout`",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part}: {problems:#?}");
    }
    // `1st` has no folder, either; `off` is no problem, and `broken` is one.
    assert_eq!(problems.len(), 9, "{problems:#?}");
}

#[test]
fn a_root_without_host_json_is_a_problem() {
    let root = tempfile::tempdir().unwrap();
    let error = App::new().check_script_root(root.path()).err().unwrap().to_string();
    assert!(error.contains("cannot read") && error.contains("host.json"), "{error}");
}

#[tokio::test]
async fn the_deadline_comes_from_function_timeout() {
    let root =
        root(&json!({ "functionTimeout": "00:00:01" }), &[("hang", trigger("queueTrigger"))]);
    let app = App::new()
        .function("hang", async |_: QueueMessage, _: Context| std::future::pending::<()>().await)
        .check_script_root(root.path())
        .unwrap();
    let reply = Server::start(app).await.invoke("hang", &queue_message("x")).await;
    assert_eq!(reply.failure().0, 500);
    assert!(reply.body.contains("the handler took more than 833"), "{}", reply.body);
}

#[tokio::test]
async fn an_output_that_function_json_does_not_have_is_not_dropped_without_a_word() {
    let bindings = json!([
        { "type": "queueTrigger", "direction": "in", "name": "value" },
        { "type": "queue", "direction": "out", "name": "next" },
    ]);
    let root = root(&json!({}), &[("work", bindings)]);
    let app = App::new()
        .function("work", async |message: QueueMessage, _: Context| {
            Outcome::done().output(message.text().unwrap(), Output::messages(["m"])?)
        })
        .check_script_root(root.path())
        .unwrap();
    let server = Server::start(app).await;
    assert_eq!(server.invoke("work", &queue_message("next")).await.status, 200);
    let reply = server.invoke("work", &queue_message("Next")).await;
    let why = "the output `Next` is not in function.json: add it there";
    assert_eq!(reply.failure(), (500, why.to_owned()));
}
