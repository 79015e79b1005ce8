//! Both warehouses: the conformance suite, and what each of them has of its own.

#[path = "../tds/mod.rs"]
mod tds;

mod sqlite;
mod sqlserver;
mod sqlserver_connection;
mod sqlserver_publish;
