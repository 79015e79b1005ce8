//! What handlers share, and handlers without a host.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use custom_handler::{
    App, Context, HttpRequest, HttpResponse, Outcome, OutputError, QueueMessage, Timer, Verdict,
    testing,
};
use serde_json::json;

use crate::client::{Server, queue_message};

#[derive(Default)]
struct Counter(AtomicU32);

async fn count(message: QueueMessage, context: Context<Counter>) -> anyhow::Result<()> {
    context.state().0.fetch_add(message.json()?, SeqCst);
    Ok(())
}

async fn show(_: HttpRequest, context: Context<Counter>) -> Result<Outcome, OutputError> {
    let counted = context.state().0.load(SeqCst);
    Outcome::done().output("res", HttpResponse::json(200, counted)?)
}

fn app() -> App<Counter> {
    App::with_state(Counter::default()).function("count", count).function("show", show)
}

#[tokio::test]
async fn functions_of_different_triggers_share_one_state() {
    let server = Server::start(app()).await;
    for number in ["2", "3"] {
        assert_eq!(server.invoke("count", &queue_message(number)).await.status, 200);
    }
    let request = json!({ "Data": { "req": { "Method": "GET", "Url": "u" } } });
    let shown = server.invoke("show", &request).await;
    assert_eq!(shown.json()["Outputs"]["res"]["body"], 5);
}

#[tokio::test]
async fn a_unit_test_gives_a_trigger_and_gets_the_outcome() {
    let app = app();
    assert_eq!(testing::invoke(&app, "count", QueueMessage::new("7")).await, Outcome::done());
    let refused = testing::invoke(&app, "count", QueueMessage::new("many")).await;
    assert!(matches!(refused.verdict(), Verdict::Refused(_)), "{refused:?}");
    let shown = testing::invoke(&app, "show", HttpRequest::new("get", "u")).await;
    let (name, output) = shown.outputs().next().unwrap();
    assert_eq!((name, &output.value()["body"]), ("res", &json!(7)));
}

#[tokio::test]
#[should_panic(expected = "the trigger of `count` is a queueTrigger, not a timerTrigger")]
async fn a_unit_test_with_the_wrong_trigger_fails() {
    let _ = testing::invoke(&app(), "count", Timer::default()).await;
}
