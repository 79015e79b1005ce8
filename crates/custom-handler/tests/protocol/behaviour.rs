//! What callers see of an app over TCP.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use crate::client::{ID, Server, TRACE, head, queue_message};
use custom_handler::{App, Context, Outcome, QueueMessage, Timer};
use serde_json::json;
use tokio::{net::TcpStream, sync::Notify, time::sleep};

async fn length(message: QueueMessage, _: Context) -> Outcome {
    Outcome::done().log(message.body.len().to_string())
}

#[tokio::test]
async fn answers_to_unknown_names_and_methods_say_what_there_is() {
    let server = Server::start(App::new().function("Work", length).function("other", length)).await;
    let mut client = server.connect().await;
    for path in ["work", "Work/", "Work/x", "api/Work", "W%6Frk", ""] {
        let reply = client.post(path, "{}").await;
        if path.is_empty() {
            assert_eq!(reply.status, 405, "the root is for GET");
            continue;
        }
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.json()["functions"], json!(["Work", "other"]), "{path}");
        assert!(reply.failure().1.contains(path), "{}", reply.body);
    }
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let reply = client.request(method, "/Work").await;
        assert_eq!(reply.status, 405, "{method}");
        assert!(reply.head.contains("allow: post"), "{}", reply.head);
        reply.json();
    }
    assert_eq!(client.request("GET", "/nothing/there").await.status, 404);
    let alive = client.request("GET", "/").await;
    assert_eq!((alive.status, alive.json()), (200, json!({ "functions": ["Work", "other"] })));
}

#[tokio::test]
async fn answers_to_bodies_that_are_no_invocation_say_what_was_expected() {
    let app = App::new().function("work", length).function("tick", async |_: Timer, _: Context| ());
    let server = Server::start(app).await;
    let mut client = server.connect().await;
    let expected = "expected a JSON object with `Data` and `Metadata`, but ";
    for (body, why) in [
        ("", "the body is empty"),
        ("{\"Data\": secret", "expected value at line 1 column 10"),
        ("{}", "missing field `Data` at line 1 column 2"),
        ("\"secret\"", "invalid type, expected an object at line 1 column 8"),
    ] {
        let reply = client.post("work", body).await;
        assert_eq!(reply.failure(), (400, format!("{expected}{why}")));
    }
    let wrong = client.post("tick", &queue_message("secret").to_string()).await;
    let why = "expected a timer to be an object with a truth value `IsPastDue`";
    assert_eq!(wrong.failure(), (400, why.to_owned()));
}

#[tokio::test]
async fn ten_megabytes_in_chunks_arrive_whole_and_the_connection_is_kept() {
    let server = Server::start(App::new().function("work", length)).await;
    let mut client = server.connect().await;
    let body = queue_message(&"x".repeat(10 << 20)).to_string();
    for _ in 0..2 {
        let reply = client.post("work", &body).await;
        assert_eq!(reply.json()["Logs"], json!([(10 << 20).to_string()]));
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_read_to_its_end_and_refused() {
    let server = Server::start(App::new().function("work", length).body_limit(1 << 20)).await;
    let mut client = server.connect().await;
    let reply = client.post("work", &" ".repeat(8 << 20)).await;
    assert_eq!(reply.failure(), (413, "the body has more than 1048576 bytes".into()));
    let small = client.post("work", &queue_message("abc").to_string()).await;
    assert_eq!(small.json()["Logs"], json!(["3"]), "the connection still works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_invocations_run_at_once_and_health_is_answered_meanwhile() {
    let barrier = Arc::new(tokio::sync::Barrier::new(65));
    let meeting = barrier.clone();
    let app = App::new().function("meet", move |message: QueueMessage, context: Context| {
        let barrier = meeting.clone();
        async move {
            barrier.wait().await;
            Outcome::done().log(format!("{} {}", message.text().unwrap(), context.function()))
        }
    });
    let server = Arc::new(Server::start(app).await);
    let calls: Vec<_> = (0..64)
        .map(|number| {
            let server = server.clone();
            let body = queue_message(&number.to_string());
            tokio::spawn(async move { server.invoke("meet", &body).await })
        })
        .collect();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(server.connect().await.request("GET", "/").await.status, 200);
    barrier.wait().await;
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().json()["Logs"], json!([format!("{number} meet")]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_fails_its_own_invocation_only() {
    let app = App::new()
        .function("late", async |_: QueueMessage, _: Context| -> Outcome {
            tokio::task::yield_now().await;
            panic!("bad\nluck")
        })
        .function("early", |_: QueueMessage, _: Context| {
            // Before there is a future.
            if true {
                panic!("at once")
            }
            async {}
        })
        .function("work", length);
    let server = Server::start(app).await;
    let mut client = server.connect().await;
    let body = queue_message("secret").to_string();
    for (name, message) in [("late", ": bad luck"), ("early", ": at once")] {
        let (status, error) = client.post(name, &body).await.failure();
        assert_eq!(status, 500, "{name}");
        assert!(error.starts_with("the handler panicked at "), "{error}");
        assert!(error.contains("behaviour.rs:") && error.ends_with(message), "{error}");
        assert!(!error.contains("secret") && !error.contains('\n'), "{error}");
    }
    assert_eq!(client.post("work", &body).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_cancels_a_handler_even_one_that_never_yields() {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let cancelled = Arc::new(AtomicBool::new(false));
    let seen = cancelled.clone();
    let app = App::new()
        .function("sleeps", move |_: QueueMessage, _: Context| {
            let guard = Dropped(seen.clone());
            async move {
                sleep(Duration::from_secs(60)).await;
                drop(guard);
            }
        })
        .function("spins", async |_: QueueMessage, _: Context| {
            std::thread::sleep(Duration::from_secs(3));
        })
        .deadline(Duration::from_millis(100));
    let server = Server::start(app).await;
    let reply = server.invoke("sleeps", &queue_message("x")).await;
    assert_eq!(reply.failure(), (500, "the handler took more than 100ms".into()));
    assert!(cancelled.load(SeqCst), "before the answer, so that no second try overlaps");
    let began = Instant::now();
    assert_eq!(server.invoke("spins", &queue_message("x")).await.status, 500);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_call_in_flight_is_answered_before_the_app_stops() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, wait) = (entered.clone(), release.clone());
    let app = App::new().function("work", move |_: QueueMessage, _: Context| {
        let (enter, wait) = (enter.clone(), wait.clone());
        async move {
            enter.notify_one();
            wait.notified().await;
        }
    });
    let server = Server::start(app).await;
    let address = server.address;
    let idle = server.connect().await;
    let mut client = server.connect().await;
    let body = queue_message("x").to_string();
    let call = tokio::spawn(async move { client.post("work", &body).await });
    entered.notified().await;
    let stopping = server.stop();
    sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(address).await.is_err(), "no new calls");
    assert!(!stopping.is_finished());
    release.notify_one();
    assert_eq!(call.await.unwrap().status, 200);
    assert_eq!(stopping.await.unwrap().unwrap().abandoned(), 0);
    drop(idle);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_cancel_the_work() {
    let (done, finished) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (entered, finish) = (done.clone(), finished.clone());
    let app = App::new().function("work", move |_: QueueMessage, _: Context| {
        let (entered, finish) = (entered.clone(), finish.clone());
        async move {
            entered.notify_one();
            sleep(Duration::from_millis(100)).await;
            finish.notify_one();
        }
    });
    let server = Server::start(app).await;
    let mut client = server.connect().await;
    client.send(&head("work"), &queue_message("x").to_string()).await;
    done.notified().await;
    drop(client);
    finished.notified().await;
}

#[tokio::test]
async fn handlers_and_hooks_get_the_context_of_the_host() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (instrumented, ended) = (seen.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = ended.clone();
    let app = App::new()
        .function("tick", async |_: Timer, context: Context| {
            assert_eq!((context.function(), context.invocation_id()), ("tick", ID));
            Outcome::done().log(context.traceparent().unwrap())
        })
        .instrument(move |context| {
            let (function, id) = (context.function(), context.invocation_id());
            instrumented.lock().unwrap().push(format!("{function} {id}"));
            tracing::info_span!("own", id)
        })
        .after_invocation(move || {
            counted.fetch_add(1, SeqCst);
            async {}
        });
    let server = Server::start(app).await;
    let reply = server.invoke("tick", &json!({ "Data": { "t": { "IsPastDue": false } } })).await;
    assert_eq!(reply.json()["Logs"], json!([TRACE]));
    assert_eq!(server.invoke("tick", &queue_message("x")).await.status, 400);
    // What cannot be decoded has a span, too, for its reason.
    assert_eq!(*seen.lock().unwrap(), [format!("tick {ID}"), format!("tick {ID}")]);
    assert_eq!(ended.load(SeqCst), 2);
}

#[tokio::test]
async fn a_hook_that_panics_costs_no_answer() {
    let app = App::new().function("work", length).after_invocation(async || panic!("telemetry"));
    let server = Server::start(app).await;
    assert_eq!(server.invoke("work", &queue_message("x")).await.status, 200);
}
