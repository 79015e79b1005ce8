//! The test host, with a handler that does what it is told, over a real storage emulator.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod http;
mod process;
mod queue;
mod timer;
mod world;
