//! The program with what it works with: storage queues, the stand-in of the Functions host, PostgreSQL,
//! a browser.

#[path = "../common/mod.rs"]
mod common;

mod dashboard;
mod host;
mod postgres;
mod postgres_volume;
