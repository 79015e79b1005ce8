//! Files that change while they are read, and several ingests of one path.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use futures_util::future::join_all;
use lake::{Error, IngestOptions, Outcome, Progress};

use crate::world::*;

/// Rewrites the file, with one row more each time, while it is read for the first `times`.
fn rewriting(file: PathBuf, times: u32) -> IngestOptions {
    let done = AtomicU32::new(0);
    let progress = move |_: Progress| {
        let n = done.fetch_add(1, Relaxed);
        if n < times {
            std::fs::write(&file, reviews(0..i64::from(n) + 10)).unwrap();
        }
    };
    IngestOptions { progress: Some(Arc::new(progress)), ..Default::default() }
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_is_read_again() {
    let world = World::local();
    world.drop_file(REVIEW, reviews(0..3)).await;
    let file = world.dir.as_ref().unwrap().path().join("raw").join(REVIEW);
    let receipt = accepted(world.ingest_with(REVIEW, &rewriting(file, 2)).await);
    assert_eq!((receipt.number, receipt.rows.staged), (1, 11));
    assert_eq!(world.staged().await, [receipt.parquet.clone().unwrap()]);
    assert_eq!(world.lake.work().sources_read, 3);
    assert!(matches!(world.ingest(REVIEW).await, Outcome::AlreadyDone(_)));
}

#[tokio::test]
async fn a_file_that_looked_wrong_while_it_was_written_is_read_again() {
    let world = World::local();
    world.drop_file(REVIEW, "cid,revi").await;
    let file = world.dir.as_ref().unwrap().path().join("raw").join(REVIEW);
    let receipt = accepted(world.ingest_with(REVIEW, &rewriting(file, 1)).await);
    assert_eq!((receipt.number, receipt.rows.staged), (1, 10));
}

#[tokio::test]
async fn a_file_that_never_rests_is_left_for_later() {
    let world = World::local();
    world.drop_file(REVIEW, reviews(0..3)).await;
    let file = world.dir.as_ref().unwrap().path().join("raw").join(REVIEW);
    let error = lake::ingest(&world.lake, REVIEW, &rewriting(file, 99)).await.unwrap_err();
    assert!(matches!(error, Error::Changing { tries: 5, .. }) && error.is_transient());
    assert!(world.names(&world.staging).await.is_empty());
}

#[tokio::test]
async fn a_file_that_vanishes_while_it_is_read_is_gone() {
    let world = World::local();
    world.drop_file(REVIEW, reviews(0..3)).await;
    let file = world.dir.as_ref().unwrap().path().join("raw").join(REVIEW);
    let vanish = move |_: Progress| std::fs::remove_file(&file).unwrap();
    let options = IngestOptions { progress: Some(Arc::new(vanish)), ..Default::default() };
    assert_eq!(world.ingest_with(REVIEW, &options).await, Outcome::Gone);
    assert!(world.names(&world.staging).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_ingests_of_one_path_one_commits() {
    for world in World::all().await {
        for round in 1..=5 {
            world.drop_file(REVIEW, reviews(0..100 * i64::from(round))).await;
            let ingests = (0..8).map(|_| {
                let lake = world.another_process();
                tokio::spawn(async move {
                    lake::ingest(&lake, REVIEW, &Default::default()).await.unwrap()
                })
            });
            let outcomes = join_all(ingests).await.into_iter().map(|joined| joined.unwrap());
            let (mut won, mut done) = (0, 0);
            for outcome in outcomes {
                match outcome {
                    Outcome::Accepted(receipt) if receipt.number == round => won += 1,
                    Outcome::AlreadyDone(receipt) if receipt.number == round => done += 1,
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!((won, done), (1, 7));
            // The losers' files are gone.
            assert_eq!(world.staged().await.len(), round as usize);
            assert_eq!(world.lake.receipts().list(REVIEWS).await.unwrap().newest[REVIEW], round);
        }
    }
}

#[tokio::test]
async fn an_ingest_that_nobody_waits_for_leaves_nothing_visible() {
    let world = World::memory();
    world.drop_file(REVIEW, reviews(0..200_000)).await;
    let started = Arc::new(tokio::sync::Notify::new());
    let signal = Arc::clone(&started);
    let progress = move |_: Progress| {
        signal.notify_one();
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let options = IngestOptions { progress: Some(Arc::new(progress)), ..Default::default() };
    tokio::select! {
        _ = lake::ingest(&world.lake, REVIEW, &options) => panic!("too fast to be dropped"),
        () = started.notified() => {}
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(world.names(&world.staging).await.is_empty());
}
