//! The lake from outside: what every backend must do, and how files are ingested.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod azure;
mod conformance;
mod deliveries;
mod duplicates;
mod identity;
mod ingest;
mod purchases;
mod races;
mod refused;
mod sweep;
mod world;
