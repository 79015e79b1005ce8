//! What stands in several files of the repository says the same in all of them.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod app;
mod contracts;
mod dictionary;
mod fuzz_seeds;
mod powerbi;
mod read;
mod structure;
mod terraform;
