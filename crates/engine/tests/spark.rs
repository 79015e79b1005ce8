//! The engine on a cluster: what every engine must do, on a Sail server in local-cluster mode that
//! reads the lake from the storage emulator, and on any other server by hand.
//!
//! `ENGINE_UNDER_TEST=sc://127.0.0.1:15002` runs the cases against a server that is there, with
//! lakes in local folders, which it must be able to read: Apache Spark on this machine.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[macro_use]
mod conformance;
mod deaf;
mod sail;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use conformance::{
    model::parts,
    world::{Home, Worlds},
};
use deaf::Deaf;
use engine::{
    Engine, Error,
    spark::{Address, Spark},
};
use lake::Lake;
use pipeline::Day;
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

/// Asks a cluster that never answers for the facts of a day.
async fn ask(deaf: &Deaf, deadline_s: u64) -> Error {
    let address =
        format!("{}/;user_id=somebody;from_rows=0;deadline_s={deadline_s}", deaf.address());
    let engine = Box::new(move |lake, memory| {
        let address = Address::parse(&address).unwrap();
        Arc::new(Spark::new(lake, memory, address).unwrap()) as Arc<dyn Engine>
    });
    let worlds = Worlds { home: Home::Folders, engine, rounds: 1 };
    let world = worlds.new_world();
    let log = "1,<reviewlog><log><logDate>04-25-2021</logDate><device>Mobile</device>\
               <location>Kansas</location><os>Linux</os></log></reviewlog>";
    let files = [
        ("movie_review/1.csv", "cid,review_str,id_review\n7,good,1\n".to_owned()),
        ("log_reviews/1.csv", format!("id_review,log\n{log}\n")),
    ];
    let live = world.live(&files).await;
    let engine = world.engine();
    let days = BTreeSet::from([Day::from_ymd(2021, 4, 25).unwrap()]);
    let batch = engine.batches(&live, &days).remove(0);
    parts(engine.as_ref(), &live, &batch).await.unwrap_err()
}

/// Spark knows a session by its user and its id, and takes an interrupt that names another user
/// for one of another session, which has nothing to interrupt.
fn assert_same_session(deaf: &Deaf) {
    let (asked, interrupted) = (deaf.heard("ExecutePlan"), deaf.heard("Interrupt"));
    let session = asked.session();
    assert_eq!(interrupted.session(), session);
    for call in [&asked, &interrupted] {
        assert!(call.names("somebody"), "{call:?}");
    }
}

/// What the check of an address says.
async fn check(address: &str) -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::local(folder.path()).unwrap();
    let address = Address::parse(&format!("{address}/;deadline_s=2")).unwrap();
    Spark::new(lake, 1 << 20, address).unwrap().check().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_found_by_a_call_that_costs_no_query() {
    let deaf = Deaf::start().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    for address in [deaf.address(), format!("sc://127.0.0.1:{port}")] {
        let error = check(&address).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        assert!(error.to_string().starts_with("ENGINE names "), "{error}");
        assert!(error.to_string().contains("set ENGINE=embedded"), "{error}");
    }
    assert!(deaf.was_asked("Config") && !deaf.was_asked("ExecutePlan"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_there_passes_the_check() {
    check(&Sail::shared().await.address()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_late_is_interrupted_as_its_own_user() {
    let deaf = Deaf::start().await;
    let error = ask(&deaf, 1).await;
    assert!(matches!(error, Error::Late { .. }), "{error}");
    // Said before the error was handed over: the process may end with it.
    assert_same_session(&deaf);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_nobody_waits_for_is_interrupted_as_its_own_user() {
    let deaf = Deaf::start().await;
    let asked = async {
        while !deaf.was_asked("ExecutePlan") {
            tokio::time::sleep(Duration::from_millis(5)).await
        }
    };
    tokio::select! {
        error = ask(&deaf, 1000) => panic!("{error}"),
        () = asked => {}
    }
    while !deaf.was_asked("Interrupt") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_same_session(&deaf);
}
