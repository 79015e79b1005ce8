//! Staging -> warehouse: what changed in the live files since the last publish becomes facts.
//!
//! **Idempotency key**: the receipts that the warehouse has absorbed (`load_history`).
//! **Retry**: always; another publisher that came first is a reason to begin again.
//! **What a crash leaves behind**: nothing; a publish is one transaction.

mod change;
mod marker;
mod publish;

use serde::Serialize;
use warehouse::{Published, RefusedDay};

use crate::deps::Deps;

/// What the timer or the operator asks for.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Publishes whose refused days are accepted as they are.
    pub accept: Vec<i64>,
}

/// What a run of the function did.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Everything that is staged is published already.
    NothingNew,
    Published(Report),
}

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    #[serde(flatten)]
    pub published: Published,
    /// Days that keep their last good rows.
    pub refused_days: Vec<RefusedDay>,
}

/// Publishers that come first, one after the other, before this one gives up.
const TRIES: u32 = 5;

pub async fn run(deps: &Deps, input: Input) -> anyhow::Result<Outcome> {
    for _ in 0..TRIES {
        match publish::publish(deps, &input).await {
            Err(error) if was_overtaken(&error) => {}
            outcome => return outcome,
        }
    }
    anyhow::bail!("{TRIES} other publishes came first; this one is tried again later")
}

fn was_overtaken(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(warehouse::Error::Moved { .. }))
}
