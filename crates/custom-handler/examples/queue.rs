//! A queue to the next: orders come in, and one message for each item goes out.
//!
//! `split/function.json` has a `queueTrigger` and an output binding `items` of type `queue`.

use custom_handler::{App, Context, Error, Outcome, Output, QueueMessage, Stopped};

#[tokio::main]
async fn main() -> Result<Stopped, Error> {
    App::new().function("split", split).run().await
}

#[derive(serde::Deserialize)]
struct Order {
    items: Vec<String>,
}

/// What is no order is refused; any other error would bring the message again.
async fn split(
    message: QueueMessage,
    _: Context,
) -> Result<Outcome, Box<dyn std::error::Error + Send + Sync>> {
    let Order { items } = message.json()?;
    Ok(Outcome::done().output("items", Output::messages(items)?)?)
}
