//! Each request that was recorded from the Functions host goes to the server as it came, and its
//! handler gets what is expected.

use chrono::{DateTime, Utc};
use custom_handler::{App, Context, DequeueCount, HttpRequest, QueueMessage, Timer, Trigger};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::{
    client::Server,
    requests::{self, Recorded},
};

/// Sends a request to an app of this one function, and returns what its handler was given.
async fn received<T: Trigger>(recorded: &Recorded) -> T {
    let (name, function) = (&recorded.name, recorded.function());
    let (sender, mut seen) = unbounded_channel();
    let app = App::new().function(function, move |trigger: T, context: Context| {
        let sent = sender.send((trigger, context)).map_err(|_| "nobody waits");
        async move { sent }
    });
    let server = Server::start(app).await;
    let mut client = server.connect().await;
    client.send(&recorded.head, &recorded.body).await;
    let reply = client.reply().await;
    assert_eq!(reply.status, 200, "{name}: {}", reply.body);
    let (trigger, context) = seen.recv().await.unwrap();
    assert_eq!(context.function(), function);
    let mut headers = recorded.headers();
    let id = headers.find(|(header, _)| *header == "X-Azure-Functions-InvocationId").unwrap().1;
    assert_eq!((context.invocation_id(), context.traceparent()), (id, None), "{name}");
    trigger
}

#[tokio::test]
async fn queue_messages() {
    for recorded in requests::all("queue") {
        let message: QueueMessage = received(&recorded).await;
        let text = message.text().unwrap();
        let count = match message.dequeue_count {
            DequeueCount::Known(count) => Some(count),
            _ => None,
        };
        let seen = json!({ "text": text, "dequeue_count": count });
        assert_eq!(seen, recorded.expected, "{}", recorded.name);
        if let Ok(json) = serde_json::from_str::<Value>(text) {
            assert_eq!(message.json(), Ok(json), "{}", recorded.name);
        }
    }
}

#[tokio::test]
async fn timers() {
    for recorded in requests::all("timer") {
        let timer: Timer = received(&recorded).await;
        let next = recorded.expected["next"].as_str().map(|next| next.parse().unwrap());
        let next: Option<DateTime<Utc>> = next;
        let is_past_due = recorded.expected["is_past_due"] == true;
        assert_eq!((timer.is_past_due, timer.next), (is_past_due, next), "{}", recorded.name);
    }
}

#[tokio::test]
async fn http_requests() {
    for recorded in requests::all("http") {
        let request: HttpRequest = received(&recorded).await;
        let seen = json!({
            "method": request.method,
            "url": request.url,
            "query": request.query,
            "content_type": request.headers.get("content-type"),
            "body": str::from_utf8(&request.body).unwrap(),
        });
        assert_eq!(seen, recorded.expected, "{}", recorded.name);
        assert_eq!(request.headers["user-agent"], "curl/7.88.1", "{}", recorded.name);
    }
}
