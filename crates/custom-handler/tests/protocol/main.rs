//! The protocol as the host speaks it: recorded requests, answers, signals.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod answers;
mod behaviour;
mod client;
mod layers;
mod process;
mod public_api;
mod readme;
mod recorded;
mod reports;
#[path = "../recorded/requests.rs"]
mod requests;
mod script_root;
mod state;
mod triggers;
