//! What tests steer: fail points (`<step>:before` and `<step>:after`, around each step of both
//! commits), the rules of both commits, which a test may switch off to see that it would notice,
//! the clock, and random names. Without the feature `failpoints` nothing can be steered.

#[cfg(not(feature = "failpoints"))]
pub use off::*;
#[cfg(feature = "failpoints")]
pub use on::*;

impl From<Failed> for crate::Error {
    fn from(failed: Failed) -> Self {
        let why = object_store::Error::Generic { store: "failpoint", source: failed.into() };
        Self::Store { doing: "reach", name: "a failpoint".to_owned(), why }
    }
}

#[cfg(not(feature = "failpoints"))]
mod off {
    /// What no place can fail with.
    #[derive(Debug, thiserror::Error)]
    pub enum Failed {}

    /// The work has come to this place.
    #[inline(always)]
    pub fn reach(_place: &str) -> Result<(), Failed> {
        Ok(())
    }

    /// Whether a rule of the commits applies.
    #[inline(always)]
    pub fn applies(_rule: &str) -> bool {
        true
    }

    /// The time.
    pub fn now() -> chrono::DateTime<chrono::Utc> {
        chrono::Utc::now()
    }

    /// Waits.
    pub(crate) async fn pause(duration: std::time::Duration) {
        tokio::time::sleep(duration).await;
    }

    /// A number that nobody has seen before.
    pub(crate) fn fresh() -> u64 {
        use std::hash::{BuildHasher, RandomState};
        // Each `RandomState` has keys of its own, seeded by the operating system.
        RandomState::new().hash_one(std::process::id())
    }
}

#[cfg(feature = "failpoints")]
mod on {
    use std::{
        collections::BTreeMap,
        hash::{BuildHasher, RandomState},
        sync::{Arc, Mutex, MutexGuard, PoisonError},
    };

    use chrono::{DateTime, Utc};

    /// The place that failed.
    #[derive(Debug, thiserror::Error)]
    #[error("`{0}` was told to fail")]
    pub struct Failed(String);

    /// What happens at a place, once.
    pub enum Action {
        /// An error that another try may not meet.
        Fail,
        /// The thread panics.
        Panic,
        /// The process ends on the spot.
        Abort,
        /// Something else comes in between.
        Call(Box<dyn FnOnce() + Send>),
    }

    struct Armed {
        place: String,
        /// Visits that go through before.
        after: u64,
        action: Action,
    }

    #[derive(Default)]
    struct Places {
        armed: Vec<Armed>,
        visits: BTreeMap<String, u64>,
        asked_environment: bool,
    }

    static PLACES: Mutex<Option<Places>> = Mutex::new(None);

    fn places() -> MutexGuard<'static, Option<Places>> {
        PLACES.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the visit of a place that follows `after` others end with the action.
    pub fn arm(place: &str, after: u64, action: Action) {
        let armed = Armed { place: place.to_owned(), after, action };
        places().get_or_insert_default().armed.push(armed);
    }

    /// Disarms all places, and tells how often each was visited since the last time.
    pub fn disarm() -> BTreeMap<String, u64> {
        let mut places = places();
        let places = places.get_or_insert_default();
        places.armed.clear();
        std::mem::take(&mut places.visits)
    }

    /// Called at each fail point; `false` lets the work fail there.
    pub type Observer = Arc<dyn Fn(&str) -> bool + Send + Sync>;

    /// What is not as in production.
    struct Steered {
        now: Option<DateTime<Utc>>,
        fresh: Option<u64>,
        off: Option<String>,
        observer: Option<Observer>,
    }

    static STEERED: Mutex<Steered> =
        Mutex::new(Steered { now: None, fresh: None, off: None, observer: None });

    fn steered() -> MutexGuard<'static, Steered> {
        STEERED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the clock at a time; `None` lets it run.
    pub fn set_clock(now: Option<DateTime<Utc>>) {
        steered().now = now;
    }

    /// Draws names from a seed; `None` from the operating system.
    pub fn seed_names(seed: Option<u64>) {
        steered().fresh = seed;
    }

    /// Calls this at each fail point; `None` ends it.
    pub fn observe(observer: Option<Observer>) {
        steered().observer = observer;
    }

    /// Switches one rule off; `None` applies all of them.
    pub fn switch_off(rule: Option<&str>) {
        steered().off = rule.map(str::to_owned);
    }

    /// Whether a rule of the commits applies.
    pub fn applies(rule: &str) -> bool {
        steered().off.as_deref() != Some(rule)
    }

    /// The time.
    pub fn now() -> DateTime<Utc> {
        steered().now.unwrap_or_else(Utc::now)
    }

    /// Waits, unless the clock is stopped: then time passes by the test's doing alone.
    pub(crate) async fn pause(duration: std::time::Duration) {
        if steered().now.is_none() {
            tokio::time::sleep(duration).await;
        }
    }

    /// A number that nobody has seen before.
    pub(crate) fn fresh() -> u64 {
        match &mut steered().fresh {
            // SplitMix64: distinct for 2^64 calls.
            Some(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
            None => RandomState::new().hash_one(std::process::id()),
        }
    }

    /// The work has come to this place. A process of its own is armed by the environment:
    /// `ABORT_AT=<place>`.
    pub fn reach(place: &str) -> Result<(), Failed> {
        let action = {
            let mut places = places();
            let places = places.get_or_insert_default();
            if !std::mem::replace(&mut places.asked_environment, true)
                && let Ok(place) = std::env::var("ABORT_AT")
            {
                places.armed.push(Armed { place, after: 0, action: Action::Abort });
            }
            *places.visits.entry(place.to_owned()).or_default() += 1;
            let met = places.armed.iter_mut().position(|armed| {
                let here = armed.place == place;
                let due = here && armed.after == 0;
                armed.after -= u64::from(here && !due);
                due
            });
            met.map(|met| places.armed.remove(met).action)
        };
        let observer = steered().observer.clone();
        if observer.is_some_and(|observer| !observer(place)) {
            return Err(Failed(place.to_owned()));
        }
        match action {
            None => Ok(()),
            Some(Action::Fail) => Err(Failed(place.to_owned())),
            Some(Action::Panic) => panic!("`{place}` was told to panic"),
            Some(Action::Abort) => std::process::abort(),
            Some(Action::Call(call)) => {
                call();
                Ok(())
            }
        }
    }
}
