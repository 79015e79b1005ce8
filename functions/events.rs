//! Messages on the queues of the file functions: events of blobs that were created, deleted or
//! renamed, and orders of our own.

use custom_handler::{DequeueCount, HttpResponse, Outcome, Output, OutputError, QueueMessage};
use eventgrid::Scope;
use lake::Delivery;
use pipeline::Dataset;
use serde::Serialize;

use crate::{
    deps::{Context, Deps},
    ingest::{Ingested, Input, Order, ingest},
    publish_requested,
    settings::Withdrawn,
};

/// Stages what a message names. A message may hold several events; each is acknowledged only
/// when all are.
pub async fn handle(
    dataset: Dataset,
    message: QueueMessage,
    context: Context,
) -> anyhow::Result<Outcome> {
    let deps = context.state();
    let (orders, ignored) = match orders(deps, &message) {
        Ok(orders) => orders,
        Err(error) => return Ok(Outcome::refused(error)),
    };
    let ignore = |why: &str| {
        tracing::info!(
            function = context.function(),
            invocation_id = context.invocation_id(),
            "ignored an event: {why}"
        );
    };
    ignored.iter().for_each(|why| ignore(why));
    let Some(delivery) = delivery(&message) else {
        let why = "the message has a member `DequeueCount`, which hides how often it was delivered, \
                   so a file that kills the process would not be found out; send it without";
        return Ok(Outcome::refused(why));
    };
    let (mut refused, mut failed) = (Vec::new(), None);
    let mut is_staged = false;
    for Order { path, force } in orders {
        if Dataset::of_path(&path) != Some(dataset) {
            ignore(&format!("`{}` is not a file of {dataset}", path.escape_debug()));
            continue;
        }
        // The alert on messages that were given up tells by it which file waits.
        context.set_subject(&*path, delivery.number);
        let input =
            Input { path: path.clone(), force, delivery: Some(delivery.clone()), progress: None };
        let ingested = ingest(deps, dataset, input).await;
        let mut gone = false;
        let acknowledged = ingested.and_then(|ingested| {
            log(&ingested, &context);
            gone = ingested.outcome == "gone";
            // An earlier delivery may have ended before its order was sent.
            let again = ingested.outcome == "already_done" && delivery.number > 1;
            is_staged |= ingested.outcome == "accepted" || again;
            acknowledge(&ingested, delivery.number)
        });
        if gone {
            warn_if_withdrawn(deps, dataset, &path, &context).await?;
        }
        // What is wrong with one event costs the others of the message nothing.
        match acknowledged {
            Ok(()) => {}
            Err(error) if is_for_good(&error) => refused.push(format!("{error:#}")),
            Err(error) => failed = failed.or(Some((path, error))),
        }
    }
    if let Some((path, error)) = failed {
        context.set_subject(path, delivery.number);
        return Err(error);
    }
    let outcome = match &refused[..] {
        [] => Outcome::done(),
        refused => Outcome::refused(refused.join("; ")),
    };
    // Rows of the operational table are published with its next snapshot.
    let in_table = dataset == Dataset::UserPurchase && deps.purchase_db.is_some();
    if is_staged && !in_table {
        return Ok(publish_requested::order(deps, outcome)?);
    }
    Ok(outcome)
}

/// A file that counts was deleted: `reconcile` settles what becomes of it, and people hear now.
async fn warn_if_withdrawn(
    deps: &Deps,
    dataset: Dataset,
    path: &str,
    context: &Context,
) -> anyhow::Result<()> {
    let newest = deps.lake.receipts().newest(dataset, path).await?;
    let Some(newest) = newest.filter(|_| deps.settings.withdrawn != Withdrawn::Keep) else {
        return Ok(());
    };
    if deps.lake.receipts().live(dataset, path, newest.number).await?.is_some() {
        tracing::warn!(
            function = context.function(),
            invocation_id = context.invocation_id(),
            file.path = path,
            "{path} is gone from raw and still counts"
        );
    }
    Ok(())
}

/// Which delivery this is. The body is part of the identity: an `id` in it takes the place of the
/// queue's. `None` where the message itself may have set the count.
fn delivery(message: &QueueMessage) -> Option<Delivery> {
    let DequeueCount::Known(number) = message.dequeue_count else { return None };
    let id = message.id.as_deref().unwrap_or_default();
    let message_and_id = [id.as_bytes(), b"\n", &message.body].concat();
    Some(Delivery { message: message_and_id, number })
}

/// Whether the queue may forget a message after this delivery: an error where it may not.
pub fn acknowledge(ingested: &Ingested, delivery: u32) -> anyhow::Result<()> {
    let Ingested { path, outcome, .. } = ingested;
    // Earlier deliveries of this very message died: it belongs in the poison queue.
    anyhow::ensure!(
        *outcome != "failed",
        "reading {path} killed the process {} times; `status` says when reconcile tries again",
        delivery - 1
    );
    // The owner may have died unnoticed, and this may be its message. A further message of the
    // version has nothing to add.
    anyhow::ensure!(*outcome != "under_way" || delivery <= 1, "another process reads {path} now");
    Ok(())
}

/// Name of the output binding that leads to the queue of a dataset. The host takes letters and
/// digits alone.
pub const fn output_binding(dataset: Dataset) -> &'static str {
    match dataset {
        Dataset::ClassifiedMovieReview => "movieReview",
        Dataset::ReviewLogs => "logReviews",
        Dataset::UserPurchase => "userPurchase",
    }
}

/// The answer of a function that is posted to.
pub fn answer(status: u16, body: impl Serialize) -> Result<Outcome, OutputError> {
    Outcome::done().output("response", HttpResponse::json(status, body)?)
}

/// The answer to a request that its caller has to change.
pub fn bad_request(problem: String) -> Result<Outcome, OutputError> {
    answer(400, serde_json::json!({ "error": problem }))
}

/// Sends orders by the output binding of each dataset.
pub fn outputs(
    mut outcome: Outcome,
    orders: Vec<(Dataset, Order)>,
) -> Result<Outcome, OutputError> {
    for dataset in Dataset::ALL {
        let of_dataset = orders.iter().filter(|(other, _)| *other == dataset);
        let messages: Vec<&Order> = of_dataset.map(|(_, order)| order).collect();
        if !messages.is_empty() {
            outcome = outcome.output(output_binding(dataset), Output::messages(messages)?)?;
        }
    }
    Ok(outcome)
}

fn orders(deps: &Deps, message: &QueueMessage) -> anyhow::Result<(Vec<Order>, Vec<String>)> {
    if let Ok(order) = message.json::<Order>() {
        return Ok((vec![order], Vec::new()));
    }
    let account = deps.settings.lake.account().unwrap_or_default();
    let scope = Scope { account, container: "raw".to_owned() };
    let decoded = eventgrid::decode(message.text()?, &scope)?;
    let orders = decoded.paths.into_iter().map(|path| Order { path, force: None });
    Ok((orders.collect(), decoded.ignored))
}

/// A name that no retry can fix. Other permanent errors need an operator, and reach one through the
/// poison queue.
pub fn is_for_good(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(lake::Error::Name { .. } | lake::Error::Foreign { .. }))
}

/// One line. That a file does not count is a warning.
fn log(file: &Ingested, context: &Context) {
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                function = context.function(),
                invocation_id = context.invocation_id(),
                file.path = file.path,
                file.etag = file.etag,
                outcome = file.outcome,
                reason = file.reason.map(|reason| reason.name()),
                rows.read = file.rows.read,
                rows.staged = file.rows.staged,
                rows.refused = file.rows.refused,
                rows.duplicate = file.rows.duplicate,
                duration_ms = file.duration_ms,
                "{file}"
            )
        };
    }
    if file.is_refused() { line!(warn) } else { line!(info) }
}
