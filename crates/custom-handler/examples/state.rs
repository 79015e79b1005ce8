//! State that all functions share, and a unit test of it.
//!
//! `count/function.json` has a `queueTrigger`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use custom_handler::{App, Context, Error, Outcome, QueueMessage, Stopped};

#[derive(Default)]
struct Seen(AtomicU64);

#[tokio::main]
async fn main() -> Result<Stopped, Error> {
    app().run().await
}

fn app() -> App<Seen> {
    App::with_state(Seen::default()).function("count", count)
}

async fn count(_: QueueMessage, context: Context<Seen>) -> Outcome {
    let seen = context.state().0.fetch_add(1, Relaxed) + 1;
    Outcome::done().log(format!("{seen} messages since the start"))
}

#[tokio::test]
async fn each_message_counts() {
    let app = app();
    for expected in ["1 messages since the start", "2 messages since the start"] {
        let outcome = custom_handler::testing::invoke(&app, "count", QueueMessage::new("x")).await;
        assert_eq!(outcome.logs(), [expected]);
    }
}
