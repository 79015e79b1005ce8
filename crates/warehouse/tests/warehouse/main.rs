//! Both warehouses: the conformance suite, and what each of them has of its own.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[path = "../tds/mod.rs"]
mod tds;

mod limits;
mod sqlite;
mod sqlserver_checks;
mod sqlserver_connection;
mod sqlserver_live;
mod sqlserver_publish;
