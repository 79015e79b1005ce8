//! Crashes, redelivery and other publishers at every step. Fail points belong to the process, so these
//! tests run one at a time, in a binary of their own.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[path = "../common/mod.rs"]
mod common;

mod deaths;
mod erasures;
mod exactly_once;
mod failpoints;
mod first_reading;
mod outages;
mod overwritten_folder;
mod postgres_faults;
mod postgres_rounds;
mod simulation;
