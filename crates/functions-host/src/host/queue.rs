//! Queue triggers: the real queues are polled, and messages go as the host lets them go.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::{
    Host,
    config::{Function, Queue, Trigger},
    invoke::{BY_HAND, Call, invoke},
    outputs,
    values::Metadata,
};
use crate::azurite::{self, Message};

/// .NET's last second.
const NEVER: &str = "9999-12-31T23:59:59+00:00";

/// The first pause after an empty answer; each next one is twice as long.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// Polls the function's queue for ever.
pub(crate) async fn listen(host: Arc<Host>, at: usize) {
    let Trigger::Queue(queue) = &host.root.functions[at].trigger else { return };
    let options = &host.root.host_json.extensions.queues;
    let threshold = options.new_batch_threshold.unwrap_or(options.batch_size / 2) as usize;
    // Two seconds: the host's limit where AZURE_FUNCTIONS_ENVIRONMENT is Development.
    let longest = options.max_polling_interval.min(Duration::from_secs(2));
    let longest = host.options.poll.unwrap_or(longest);
    let mut running = JoinSet::new();
    let mut pause = SHORTEST_PAUSE;
    let mut missing = false;
    while !*host.stopping.borrow() && host.worker.ready().await.is_ok() {
        let messages = queue.queues.receive(&queue.name, options.batch_size, host.options.lock);
        let messages = messages.await.unwrap_or_else(|error| {
            let is_missing = error.has_code("QueueNotFound");
            if !is_missing {
                host.log.error(&error.to_string());
            } else if !std::mem::replace(&mut missing, true) {
                host.log.warning(&format!("the queue `{}` is not there yet", queue.name));
            }
            Vec::new()
        });
        pause = match messages.is_empty() {
            true => (pause * 2).min(longest),
            false => SHORTEST_PAUSE.min(longest),
        };
        let received = messages.len();
        for message in messages {
            running.spawn(process(host.clone(), at, queue.clone(), message));
        }
        if received == 0 {
            tokio::select! {
                () = sleep(pause) => {}
                () = host.stopping() => {}
            }
        }
        while running.len() > threshold && running.join_next().await.is_some() {}
    }
    // A host that is asked to stop waits for what it began.
    while running.join_next().await.is_some() {}
}

/// Runs the function for one message, and lets the message go.
async fn process(host: Arc<Host>, at: usize, queue: Queue, message: Message) {
    let function = &host.root.functions[at];
    let options = &host.root.host_json.extensions.queues;
    let attempts = message.dequeue_count;
    let done = if attempts > options.max_dequeue_count {
        poison(&host, &queue, &message).await
    } else {
        let call = call(function, &queue, &message);
        let (succeeded, message) = run(&host, function, call, &queue, message).await;
        if succeeded {
            queue.queues.delete(&queue.name, &message).await
        } else if attempts >= options.max_dequeue_count {
            poison(&host, &queue, &message).await
        } else {
            let pause = options.visibility_timeout;
            queue.queues.hide(&queue.name, &message, pause).await.map(drop)
        }
    };
    if let Err(error) = done {
        host.log.error(&format!("a message of `{}` comes back: {error}", queue.name));
    }
}

/// Renews the lock while the function runs.
async fn run(
    host: &Host,
    function: &Function,
    call: Call,
    queue: &Queue,
    mut message: Message,
) -> (bool, Message) {
    let mut invocation = Box::pin(invoke(host, function, call));
    let half = host.options.lock / 2;
    let mut renew = Instant::now() + half;
    loop {
        tokio::select! {
            (invocation, _) = &mut invocation => return (invocation.succeeded, message),
            () = sleep_until(renew) => {
                match queue.queues.hide(&queue.name, &message, host.options.lock).await {
                    Ok(renewed) => message = renewed,
                    Err(error) => host.log.error(&format!("the lock is lost: {error}")),
                }
                renew = Instant::now() + half;
            }
        }
    }
}

/// What the handler gets of a message.
fn call(function: &Function, queue: &Queue, message: &Message) -> Call {
    let mut metadata = Metadata::default();
    metadata.set("DequeueCount", json!(message.dequeue_count));
    metadata.set_date("ExpirationTime", message.expires);
    metadata.set("Id", json!(message.id));
    metadata.set_date("InsertionTime", message.inserted);
    metadata.set_date("NextVisibleTime", message.next_visible);
    metadata.set("PopReceipt", json!(message.pop_receipt));
    let reason = format!(
        "New queue message detected on '{}': MessageId={}, DequeueCount={}",
        queue.name, message.id, message.dequeue_count
    );
    let call = call_with(function, &message.text, metadata, reason);
    Call { dequeue_count: Some(message.dequeue_count), ..call }
}

/// As by `POST /admin/functions/<name>`: a message that is in no queue has neither id nor
/// receipt, and stands in the metadata as well.
pub(crate) fn call_by_hand(function: &Function, text: &str) -> Call {
    let mut metadata = Metadata::default();
    metadata.set("DequeueCount", json!(0));
    metadata.set_as_is("ExpirationTime", json!(NEVER));
    metadata.set_date("InsertionTime", Utc::now());
    metadata.set_as_is("NextVisibleTime", json!(NEVER));
    metadata.set(&function.binding, json!(text));
    let call = call_with(function, text, metadata, BY_HAND.into());
    Call { dequeue_count: Some(0), ..call }
}

fn call_with(function: &Function, text: &str, mut metadata: Metadata, reason: String) -> Call {
    metadata.copy_members(text);
    // A string is JSON text within a string, as every value that is no object.
    let value = Value::String(json!(text).to_string());
    Call::new(function, reason, value, metadata)
}

/// Moves a message to `<queue>-poison`.
async fn poison(host: &Host, queue: &Queue, message: &Message) -> Result<(), azurite::Error> {
    let name = format!("{}-poison", queue.name);
    let to = Queue { name, ..queue.clone() };
    outputs::put(&to, &message.text).await?;
    host.log.error(&format!(
        "Message has reached MaxDequeueCount of {}. Moving message to queue '{}'.",
        host.root.host_json.extensions.queues.max_dequeue_count, to.name
    ));
    queue.queues.delete(&queue.name, message).await
}
