//! Panics of handlers in one line instead of several records of the host's log.

use std::{
    future::Future,
    panic,
    sync::{Arc, Mutex, Once, PoisonError},
};

tokio::task_local! {
    static NOTE: Note;
}

/// Where and why a handler panicked, once it did.
#[derive(Clone, Default)]
pub(crate) struct Note(Arc<Mutex<Option<String>>>);

impl Note {
    /// Runs a handler so that its panic is noted here. Threads and tasks that the handler starts
    /// on its own are not covered; their panics print as always.
    pub(crate) fn watch<F: Future>(&self, handler: F) -> impl Future<Output = F::Output> + use<F> {
        NOTE.scope(self.clone(), handler)
    }

    /// `src/a.rs:10:5: index out of bounds`
    pub(crate) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

/// Puts our panic hook before the one that is there. It keeps quiet about handlers, unless
/// `RUST_BACKTRACE` asks for more than a line.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let verbose = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(|place| format!("{place}: ")).unwrap_or_default();
            let payload = info.payload();
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let message = text.or(payload.downcast_ref().copied()).unwrap_or("no message");
            let noted = NOTE.try_with(|note| note.put(format!("{place}{message}"))).is_ok();
            if verbose || !noted {
                before(info);
            }
        }));
    });
}
