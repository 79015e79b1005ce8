//! Work of one process, on a thread of its own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering::SeqCst},
    thread::JoinHandle,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use lake::{Delivery, failpoint::now};
use movie_analytics::{
    build_fact_movie_analytics as build,
    deps::Deps,
    events,
    ingest::{Input, Order, ingest},
    reconcile,
};
use pipeline::Dataset;

use super::{
    queue::Message,
    stage::Stage,
    store::{Gate, Process, Store},
};
use crate::common::lab::Lab;

/// Longer than any work lasts, as in production, and short enough for sweeps to find something.
const GRACE: Duration = Duration::from_mins(45);

/// What a process does at a time.
pub enum Work {
    Deliver(Message),
    Reconcile,
    Publish,
    Sweep,
}

/// What came of it.
#[derive(Default)]
pub struct Done {
    /// Of a delivery.
    pub outcome: Option<&'static str>,
    /// Messages to send.
    pub orders: Vec<Order>,
    /// Something was published.
    pub published: bool,
}

/// How it ended.
pub enum Ended {
    Done(Done),
    Failed(anyhow::Error),
    Died,
    /// A panic that nobody meant.
    Panicked,
}

/// A process of the app.
pub struct Slot {
    pub deps: Arc<Deps>,
    pub gate: Gate,
    /// How far its clock is ahead.
    pub skew: TimeDelta,
    pub actor: Option<Actor>,
}

pub struct Actor {
    pub work: Work,
    pub since: DateTime<Utc>,
    /// The step up to which it is not resumed.
    pub held: u64,
    /// Files that the process had opened before.
    pub sources_read: u64,
    thread: JoinHandle<Ended>,
}

impl Slot {
    pub fn new(lab: &Lab, stores: &[Store; 3], stage: &Arc<Stage>, skew: TimeDelta) -> Self {
        let gate = Gate { stage: Arc::clone(stage), process: Arc::new(Process::default()) };
        let stores = stores.each_ref().map(|store| store.behind(gate.clone()));
        Self { deps: Arc::new(lab.deps_on(stores)), gate, skew, actor: None }
    }

    pub fn is_dead(&self) -> bool {
        self.gate.process.dead.load(SeqCst)
    }

    /// Begins work, which waits for its first cue.
    pub fn start(&mut self, me: usize, work: Work, since: DateTime<Utc>) {
        let (deps, stage) = (Arc::clone(&self.deps), Arc::clone(&self.gate.stage));
        let sources_read = deps.lake.work().sources_read;
        let doing = work.copy();
        let thread = std::thread::spawn(move || {
            stage.enter(me);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime");
            let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(&deps, doing))));
            drop((runtime, deps));
            stage.leave(me);
            match ended {
                Ok(Ok(done)) => Ended::Done(done),
                Ok(Err(error)) => Ended::Failed(error),
                Err(panic) if panic.is::<super::stage::Died>() => Ended::Died,
                Err(_) => Ended::Panicked,
            }
        });
        self.actor = Some(Actor { work, since, held: 0, sources_read, thread });
    }
}

impl Actor {
    pub fn join(self) -> (Work, u64, Ended) {
        let ended = self.thread.join().expect("its panics are caught");
        (self.work, self.sources_read, ended)
    }
}

impl Work {
    fn copy(&self) -> Self {
        match self {
            Self::Deliver(message) => Self::Deliver(message.clone()),
            Self::Reconcile => Self::Reconcile,
            Self::Publish => Self::Publish,
            Self::Sweep => Self::Sweep,
        }
    }
}

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Deliver(Message { id, deliveries, order, .. }) => {
                write!(f, "delivery {deliveries} of message {id}: {}", order.path)
            }
            Self::Reconcile => f.write_str("reconcile"),
            Self::Publish => f.write_str("publish"),
            Self::Sweep => f.write_str("sweep"),
        }
    }
}

async fn run(deps: &Deps, work: Work) -> anyhow::Result<Done> {
    match work {
        Work::Deliver(message) => {
            let Message { id, deliveries, order: Order { path, force }, .. } = message;
            let delivery = Some(Delivery { message: id.to_le_bytes().into(), number: deliveries });
            let dataset = Dataset::of_path(&path).expect("a dataset");
            let input = Input { path, force, delivery, progress: None };
            let ingested = ingest(deps, dataset, input).await?;
            let outcome = Some(ingested.outcome);
            match events::acknowledge(&ingested, deliveries) {
                Err(error) if ingested.outcome != "failed" => Err(error),
                _ => Ok(Done { outcome, ..Done::default() }),
            }
        }
        Work::Reconcile => {
            let found = reconcile::run(deps, Some(now() - TimeDelta::minutes(10))).await?;
            let orders = found.orders.into_iter().map(|(_, order)| order).collect();
            Ok(Done { orders, ..Done::default() })
        }
        Work::Publish => {
            let outcome = build::run(deps, build::Input::default()).await?;
            let published = matches!(outcome, build::Outcome::Published(_));
            Ok(Done { published, ..Done::default() })
        }
        Work::Sweep => {
            for dataset in Dataset::ALL {
                deps.lake.sweep(dataset, GRACE).await?;
            }
            deps.lake.sweep_start_markers(GRACE).await?;
            Ok(Done::default())
        }
    }
}
