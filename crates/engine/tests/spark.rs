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

use conformance::{
    facts::all_days,
    model::{Files, build, csv, model, plain},
    world::{Home, Worlds},
};
use engine::{
    Engine, Error,
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

/// Each file shares ids with the next one, in more layers than are read one by one. Then the names
/// of files must tell, which Sail does not show.
#[tokio::test(flavor = "multi_thread")]
async fn many_files_that_share_ids_need_a_cluster_that_knows_the_names_of_files() {
    let worlds = cluster().await;
    let world = worlds.new_world();
    let mut files = Files::default();
    for file in 0..12_i64 {
        let ids = file * 2..file * 2 + 4;
        let logs = ids.clone().map(|id| (id, (1 + (id + file) as u32 % 5, "Mobile"))).collect();
        files.logs.insert(format!("log_reviews/{file:02}.csv"), logs);
        let reviews = ids.map(|id| (id, (file, true))).collect();
        files.reviews.insert(format!("movie_review/{file:02}.csv"), reviews);
    }
    let live = world.live(&csv(&files)).await;
    match &worlds.home {
        Home::Folders => {
            let batches = build(world.engine().as_ref(), &live, &all_days()).await;
            assert_eq!(plain(&batches), model(&files));
        }
        Home::Azure(_) => {
            let error = world.engine().facts(&live, &all_days()).await.unwrap_err();
            assert!(matches!(error, Error::Query { .. }), "{error}");
        }
    }
}
