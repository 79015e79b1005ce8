//! An order of a file function -> a publish, one for all files of a burst.
//!
//! **Idempotency key**: the receipts that the warehouse has absorbed, as with the timer.
//! **Retry**: always; the timer publishes what is given up.
//! **What a crash leaves behind**: the order that waited, on its queue. Its next delivery also
//! publishes for those that were acknowledged because it waited, unless another publish has covered it
//! meanwhile: then the next order does, or the timer.

mod orders;

use chrono::{DateTime, Utc};
use custom_handler::{Outcome, Output, OutputError, QueueMessage};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

pub(crate) use self::orders::Orders;
use crate::{
    build_fact_movie_analytics as build,
    deps::{Context, Deps},
    settings::Publishing,
};

/// Name of the output binding that leads to the queue of orders.
pub const OUTPUT_BINDING: &str = "publishRequested";

/// An order on the queue: publish what was accepted by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    accepted_at: DateTime<Utc>,
}

/// How often one order begins its publish before the queue has to deliver it again: another
/// instance may hold the warehouse's lock for longer than a publish waits for it.
const TRIES: u32 = 3;

/// Adds an order to the answer of a function that has staged something, unless the timer alone
/// publishes.
pub(crate) fn order(deps: &Deps, outcome: Outcome) -> Result<Outcome, OutputError> {
    if deps.settings.publish == Publishing::ByTimer {
        return Ok(outcome);
    }
    let order = Order { accepted_at: lake::now() };
    deps.orders.accepted(order.accepted_at);
    outcome.output(OUTPUT_BINDING, Output::messages([order])?)
}

pub(crate) async fn handle(message: QueueMessage, context: Context) -> anyhow::Result<Outcome> {
    let Order { accepted_at } = message.json()?;
    let deps = context.state();
    // Left from before the setting was changed: the timer publishes.
    let Publishing::ByEvent { delay } = deps.settings.publish else { return Ok(Outcome::done()) };
    let Some(turn) = deps.orders.turn(accepted_at) else { return Ok(Outcome::done()) };
    if !turn.settle(delay).await {
        return Ok(Outcome::done());
    }
    for _ in 1..TRIES {
        match build::publish(&context, build::Input::default(), false).await {
            Err(error) if is_busy(&error) => sleep(delay).await,
            published => return published.map(|()| Outcome::done()),
        }
    }
    build::publish(&context, build::Input::default(), false).await?;
    Ok(Outcome::done())
}

/// The warehouse is at work for somebody else, or away for a moment.
fn is_busy(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(warehouse::Error::is_transient)
}
