//! Layers see every invocation and every end of one, in their order.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use custom_handler::{App, Context, Ending, Invocation, Next, Outcome, QueueMessage};
use serde_json::json;

use crate::client::{Server, queue_message};

type Seen = Arc<Mutex<Vec<String>>>;

/// Writes down how each invocation ended.
fn with_log(app: App, name: &'static str, seen: &Seen) -> App {
    let seen = seen.clone();
    app.layer(move |invocation: Invocation, next: Next| {
        let seen = seen.clone();
        async move {
            let ending = next.run(invocation).await;
            seen.lock().unwrap().push(format!("{name} {} {}", ending.status(), ending.kind()));
            ending
        }
    })
}

fn app() -> App {
    App::new()
        .body_limit(1 << 10)
        .deadline(Duration::from_millis(100))
        .function("done", async |_: QueueMessage, _: Context| {})
        .function("panics", async |_: QueueMessage, _: Context| -> Outcome { panic!("bad luck") })
        .function("hangs", async |_: QueueMessage, _: Context| std::future::pending::<()>().await)
}

#[tokio::test]
async fn a_layer_hears_of_each_end_also_where_no_handler_ran() {
    let seen = Seen::default();
    let hooked = seen.clone();
    let app = with_log(app(), "layer", &seen).after_invocation(move || {
        hooked.lock().unwrap().push("hook".to_owned());
        async {}
    });
    let server = Server::start(app).await;
    let large = queue_message(&"x".repeat(2_000));
    for (function, body, expected) in [
        ("done", queue_message("x"), "layer 200 done"),
        ("panics", queue_message("x"), "layer 500 panicked"),
        ("hangs", queue_message("x"), "layer 500 deadline_exceeded"),
        ("done", json!({}), "layer 400 undecodable"),
        ("done", large, "layer 413 body_too_large"),
        ("unknown", queue_message("x"), "layer 404 unknown_function"),
    ] {
        server.invoke(function, &body).await;
        assert_eq!(*seen.lock().unwrap(), [expected, "hook"]);
        seen.lock().unwrap().clear();
    }
    // Whoever looks around invokes nothing.
    let mut client = server.connect().await;
    client.request("GET", "/unknown").await;
    client.request("GET", "/").await;
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_second_layer_stands_around_the_first_and_neither_replaces_the_other() {
    let seen = Seen::default();
    let server = Server::start(with_log(with_log(app(), "inner", &seen), "outer", &seen)).await;
    server.invoke("done", &queue_message("x")).await;
    assert_eq!(*seen.lock().unwrap(), ["inner 200 done", "outer 200 done"]);
}

#[tokio::test]
async fn two_hooks_and_two_spans_both_count() {
    let seen = Seen::default();
    let hook = |name: &'static str| {
        let seen = seen.clone();
        move || {
            seen.lock().unwrap().push(name.to_owned());
            async {}
        }
    };
    let span = |name: &'static str| {
        let seen = seen.clone();
        move |_: &Context| {
            seen.lock().unwrap().push(name.to_owned());
            custom_handler::tracing::info_span!("own", name)
        }
    };
    let app = app().instrument(span("span 1")).instrument(span("span 2"));
    let app = app.after_invocation(hook("hook 1")).after_invocation(hook("hook 2"));
    Server::start(app).await.invoke("done", &queue_message("x")).await;
    assert_eq!(*seen.lock().unwrap(), ["span 2", "span 1", "hook 1", "hook 2"]);
}

#[tokio::test]
async fn a_layer_may_end_an_invocation_by_itself() {
    let app = app().layer(async |invocation: Invocation, next: Next| {
        if invocation.context().function() == "done" {
            return Ending::failed(503, "paused", "not\nnow");
        }
        next.run(invocation).await
    });
    let server = Server::start(app).await;
    let reply = server.invoke("done", &queue_message("x")).await;
    assert_eq!(reply.failure(), (503, "not now".to_owned()));
    assert_eq!(server.invoke("panics", &queue_message("x")).await.status, 500);
}
