//! Event Grid waits 30 seconds at most: events are only put on a queue, where time does not matter.
//!
//! `enqueue/function.json` has an `eventGridTrigger` and an output binding `blobs` of type `queue`.

use custom_handler::{App, Context, Error, EventGridEvents, Outcome, Output, OutputError, Stopped};

#[tokio::main]
async fn main() -> Result<Stopped, Error> {
    App::new().function("enqueue", enqueue).run().await
}

async fn enqueue(events: EventGridEvents, _: Context) -> Result<Outcome, OutputError> {
    let blobs = events.events.iter().filter_map(|event| event["subject"].as_str());
    Outcome::done().output("blobs", Output::messages(blobs)?)
}
