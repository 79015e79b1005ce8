//! Each file counts once, whatever happens: random rounds, in each of which files are dropped and
//! restated, their events come several times, late, in any order or never, two processes stage and
//! publish at the same time, old versions are swept away, and the work fails or panics at a random
//! place. In the end the warehouse holds what the files come to, computed in the plainest way.
//!
//! Two hundred rounds by default; `ROUNDS=5000 cargo test --test faults exactly_once` runs more, and
//! `SEED=17` only that one. A failure names its seed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use crate::common::{
    dice::Dice,
    drop::{logs, purchases, reviews},
    failpoints::{STEPS, alone},
    lab::{self, Lab},
};
use lake::failpoint::{self, Action};
use movie_analytics::{deps::Deps, ingest::Order};
use pipeline::Dataset;
use tokio::{runtime::Handle, task::spawn_blocking};

/// Versions of a file in a round.
const VERSIONS: u64 = 5;

/// What happens at the same time as other things.
enum Event {
    Drop {
        path: String,
        content: String,
    },
    /// A message that a file function works on.
    Deliver {
        order: Order,
    },
    Publish,
    Reconcile,
}

/// A process of the app. A panic ends it.
struct Process(Arc<Deps>);

struct Round {
    lab: Lab,
    dice: Dice,
    processes: [Process; 2],
    versions: BTreeMap<String, u64>,
    /// Messages on the queues.
    queued: Vec<Order>,
}

impl Round {
    fn new(seed: u64) -> Self {
        let lab = Lab::with(&[("MAX_DAY_SHRINK", "1")]);
        let processes = [(); 2].map(|()| Process(Arc::new(lab.deps())));
        let dice = Dice::new(seed);
        Self { lab, dice, processes, versions: BTreeMap::new(), queued: Vec::new() }
    }

    async fn run(mut self) {
        let fault = format!("{}:{}", self.dice.pick(&STEPS), self.dice.pick(&["before", "after"]));
        let action = if self.dice.happens(50) { Action::Fail } else { Action::Panic };
        failpoint::arm(&fault, self.dice.below(8), action);
        // Held there for a moment, work is overtaken by what happens at the same time.
        for place in ["listing:after", "begin:before", "receipt:before", "head:after"] {
            for _ in 0..3 {
                let millis = Duration::from_millis(1 + self.dice.below(5));
                let wait = Action::Call(Box::new(move || std::thread::sleep(millis)));
                failpoint::arm(place, self.dice.below(12), wait);
            }
        }
        for _ in 0..6 + self.dice.below(6) {
            let events: Vec<Event> = (0..1 + self.dice.below(6)).map(|_| self.event()).collect();
            self.happen(events).await;
            if self.dice.happens(20) {
                self.sweep().await;
            }
        }
        failpoint::disarm();
        let deps = self.lab.deps();
        lab::settle(&deps).await.unwrap();
        let files = counted(self.lab.files().await);
        self.lab.holds(files.clone());
        self.sweep().await;
        if self.dice.happens(25) {
            // From nothing, and from the files that are left.
            std::fs::remove_file(self.lab.warehouse()).unwrap();
            assert!(lab::published(&self.lab.deps()).await.unwrap() || files.is_empty());
            self.lab.holds(files);
        }
    }

    fn event(&mut self) -> Event {
        let queued = self.queued.len() as u64;
        match self.dice.below(10) {
            0..4 => self.file(),
            4..8 if queued > 0 => {
                let order = self.queued.swap_remove(self.dice.below(queued) as usize);
                Event::Deliver { order }
            }
            8 => Event::Reconcile,
            _ => Event::Publish,
        }
    }

    /// A file is dropped or restated. Three of ten events are lost, the others come up to ten
    /// times.
    fn file(&mut self) -> Event {
        let dice = &mut self.dice;
        let name = dice.pick(&["a", "b/2021-04-19", "b/2021-04-20"]);
        let (path, content) = match dice.below(7) {
            0 | 1 => (format!("movie_review/{name}.csv"), review_file(dice)),
            2 | 3 => (format!("log_reviews/{name}.csv"), log_file(dice)),
            4 | 5 => (format!("user_purchase/{name}.csv"), purchase_file(dice)),
            // The same under two names, until the first is restated.
            _ => {
                let name = dice.pick(&["twin", "first"]);
                let twin = name == "twin" || !self.versions.contains_key("user_purchase/first.csv");
                let quantity = if twin { 7 } else { 8 };
                (format!("user_purchase/{name}.csv"), purchases(&[("1", quantity, "0.5")]))
            }
        };
        let versions = self.versions.entry(path.clone()).or_default();
        if *versions == VERSIONS {
            return Event::Publish;
        }
        *versions += 1;
        if dice.happens(70) {
            // Some of them are told to read the file again, whoever did so in the meantime.
            let force = dice.happens(20).then(|| dice.below(VERSIONS) as u32);
            let order = Order { path: path.clone(), force };
            self.queued.extend((0..1 + dice.below(10)).map(|_| order.clone()));
        }
        Event::Drop { path, content }
    }

    /// All at once, each in one of the two processes.
    async fn happen(&mut self, events: Vec<Event>) {
        let mut under_way = Vec::new();
        for event in events {
            let process = self.dice.below(2) as usize;
            let deps = Arc::clone(&self.processes[process].0);
            match event {
                Event::Drop { path, content } => self.lab.put(&path, content).await,
                Event::Deliver { order } => {
                    let again = order.clone();
                    let work = async move { lab::order(&deps, order).await.map(drop) };
                    under_way.push((process, Some(again), in_thread(work)));
                }
                Event::Publish => {
                    let work = async move { lab::published(&deps).await.map(drop) };
                    under_way.push((process, None, in_thread(work)));
                }
                Event::Reconcile => {
                    let work = async move { lab::reconciled(&deps).await.map(drop) };
                    under_way.push((process, None, in_thread(work)));
                }
            }
        }
        for (process, order, work) in under_way {
            match work.await {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => assert!(was_meant(&error), "{error:#}"),
                Err(panic) => {
                    let said = panic.into_panic();
                    let said = said.downcast_ref::<String>().map_or("", String::as_str);
                    assert!(said.contains("was told to"), "{said}");
                    self.processes[process] = Process(Arc::new(self.lab.deps()));
                }
            }
            // The message comes again.
            self.queued.extend(order);
        }
    }

    /// Without any grace, since nothing is under way.
    async fn sweep(&self) {
        for dataset in Dataset::ALL {
            self.processes[0].0.lake.sweep(dataset, Duration::ZERO).await.unwrap();
        }
    }
}

fn in_thread(
    work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
) -> tokio::task::JoinHandle<anyhow::Result<()>> {
    spawn_blocking(move || Handle::current().block_on(work))
}

/// Only the fault may end the work; one on the thread that reads a file is a crash of that file.
fn was_meant(error: &anyhow::Error) -> bool {
    let crashed = matches!(error.downcast_ref(), Some(lake::Error::Crashed { .. }));
    crashed || format!("{error:#}").contains("was told to fail")
}

fn ids(dice: &mut Dice) -> Vec<i64> {
    (0..dice.below(10)).map(|_| dice.below(16) as i64 - 2).collect()
}

fn review_file(dice: &mut Dice) -> String {
    let texts = ["a good one", "dull", "GOOD", "goods"];
    let rows: Vec<_> =
        ids(dice).iter().map(|id| (dice.below(4) as i64, dice.pick(&texts), *id)).collect();
    let refused = if dice.happens(30) { "1,good,one\n" } else { "" };
    reviews(&rows) + refused
}

fn log_file(dice: &mut Dice) -> String {
    let days = ["2021-04-19", "2021-04-20", "2021-05-01", "2020-02-29"];
    let devices = ["Mobile", "Tablet"];
    let rows: Vec<_> =
        ids(dice).iter().map(|id| (*id, dice.pick(&days), dice.pick(&devices))).collect();
    let refused = if dice.happens(30) { "1,\n" } else { "" };
    logs(&rows) + refused
}

fn purchase_file(dice: &mut Dice) -> String {
    let mut rows: Vec<_> = (0..dice.below(6))
        .map(|_| {
            let price = dice.pick(&["0.1", "2.55", "-3", "0", "0.001"]);
            (dice.pick(&["0", "1", "2.0", "99", ""]), dice.below(9) as i64 - 4, price)
        })
        .collect();
    // No two versions have the same content.
    rows.push(("", dice.below(1 << 30) as i64, "1"));
    purchases(&rows)
}

/// The same purchases under two names count once.
fn counted(mut files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let mut seen = BTreeSet::new();
    files
        .retain(|path, content| !path.starts_with("user_purchase") || seen.insert(content.clone()));
    files
}

#[test]
fn the_facts_are_those_of_the_final_files() {
    let number = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ROUNDS").unwrap_or(200),
    };
    // What a fault says is of interest only where it was not meant.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if !said.contains("was told to panic") {
            hook(panic);
        }
    }));
    alone(async {
        for seed in seeds {
            let round = tokio::spawn(Round::new(seed).run()).await;
            assert!(
                round.is_ok(),
                "seed {seed}: SEED={seed} cargo test --test faults exactly_once"
            );
        }
    });
}
