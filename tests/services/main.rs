//! The program with what it works with: storage queues, the stand-in of the Functions host, PostgreSQL,
//! a browser.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[path = "../common/mod.rs"]
mod common;

mod dashboard;
mod host;
mod messages;
mod postgres;
mod postgres_volume;
mod publish;
mod two_warehouses;
mod world;
