//! The test host, with a handler that obeys its requests, over a real storage emulator, and that
//! emulator.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod azurite;
mod http;
mod in_error;
mod process;
mod queue;
mod recorded;
#[path = "../../../custom-handler/tests/recorded/requests.rs"]
mod requests;
mod stop;
mod timer;
mod world;
