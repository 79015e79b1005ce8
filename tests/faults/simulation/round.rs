//! One round: a seed decides what happens, then everything must come right by itself.

pub mod bad;
mod calm;
mod trouble;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use lake::failpoint;
use movie_analytics::ingest::Order;
use twox_hash::XxHash3_128;
use warehouse::sqlite::Sqlite;

use self::bad::Bad;
use super::{
    actor::{Actor, Done, Ended, Slot, Work},
    check,
    queue::{Message, Queue},
    stage::{Cue, SLOTS, Stage},
    store::{Gate, Store},
    vendor::{KILLER, Vendor},
};
use crate::common::{dice::Dice, lab::Lab};

/// Deliveries and their work end after this, as the host ends them.
const FUNCTION_TIMEOUT: TimeDelta = TimeDelta::minutes(30);

/// A budget of one MiB: for 10,922 logs of a day, or 256 KiB of texts.
const SETTINGS: [(&str, &str); 3] =
    [("MAX_DAY_SHRINK", "1"), ("MAX_CUSTOMER_CHANGES", "1"), ("ENGINE_MEMORY_MB", "1")];

/// A round to play.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Steps at most before everything must come right.
    pub steps: u64,
    /// Keep a line for each step.
    pub lines: bool,
}

/// What was not as it must be.
pub struct Failure {
    pub why: String,
    /// Steps that were made before.
    pub steps: u64,
    pub lines: Vec<String>,
}

/// Plays a round; returns the hash of its trace.
pub fn play(plan: Plan) -> Result<u128, Failure> {
    let stage = Stage::new(plan.lines);
    let mut round = Round::new(plan.seed, &stage);
    let played = catch_unwind(AssertUnwindSafe(|| round.run(plan.steps)));
    let why = match played {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied());
            Some(text.unwrap_or("a panic").to_owned())
        }
    };
    let steps = round.steps;
    round.abandon();
    failpoint::observe(None);
    failpoint::seed_names(None);
    failpoint::set_clock(None);
    match why {
        None => Ok(stage.hash()),
        Some(why) => Err(Failure { why, steps, lines: stage.lines() }),
    }
}

/// A file that kills the process while it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Killer {
    None,
    /// So many times more.
    For(u32),
    ForEver,
}

pub struct Round {
    pub lab: Lab,
    dice: Dice,
    stage: Arc<Stage>,
    stores: [Store; 3],
    slots: Vec<Slot>,
    /// Of each slot, for the fail points.
    gates: Arc<Mutex<Vec<Gate>>>,
    now: DateTime<Utc>,
    pub queue: Queue,
    vendor: Vendor,
    /// In some rounds.
    pub bad: Option<Bad>,
    pub killer: Killer,
    /// Hash of the content of each version that a vendor sent.
    pub sent: BTreeMap<String, String>,
    /// Of [`trouble::OUTAGES`].
    outage: Option<usize>,
    warehouse_is_away: bool,
    /// Nothing goes wrong any more.
    calm: bool,
    /// The slot that holds the warehouse's lock.
    holder: Option<usize>,
    steps: u64,
    /// The step from which on vendors send nothing.
    quiet_from: u64,
    loses_events: bool,
    /// Lengths that a jump of the clock may have.
    jumps: u64,
    /// Start markers that could not be removed.
    stray_markers: u32,
}

impl Round {
    fn new(seed: u64, stage: &Arc<Stage>) -> Self {
        let mut dice = Dice::new(seed);
        let now = DateTime::from_timestamp(1_777_000_000, 0).expect("a time");
        failpoint::set_clock(Some(now));
        failpoint::seed_names(Some(seed));
        let mut lab = Lab::with(&SETTINGS);
        let stores = ["raw", "staging", "quarantine"].map(Store::new);
        lab.raw = Arc::new(stores[0].clone());
        lab.staging = Arc::new(stores[1].clone());
        lab.quarantine = Arc::new(stores[2].clone());
        drop(Sqlite::open(&lab.warehouse()).expect("a warehouse"));
        let mut slot = || {
            let skew = TimeDelta::seconds(dice.below(120) as i64 - 60);
            Slot::new(&lab, &stores, stage, skew)
        };
        let slots: Vec<Slot> = (0..SLOTS).map(|_| slot()).collect();
        let gates = Arc::new(Mutex::new(slots.iter().map(|slot| slot.gate.clone()).collect()));
        let (of_slots, on_stage) = (Arc::clone(&gates), Arc::clone(stage));
        failpoint::observe(Some(Arc::new(move |place| {
            let Some(me) = on_stage.running() else { return true };
            let gates: &Mutex<Vec<Gate>> = &of_slots;
            let gate = gates.lock().unwrap()[me].clone();
            gate.turn(place) != Cue::Fail
        })));
        let killer = match dice.below(10) {
            0 => Killer::ForEver,
            1..5 => Killer::For(2 + dice.below(9) as u32),
            _ => Killer::None,
        };
        Self {
            lab,
            dice,
            stage: Arc::clone(stage),
            stores,
            slots,
            gates,
            now,
            queue: Queue::default(),
            vendor: Vendor::default(),
            bad: Bad::new(seed),
            killer,
            sent: BTreeMap::new(),
            outage: None,
            warehouse_is_away: false,
            calm: false,
            holder: None,
            steps: 0,
            quiet_from: 0,
            loses_events: false,
            jumps: 5,
            stray_markers: 0,
        }
    }

    fn run(&mut self, most: u64) -> anyhow::Result<()> {
        let all = 200 + self.dice.below(300);
        // At times vendors are done before all else is.
        self.quiet_from = if self.dice.happens(50) { all * 2 / 3 } else { all };
        self.loses_events = self.dice.happens(50);
        self.jumps = if self.dice.happens(50) { 2 } else { 5 };
        let steps = all.min(most);
        while self.steps < steps {
            self.steps += 1;
            self.now += TimeDelta::milliseconds(self.dice.below(3_000) as i64);
            failpoint::set_clock(Some(self.now));
            self.step()?;
        }
        self.come_right().context("after everything has passed")?;
        check::all(self)
    }

    fn step(&mut self) -> anyhow::Result<()> {
        match self.dice.below(100) {
            0..68 => self.resume_any()?,
            68..84 => self.start_any(),
            84..92 if self.quiet_from <= self.steps => self.start_any(),
            84..92 => self.send_file(),
            92 => {
                self.outage = match self.outage {
                    None => Some(self.dice.below(trouble::OUTAGES.len() as u64) as usize),
                    Some(_) => None,
                };
                self.stage.note(format!("outage: {:?}", self.outage));
            }
            93 => {
                self.warehouse_is_away = !self.warehouse_is_away;
                self.stage.note(format!("the warehouse is away: {}", self.warehouse_is_away));
            }
            94..97 => {
                // Where little time passes, work goes on for long and is delivered again.
                let minutes = [1, 2, 5, 12, 90][self.dice.below(self.jumps) as usize];
                self.stage.note(format!("{minutes} minutes pass"));
                self.now += TimeDelta::minutes(minutes);
                self.time_out()?;
            }
            _ => {
                let busy = self.slots.iter().filter_map(|slot| slot.actor.as_ref());
                let ids: Vec<u64> = busy
                    .filter_map(|actor| match &actor.work {
                        Work::Deliver(message) => Some(message.id),
                        _ => None,
                    })
                    .collect();
                if !ids.is_empty() {
                    let id = ids[self.dice.below(ids.len() as u64) as usize];
                    self.stage.note(format!("the lock of message {id} is lost"));
                    self.queue.lose_lock(id, self.now);
                }
            }
        }
        Ok(())
    }

    /// A file is dropped or restated. Three of ten events may be lost, others come up to three
    /// times; some are requests to reprocess.
    fn send_file(&mut self) {
        if self.send_bad() {
            return;
        }
        let with_killer = self.killer != Killer::None;
        for (path, content) in self.vendor.send(&mut self.dice, with_killer) {
            self.put(path, content);
        }
    }

    fn put(&mut self, path: String, content: String) {
        let hash = format!("{:032x}", XxHash3_128::oneshot(content.as_bytes()));
        let etag = wait(self.lab.put(&path, content));
        self.stage.note(format!("sent {path} {etag}"));
        self.sent.insert(etag, hash);
        if !self.loses_events || self.dice.happens(70) {
            let force = self.dice.happens(20).then(|| self.dice.below(4) as u32);
            let most = if path == KILLER { 5 } else { 3 };
            let order = Order { path, force };
            for _ in 0..1 + self.dice.below(most) {
                self.queue.send(order.clone(), self.now);
            }
        }
    }

    fn start_any(&mut self) {
        let idle: Vec<usize> = (0..SLOTS).filter(|&n| self.slots[n].actor.is_none()).collect();
        if idle.is_empty() {
            return;
        }
        let slot = idle[self.dice.below(idle.len() as u64) as usize];
        let work = match self.dice.below(20) {
            0..13 => match self.queue.receive(&mut self.dice, self.now) {
                Some(message) => Work::Deliver(message),
                None => Work::Publish,
            },
            13..17 => Work::Publish,
            17 => Work::Reconcile,
            _ => Work::Sweep,
        };
        self.start(slot, work);
    }

    fn start(&mut self, slot: usize, work: Work) {
        self.stage.note(format!("{slot} begins {work}"));
        self.slots[slot].start(slot, work, self.now);
    }

    fn resume_any(&mut self) -> anyhow::Result<()> {
        let may_go = |&slot: &usize| {
            let waits_for_lock = self.stage.place_of(slot).as_deref() == Some("begin:before")
                && self.holder.is_some_and(|holder| holder != slot);
            let is_free = |actor: &Actor| actor.held <= self.steps;
            self.slots[slot].actor.as_ref().is_some_and(is_free) && !waits_for_lock
        };
        let may_go: Vec<usize> = (0..SLOTS).filter(may_go).collect();
        if may_go.is_empty() {
            return Ok(());
        }
        let slot = may_go[self.dice.below(may_go.len() as u64) as usize];
        // A few steps on end, so that work comes to its end.
        for _ in 0..1 + self.dice.below(8) {
            if self.slots[slot].actor.is_none() {
                break;
            }
            let place = self.stage.place_of(slot).unwrap_or_default();
            if place == "begin:before" && self.holder.is_some_and(|holder| holder != slot) {
                break;
            }
            let cue = self.cue(slot, &place);
            self.resume(slot, &place, cue)?;
            if self.hold(slot) {
                break;
            }
        }
        Ok(())
    }

    /// Lets a slot run to its next place. What came of its work, if that has ended.
    fn resume(&mut self, slot: usize, place: &str, cue: Cue) -> anyhow::Result<Option<Done>> {
        self.stage.note(format!("{slot} at {place}: {cue:?}"));
        if cue == Cue::Fail && place.starts_with("delete staging/_started/") {
            self.stray_markers += 1;
        }
        if place == "begin:before" && !matches!(cue, Cue::Fail | Cue::Die) {
            self.holder = Some(slot);
        }
        failpoint::set_clock(Some(self.now + self.slots[slot].skew));
        self.stage.resume(slot, cue);
        failpoint::set_clock(Some(self.now));
        let next = self.stage.place_of(slot);
        let begins_again =
            matches!(next.as_deref(), None | Some("listing:before" | "begin:before"));
        if begins_again && self.holder == Some(slot) {
            self.holder = None;
        }
        match next {
            Some(_) => Ok(None),
            None => self.end(slot).map(Some),
        }
    }

    /// The work of a slot has ended.
    fn end(&mut self, slot: usize) -> anyhow::Result<Done> {
        let actor = self.slots[slot].actor.take().expect("work");
        let (work, sources_read, ended) = actor.join();
        let died = self.slots[slot].is_dead();
        let opened = self.slots[slot].deps.lake.work().sources_read - sources_read;
        if died {
            let skew = self.slots[slot].skew;
            self.slots[slot] = Slot::new(&self.lab, &self.stores, &self.stage, skew);
            self.gates.lock().unwrap()[slot] = self.slots[slot].gate.clone();
        }
        let done = match ended {
            Ended::Done(done) if !died => Some(done),
            Ended::Failed(error) if !died => {
                self.stage.note(format!("{slot} failed"));
                ensure!(is_meant(&error), "{work} failed: {error:#}");
                None
            }
            Ended::Panicked => bail!("{work} panicked"),
            _ => {
                self.stage.note(format!("{slot} died"));
                None
            }
        };
        if let Work::Deliver(message) = &work {
            let outcome = done.as_ref().and_then(|done| done.outcome);
            self.stage.note(format!("{slot} ends {work}: {outcome:?}"));
            let interrupted = self.queue.interrupted(message.id);
            self.queue.ended(message, outcome.is_some_and(|o| o != "failed"), died, self.now);
            match outcome {
                Some("failed") => ensure!(
                    interrupted.saturating_add(self.stray_markers) >= 3,
                    "{work}: given up after {interrupted} interruptions"
                ),
                Some("failing") => ensure!(opened == 0, "{work}: finished work was discarded"),
                _ => {}
            }
        }
        let done = done.unwrap_or_default();
        for order in &done.orders {
            self.stage.note(format!("ordered {} {:?}", order.path, order.force));
            self.queue.send(order.clone(), self.now);
        }
        Ok(done)
    }

    /// The host kills a process whose work takes too long.
    fn time_out(&mut self) -> anyhow::Result<()> {
        for slot in 0..SLOTS {
            let late = |since: DateTime<Utc>| self.now - since > FUNCTION_TIMEOUT;
            if self.slots[slot].actor.as_ref().is_some_and(|actor| late(actor.since)) {
                match self.stage.place_of(slot) {
                    Some(place) => self.resume(slot, &place, Cue::Die)?,
                    None => self.resume(slot, "", Cue::Go)?,
                };
            }
        }
        Ok(())
    }

    /// A process that has seen nothing, and nobody steers.
    pub fn another_process(&self) -> movie_analytics::deps::Deps {
        self.lab.deps()
    }

    /// Ends all processes: nothing has the warehouse open any more.
    pub fn end_processes(&mut self) {
        self.slots.clear();
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.dice.happens(percent)
    }
}

/// Runs what needs no schedule.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

/// Whether an error is one that the round brought about, or that says to try again.
fn is_meant(error: &anyhow::Error) -> bool {
    let text = format!("{error:#}");
    let crashed = matches!(error.downcast_ref(), Some(lake::Error::Crashed { .. }));
    crashed
        || ["the storage is away", "was told to fail", "another process reads", "changed each of"]
            .iter()
            .any(|meant| text.contains(meant))
}

impl Message {
    pub fn path(&self) -> &str {
        &self.order.path
    }
}
