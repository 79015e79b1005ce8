//! Purchases add up, so the same content must not count twice.

use std::sync::Arc;

use futures_util::{TryStreamExt, future::join_all};
use lake::{Lake, Outcome};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use pipeline::{Dataset, FileReason};

use crate::world::*;

const PURCHASES: Dataset = Dataset::UserPurchase;

fn purchases(quantity: i32) -> String {
    format!(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
         536365,85123A,HOLDER,{quantity},12/1/2010 8:26,2.55,17850,United Kingdom\n"
    )
}

async fn live_paths(lake: &Lake) -> Vec<String> {
    let mut live = Vec::new();
    for (path, number) in lake.receipts().list(PURCHASES).await.unwrap().newest {
        if lake.receipts().live(PURCHASES, &path, number).await.unwrap().is_some() {
            live.push(path);
        }
    }
    live
}

#[tokio::test]
async fn the_content_of_another_live_path_is_refused() {
    for world in World::all().await {
        let [a, b] = ["user_purchase/a.csv", "user_purchase/b.csv"];
        world.drop_file(a, purchases(6)).await;
        accepted(world.ingest(a).await);
        world.drop_file(b, purchases(6)).await;
        let refused = rejected(world.ingest(b).await).refusal.unwrap();
        assert_eq!(refused.reason, FileReason::SameContent);
        assert!(refused.detail.contains(a), "{}", refused.detail);
        assert_eq!((live_paths(&world.lake).await.len(), world.staged().await.len()), (1, 1));
        // Its own content again is no twin.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        world.drop_file(a, purchases(6)).await;
        assert!(matches!(world.ingest(a).await, Outcome::Unchanged(_)));
        accepted(world.force(a).await);
        // Once the first path has other content, the second may have this one.
        world.drop_file(a, purchases(66)).await;
        accepted(world.ingest(a).await);
        accepted(world.force(b).await);
        assert_eq!(live_paths(&world.lake).await, [a, b]);
        // A path that was taken out stands in nobody's way.
        world.lake.receipts().exclude(PURCHASES, b).await.unwrap().unwrap();
        world.drop_file("user_purchase/c.csv", purchases(6)).await;
        accepted(world.ingest("user_purchase/c.csv").await);
    }
}

#[tokio::test]
async fn reviews_may_be_the_same_under_two_paths() {
    let world = World::memory();
    for path in [REVIEW, "movie_review/b.csv"] {
        world.drop_file(path, reviews(0..3)).await;
        accepted(world.ingest(path).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_the_same_content_under_many_paths_at_once_one_is_live() {
    for separate_processes in [false, true] {
        for round in 0..10 {
            let world = World::memory();
            let paths: Vec<_> = (0..6).map(|n| format!("user_purchase/{n}.csv")).collect();
            for path in &paths {
                world.drop_file(path, purchases(round)).await;
            }
            let ingests = paths.into_iter().map(|path| {
                // A lake of its own shares no lock with the others.
                let lake = match separate_processes {
                    false => world.lake.clone(),
                    true => Lake::new(
                        Arc::clone(&world.raw),
                        Arc::clone(&world.staging),
                        Arc::clone(&world.quarantine),
                        "memory:".to_owned(),
                    ),
                };
                tokio::spawn(async move {
                    lake::ingest(&lake, &path, &Default::default()).await.unwrap();
                })
            });
            join_all(ingests).await.into_iter().for_each(|joined| joined.unwrap());
            let live = live_paths(&world.lake).await;
            assert_eq!(live.len(), 1, "{separate_processes} {live:?}");
        }
    }
}

#[tokio::test]
async fn refused_content_is_read_again_once_it_counts_nowhere_else() {
    for world in World::all().await {
        let [a, b] = ["user_purchase/a.csv", "user_purchase/b.csv"];
        world.drop_file(a, purchases(6)).await;
        accepted(world.ingest(a).await);
        world.drop_file(b, purchases(6)).await;
        let refused = rejected(world.ingest(b).await);
        assert!(!world.lake.is_free_again(&refused).await.unwrap());
        assert_eq!(world.ingest(b).await, Outcome::AlreadyDone(refused.clone()));
        world.drop_file(a, purchases(7)).await;
        accepted(world.ingest(a).await);
        assert!(world.lake.is_free_again(&refused).await.unwrap());
        accepted(world.ingest(b).await);
        assert_eq!(live_paths(&world.lake).await, [a, b]);
    }
}

#[tokio::test]
async fn a_twin_that_is_taken_out_says_why() {
    let world = World::memory();
    let b = "user_purchase/b.csv";
    world.drop_file(b, purchases(6)).await;
    let hash = accepted(world.ingest(b).await).content_hash.unwrap();
    assert_eq!(
        world.lake.exclude_duplicate(b, "user_purchase/a.csv", "other").await.unwrap(),
        None
    );
    let out = world.lake.exclude_duplicate(b, "user_purchase/a.csv", &hash).await.unwrap().unwrap();
    assert_eq!(out.refusal.as_ref().unwrap().reason, FileReason::SameContent);
    assert!(live_paths(&world.lake).await.is_empty());
    assert!(world.lake.is_free_again(&out).await.unwrap());
}

#[tokio::test]
async fn a_file_of_purchases_costs_the_same_whatever_there_is_already() {
    let world = World::memory();
    let mut costs = Vec::new();
    for n in 0..40 {
        let path = format!("user_purchase/{n:02}.csv");
        world.drop_file(&path, purchases(n)).await;
        let before = world.lake.work();
        accepted(world.ingest(&path).await);
        let after = world.lake.work();
        let listings = after.listings - before.listings;
        costs.push((listings, after.receipts_read - before.receipts_read));
    }
    // The first one looks whether the lake is older than the index.
    assert!(costs[1..].iter().all(|cost| *cost == costs[1]), "{costs:?}");
}

#[tokio::test]
async fn a_lake_that_is_older_than_the_index_of_contents_gets_one() {
    let world = World::memory();
    let [a, b] = ["user_purchase/a.csv", "user_purchase/b.csv"];
    world.drop_file(a, purchases(6)).await;
    accepted(world.ingest(a).await);
    let index = Path::from("_contents");
    let names: Vec<_> = world.staging.list(Some(&index)).try_collect().await.unwrap();
    for meta in &names {
        world.staging.delete(&meta.location).await.unwrap();
    }
    assert_eq!(names.len(), 2, "the entry of a.csv, and that all have one");
    world.drop_file(b, purchases(6)).await;
    let later = world.another_process();
    let refused = rejected(lake::ingest(&later, b, &Default::default()).await.unwrap());
    assert_eq!(refused.refusal.unwrap().reason, FileReason::SameContent);
}
