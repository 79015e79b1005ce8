//! Places where a test lets the work of this process fail, or lets another process come in.

use std::sync::{Mutex, PoisonError};

use lake::failpoint::{Action, arm, disarm, set_clock};

/// Each step of both commits, in order.
pub const STEPS: [&str; 14] = [
    "head",
    "stream",
    "quarantine",
    "staged",
    "dedupe",
    "content",
    "receipt",
    "listing",
    "begin",
    "portion",
    "dimensions",
    "facts",
    "commit",
    "marker",
];

/// The places of this process are armed by one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub fn alone<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    alone_without_runtime(|| runtime.expect("a runtime").block_on(test))
}

pub fn alone_without_runtime<T>(test: impl FnOnce() -> T) -> T {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    disarm();
    set_clock(None);
    test()
}

/// What another process does while this one is held at a place.
pub fn meanwhile(place: &str, work: impl Future<Output = ()> + Send + 'static) {
    let call = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        std::thread::spawn(move || runtime.block_on(work)).join().expect("its work");
    };
    arm(place, 0, Action::Call(Box::new(call)));
}
