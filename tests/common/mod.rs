//! What the tests of the whole product share: the binary, a place to run it in, files to drop,
//! and an independent opinion on what the facts must be.

// Each test binary uses its part.
#![allow(dead_code)]

pub mod app;
pub mod away;
pub mod browser;
pub mod collector;
pub mod deliveries;
pub mod dice;
pub mod drop;
pub mod failpoints;
pub mod handler;
pub mod ingestion;
pub mod lab;
pub mod numbers;
pub mod oracle;
pub mod parquet;
pub mod place;
pub mod receiver;
pub mod shop;
pub mod warehouse;
#[cfg(target_os = "linux")]
pub mod watched;
pub mod xml;
