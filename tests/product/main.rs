//! The program as its users run it, on a local lake and SQLite.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod cli;
mod cost;
mod damaged_receipts;
mod drop_to_facts;
mod golden_numbers;
mod held_back;
mod histories;
mod memory;
mod named_cases;
mod one_bad_file;
mod refusals;
mod scheduled;
mod telemetry;
mod unreachable;
