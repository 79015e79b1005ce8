//! Log lines on stdout, a span for each invocation below that of the host, and a layer that measures.
//!
//! `work/function.json` has a `queueTrigger`.

use std::time::Instant;

use custom_handler::{App, Context, Error, Invocation, Next, QueueMessage, Stopped, tracing};

#[tokio::main]
async fn main() -> Result<Stopped, Error> {
    // The host takes each line of stderr for an error.
    tracing_subscriber::fmt().with_writer(std::io::stdout).with_ansi(false).init();
    App::new()
        .function("work", async |message: QueueMessage, _: Context| {
            tracing::info!("{} bytes", message.body.len());
        })
        .instrument(|context| {
            let (id, parent) = (context.invocation_id(), context.traceparent());
            tracing::info_span!("work", invocation_id = id, parent)
        })
        .layer(async |invocation: Invocation, next: Next| {
            let began = Instant::now();
            let ending = next.run(invocation).await;
            tracing::info!("{} after {:?}", ending.kind(), began.elapsed());
            ending
        })
        // The span is closed: whoever exports spans sends them now.
        .after_invocation(async || tracing::debug!("flushed"))
        .run()
        .await
}
