//! What is sent to a topic, and what its answers lead to.

mod identity;
mod stub;

use std::time::{Duration, Instant};

use eventgrid::{Auth, CloudEvent, Data, Error, Publisher};
use serde_json::{Value, json};
use stub::{Reply, Stub};

const KEY: &str = "hunter2+key/==";

fn event() -> CloudEvent {
    let data = Data::FactPublished { publish_id: 42, days: 3, rows: 1200 };
    CloudEvent::new("/movie-analytics/dw", data)
}

fn publisher(stub: &Stub, deadline_ms: u64) -> Publisher {
    let publisher = Publisher::new(&stub.url, Auth::Key(KEY.to_owned())).unwrap();
    publisher.with_deadline(Duration::from_millis(deadline_ms))
}

#[tokio::test]
async fn an_event_is_posted_once_with_the_key() {
    let stub = Stub::start([Reply::status(200)]).await;
    let event = event();
    publisher(&stub, 10_000).publish(&event).await.unwrap();
    let asked = stub.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, "POST /api/events?api-version=2018-01-01 HTTP/1.1");
    assert_eq!(asked[0].header("aeg-sas-key"), Some(KEY));
    assert_eq!(asked[0].header("authorization"), None);
    let content_type = asked[0].header("content-type");
    assert_eq!(content_type, Some("application/cloudevents+json; charset=utf-8"));
    let body: Value = serde_json::from_str(&asked[0].body).unwrap();
    let expected = json!({
        "specversion": "1.0",
        "id": event.id,
        "source": "/movie-analytics/dw",
        "type": "MovieAnalytics.FactPublished",
        "subject": "publish/42",
        "time": event.time,
        "datacontenttype": "application/json",
        "data": { "publishId": 42, "days": 3, "rows": 1200 },
    });
    assert_eq!(body, expected);
}

#[test]
fn events_about_files_carry_their_path() {
    let (path, dataset) = ("log_reviews/a.csv".to_owned(), "review_logs".to_owned());
    let staged = Data::FileStaged { path: path.clone(), dataset: dataset.clone(), rows: 7 };
    let reason = "missing_column".to_owned();
    let refused = Data::FileRefused { path: path.clone(), dataset, reason };
    for (event, kind, data) in [
        (
            CloudEvent::new("/x", staged),
            "MovieAnalytics.FileStaged",
            json!({"path": path, "dataset": "review_logs", "rows": 7}),
        ),
        (
            CloudEvent::new("/x", refused),
            "MovieAnalytics.FileRefused",
            json!({"path": path, "dataset": "review_logs", "reason": "missing_column"}),
        ),
    ] {
        assert_eq!((event.kind(), event.subject.as_str()), (kind, path.as_str()));
        let value = serde_json::to_value(&event).unwrap();
        assert_eq!((&value["type"], &value["data"]), (&json!(kind), &data));
    }
}

#[tokio::test]
async fn a_failure_that_passes_is_tried_again_with_the_same_event() {
    for passing in [Reply::status(503), Reply::status(429), Reply::status(408), Reply::HangUp] {
        let stub = Stub::start([passing, Reply::status(200)]).await;
        publisher(&stub, 10_000).publish(&event()).await.unwrap();
        let asked = stub.asked();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].body, asked[1].body);
    }
}

#[tokio::test]
async fn a_try_that_hangs_leaves_time_for_another() {
    let stub = Stub::start([Reply::Hang, Reply::status(200)]).await;
    publisher(&stub, 2_000).publish(&event()).await.unwrap();
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn the_deadline_ends_it() {
    for (reply, last) in [
        (Reply::status(503), "the topic answered 503"),
        (Reply::Hang, "no answer in time"),
        (Reply::HangUp, "the connection to the topic was lost"),
        (
            Reply::Say(503, "retry-after: 18446744073709551615\r\n", String::new()),
            "the topic answered 503",
        ),
    ] {
        let stub = Stub::start([reply]).await;
        let started = Instant::now();
        let error = publisher(&stub, 700).publish(&event()).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_millis(1500));
        assert!(error.is_transient() && error.to_string().contains(last), "{error}");
        let Error::Deadline { tries, .. } = error else { panic!("{error}") };
        assert_eq!(tries as usize, stub.asked().len());
    }
}

#[tokio::test]
async fn nobody_at_home_is_tried_until_the_deadline() {
    let auth = Auth::Key(KEY.to_owned());
    let publisher = Publisher::new("http://127.0.0.1:1", auth).unwrap();
    let publisher = publisher.with_deadline(Duration::from_millis(500));
    let error = publisher.publish(&event()).await.unwrap_err();
    assert!(error.to_string().contains("no connection to the topic"), "{error}");
}

#[tokio::test]
async fn a_refusal_is_final_and_shows_no_secret() {
    for status in [301, 400, 401, 403, 404, 413] {
        let headers = "location: /elsewhere\r\n";
        let stub = Stub::start([Reply::Say(status, headers, format!("your key is {KEY}"))]).await;
        let event = event();
        let publisher = publisher(&stub, 10_000);
        let error = publisher.publish(&event).await.unwrap_err();
        assert_eq!(stub.asked().len(), 1);
        assert!(!error.is_transient());
        let shown = format!("{error} {error:?} {publisher:?}");
        assert!(shown.contains(&status.to_string()) && shown.contains(&event.id), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
