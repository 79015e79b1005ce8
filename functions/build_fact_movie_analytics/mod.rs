//! Staging -> warehouse: what changed in the live files since the last publish becomes facts.
//!
//! **Idempotency key**: the receipts that the warehouse has absorbed (`load_history`).
//! **Retry**: always; another publisher that came first is a reason to begin again.
//! **What a crash leaves behind**: nothing; a publish is one transaction.

mod change;
mod held;
mod judge;
mod latency;
mod marker;
mod plan;
mod publish;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use custom_handler::Timer;
use pipeline::facts::Check;
use serde::Serialize;
use warehouse::{HeldCustomer, Latency, OwnCheck, Published, RefusedDay};

pub use self::plan::{Plan, PlannedDay, PlannedMembers, PlannedSpend, plan};
use self::publish::End;
use crate::{
    deps::{Context, Deps},
    schedule,
};

/// What the timer or the operator asks for.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Publishes whose refused days are accepted as they are.
    pub accept: Vec<i64>,
    /// Ask the warehouse though the marker says that it has seen everything: it may have been put
    /// back from a copy.
    pub even_if_seen: bool,
    /// The occurrence that a timer fired for a moment too early: facts are not published before
    /// it, lest those of midnight get the `insert_date` of the day before.
    pub not_before: Option<DateTime<Utc>>,
}

/// What a run of the function did.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Everything that is staged is published already, or changes nothing in the facts.
    NothingNew,
    /// Something was new, and is published now.
    Published(Report),
}

/// What a publish changed, and what it left out.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Days and rows that were replaced.
    #[serde(flatten)]
    pub published: Published,
    /// Each check with its result.
    pub checks: Vec<Checked>,
    /// Days that keep their last good rows.
    pub refused_days: Vec<RefusedDay>,
    /// Customers whose new total does not fit, and who keep their last one.
    pub held_customers: Vec<HeldCustomer>,
    /// Rows that do not count because a file with a greater path has their ids, by the path of
    /// their file. Of the days that were built alone; not counted where a cluster built them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub superseded: BTreeMap<String, u64>,
    /// How many days keep them now, those of earlier publishes too.
    #[serde(skip)]
    pub held_days: usize,
    /// The oldest publish that left one of these out; `None` where there is none.
    #[serde(skip)]
    pub held_from: Option<i64>,
    /// How long the files took that it absorbed, by dataset.
    #[serde(skip)]
    pub latency: Vec<Latency>,
}

/// A check with its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Its name; of a check of one's own that of its file.
    pub check: String,
    /// Days that fail it and keep their last good rows. 0: all days pass.
    pub held_days: u64,
}

impl Checked {
    /// All checks there are.
    fn of(own: &[OwnCheck], refused: &[RefusedDay]) -> Vec<Self> {
        let names =
            Check::ALL.iter().map(|check| check.name()).chain(own.iter().map(OwnCheck::name));
        names
            .map(|name| Self {
                check: name.to_owned(),
                held_days: refused.iter().filter(|day| day.check == name).count() as u64,
            })
            .collect()
    }
}

/// Other publishers, or lost connections, one after the other before this one gives up.
const TRIES: u32 = 5;

/// Publishes what has changed, begun again where another publisher came first or the connection to
/// the warehouse was lost.
pub async fn run(deps: &Deps, input: Input) -> anyhow::Result<Outcome> {
    let began = lake::now();
    let (outcome, _) = try_publish(deps, &input, End::Commit).await?;
    deps.orders.published(began);
    if let Outcome::Published(report) = &outcome {
        let Published { publish_id, days_replaced: days, rows_inserted: rows, .. } =
            report.published;
        deps.publish_event(eventgrid::Data::FactPublished { publish_id, days, rows }).await;
    }
    Ok(outcome)
}

async fn try_publish(
    deps: &Deps,
    input: &Input,
    end: End,
) -> anyhow::Result<(Outcome, plan::Built)> {
    for tried in 1..=TRIES {
        match publish::publish(deps, input, end).await {
            Err(error) if tried < TRIES && may_begin_again(&error) => {}
            outcome => return outcome,
        }
    }
    anyhow::bail!("bug: no publish was attempted; report it")
}

/// Another publisher came first, or the connection to the warehouse was lost.
fn may_begin_again(error: &anyhow::Error) -> bool {
    use warehouse::Error::{Interrupted, Moved};
    matches!(error.downcast_ref(), Some(Moved | Interrupted(_)))
}

pub(crate) async fn handle(
    timer: Timer,
    context: Context,
) -> anyhow::Result<custom_handler::Outcome> {
    let not_before = schedule::not_before(&timer, Utc::now());
    publish(&context, Input { not_before, ..Input::default() }, timer.is_past_due).await?;
    Ok(custom_handler::Outcome::done())
}

/// Publishes what is new, and says what came of it, whatever triggers it.
pub(crate) async fn publish(context: &Context, input: Input, past_due: bool) -> anyhow::Result<()> {
    match run(context.state(), input).await? {
        Outcome::NothingNew => tracing::info!(
            function = context.function(),
            invocation_id = context.invocation_id(),
            "nothing new to publish"
        ),
        Outcome::Published(report) => log(&report, past_due, context),
    }
    Ok(())
}

/// Held days, and files with superseded rows, that get a line of their own each.
const MOST_NAMED: usize = 20;

/// One line for the publish, and a warning for each day that was held back. Customers are counted,
/// never named.
fn log(report: &Report, past_due: bool, context: &Context) {
    let Report {
        published,
        refused_days,
        held_days,
        held_from,
        held_customers,
        superseded,
        latency,
        ..
    } = report;
    let (function, invocation_id) = (context.function(), context.invocation_id());
    let Published { publish_id, days_replaced, rows_inserted, rows_deleted, rows_respent, .. } =
        *published;
    let (refused, customers) = (refused_days.len(), held_customers.len());
    // The feed whose files took longest.
    let slowest = latency.iter().filter_map(|of| Some((of.dataset.raw_folder(), of.published?)));
    let slowest = slowest.max_by_key(|(_, took)| took.p95);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                function,
                invocation_id,
                past_due,
                publish_id,
                days.replaced = days_replaced,
                days.refused = refused,
                days.held = held_days,
                days.held_from = held_from,
                customers.held = customers,
                rows.inserted = rows_inserted,
                rows.deleted = rows_deleted,
                rows.respent = rows_respent,
                latency.feed = slowest.map(|(feed, _)| feed),
                latency.p50 = slowest.map(|(_, took)| took.p50),
                latency.p95 = slowest.map(|(_, took)| took.p95),
                latency.p99 = slowest.map(|(_, took)| took.p99),
                "publish {publish_id}: {days_replaced} days, {rows_inserted} facts, \
                 {rows_respent} rows with updated spend, {refused} days and {customers} customers held back"
            )
        };
    }
    if refused + customers == 0 {
        line!(info)
    } else {
        line!(warn)
    }
    for (path, rows) in superseded.iter().take(MOST_NAMED) {
        tracing::warn!(
            function,
            invocation_id,
            file.path = path,
            rows.superseded = rows,
            "{rows} rows of {path} do not count: files with greater paths have their ids"
        );
    }
    for RefusedDay { day, check, detail, .. } in refused_days.iter().take(MOST_NAMED) {
        tracing::warn!(
            function,
            invocation_id,
            %day,
            check,
            "{day} is held back by {check}: {detail}"
        );
    }
}
