//! The protocol as the host speaks it: recorded requests, answers, signals.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod behaviour;
mod payloads;
mod process;
mod recorded;
mod reports;
