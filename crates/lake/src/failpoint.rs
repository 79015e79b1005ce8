//! Places where tests let the work fail: `<step>:before` and `<step>:after`, around each step of
//! both commits. Without the feature `failpoints` a place is nothing: its error has no value.

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
}

#[cfg(feature = "failpoints")]
mod on {
    use std::{
        collections::BTreeMap,
        sync::{Mutex, MutexGuard, PoisonError},
    };

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
