//! One actor at a time: each runs on a thread of its own from one place to the next, where it
//! waits until the schedule lets it go on. So a seed decides the order of everything.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use twox_hash::XxHash3_128;

/// Actors that can be on the stage.
pub const SLOTS: usize = 3;

/// How an actor goes on from the place where it waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cue {
    #[default]
    Go,
    /// What it is about to do fails, and is not done.
    Fail,
    /// It is done, and fails all the same.
    FailAfter,
    /// It is done, its answer is lost, and it is sent again.
    Again,
    /// The process dies.
    Die,
}

/// What a process that died unwinds with.
pub struct Died;

#[derive(Default)]
struct Shared {
    /// The actor that runs.
    on: Option<usize>,
    waiting: [Option<String>; SLOTS],
    cue: Cue,
}

#[derive(Default)]
pub struct Stage {
    shared: Mutex<Shared>,
    changed: Condvar,
    trace: Mutex<Trace>,
}

/// What happened, as a hash and, for who reads it, as lines.
#[derive(Default)]
pub struct Trace {
    hash: XxHash3_128,
    pub lines: Option<Vec<String>>,
}

impl Stage {
    pub fn new(with_lines: bool) -> Arc<Self> {
        let stage = Self::default();
        stage.trace().lines = with_lines.then(Vec::new);
        Arc::new(stage)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trace(&self) -> MutexGuard<'_, Trace> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what happened.
    pub fn note(&self, line: impl std::fmt::Display) {
        let line = line.to_string();
        let mut trace = self.trace();
        trace.hash.write(line.as_bytes());
        trace.hash.write(b"\n");
        if let Some(lines) = &mut trace.lines {
            lines.push(line);
        }
    }

    pub fn hash(&self) -> u128 {
        self.trace().hash.finish_128()
    }

    pub fn lines(&self) -> Vec<String> {
        self.trace().lines.clone().unwrap_or_default()
    }

    /// The running actor has come to a place, and waits for its cue. Nobody else is on the stage
    /// when the schedule itself does something: then it goes on.
    pub fn turn(&self, place: &str) -> Cue {
        let mut shared = self.lock();
        let Some(me) = shared.on else { return Cue::Go };
        shared.waiting[me] = Some(place.to_owned());
        shared.on = None;
        self.changed.notify_all();
        while shared.on != Some(me) {
            shared = self.changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
        shared.waiting[me] = None;
        shared.cue
    }

    /// A new actor waits for its first cue.
    pub fn enter(&self, me: usize) {
        let mut shared = self.lock();
        while shared.on != Some(me) {
            shared = self.changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub fn leave(&self, me: usize) {
        let mut shared = self.lock();
        assert_eq!(shared.on, Some(me), "only the running actor can leave");
        shared.on = None;
        self.changed.notify_all();
    }

    /// Lets an actor run to its next place or its end.
    pub fn resume(&self, actor: usize, cue: Cue) {
        let mut shared = self.lock();
        (shared.on, shared.cue) = (Some(actor), cue);
        self.changed.notify_all();
        while shared.on.is_some() {
            shared = self.changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The actor that runs.
    pub fn running(&self) -> Option<usize> {
        self.lock().on
    }

    /// Where an actor waits; `None` before its first cue.
    pub fn place_of(&self, actor: usize) -> Option<String> {
        self.lock().waiting[actor].clone()
    }
}
