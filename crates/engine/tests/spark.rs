//! The engine on a cluster: what every engine must do, on a Sail server in local-cluster mode that
//! reads the lake from the storage emulator, and on any other server by hand.
//!
//! `ENGINE_UNDER_TEST=sc://127.0.0.1:15002` runs the cases against a server that is there, with
//! lakes in local folders, which it must be able to read: Apache Spark on this machine.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[macro_use]
mod conformance;
mod sail;

use std::sync::Arc;

use conformance::world::{Home, Worlds};
use engine::{
    Engine,
    spark::{Address, Spark},
};
use lake::Lake;
use sail::Sail;

/// Whatever the size of a set, the cluster is asked.
fn engine(address: &str, lake: Lake, memory: u64) -> Arc<dyn Engine> {
    let address = Address::parse(&format!("{address}/;from_rows=0")).unwrap();
    Arc::new(Spark::new(lake, memory, address).unwrap())
}

async fn cluster() -> Worlds {
    if let Ok(address) = std::env::var("ENGINE_UNDER_TEST") {
        let engine = Box::new(move |lake, memory| engine(&address, lake, memory));
        return Worlds { home: Home::Folders, engine, rounds: 3 };
    }
    let sail = Sail::shared().await;
    let address = sail.address();
    let home = Home::Azure(sail.account());
    let engine = Box::new(move |lake, memory| engine(&address, lake, memory));
    Worlds { home, engine, rounds: 12 }
}

conformance_suite!(cluster);
