//! Orphans and old versions are cleared away, what may still be needed is not.

use std::time::Duration;

use lake::Swept;
use object_store::{ObjectStoreExt, path::Path};
use pipeline::Dataset;

use crate::world::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn sweep(world: &World) -> Swept {
    // Azure tells whole seconds, and a machine's clock may be behind.
    tokio::time::sleep(Duration::from_millis(if world.dir.is_none() { 1_100 } else { 5 })).await;
    world.lake.sweep(REVIEWS, Duration::ZERO).await.unwrap()
}

/// A version with a row to refuse.
async fn version(world: &World, n: i64) -> lake::Receipt {
    world.drop_file(REVIEW, reviews(0..n) + "x,broken,y\n").await;
    accepted(world.ingest(REVIEW).await)
}

#[tokio::test]
async fn what_is_not_live_goes_once_it_is_absorbed_or_the_grace_period_is_over() {
    for world in World::all().await {
        let mut kept = Vec::new();
        for n in 1..=4 {
            kept.push(version(&world, n).await);
        }
        // A rejected version changes nothing.
        world.drop_file(REVIEW, "nothing,of,ours\n1,2,3\n").await;
        rejected(world.ingest(REVIEW).await);
        // Work that was broken off: of a known path, and of one without any receipt.
        for path in [REVIEW, "movie_review/unknown.csv"] {
            let name = format!("classified_movie_review/{path}/0x1-0123456789ab.parquet");
            for store in [&world.staging, &world.quarantine] {
                store.put(&Path::parse(&name).unwrap(), "orphan".into()).await.unwrap();
            }
        }
        // Another dataset is not looked at.
        let other = Path::parse("review_logs/log_reviews/a.csv/0x1-0.parquet").unwrap();
        world.staging.put(&other, "orphan".into()).await.unwrap();

        // All of it is younger than the grace period.
        assert_eq!(world.lake.sweep(REVIEWS, DAY).await.unwrap(), Swept::default());
        assert_eq!(sweep(&world).await, Swept { parquet: 5, quarantine: 5 });
        let live = kept.last().unwrap();
        let mut stays = vec![live.parquet.clone().unwrap(), other.to_string()];
        stays.sort();
        assert_eq!(world.staged().await, stays);
        assert_eq!(world.names(&world.quarantine).await, [live.quarantine.clone().unwrap()]);
        assert_eq!(sweep(&world).await, Swept::default());
        world.lake.receipts().exclude(REVIEWS, REVIEW).await.unwrap().unwrap();
        assert_eq!(sweep(&world).await, Swept { parquet: 1, quarantine: 1 });
        assert_eq!(world.lake.receipts().list(REVIEWS).await.unwrap().newest[REVIEW], 6);
    }
}

/// What the warehouses have absorbed, by their markers.
async fn absorbs(world: &World, warehouse: &str) {
    let mut listings = Vec::new();
    for dataset in Dataset::ALL {
        listings.push((dataset, world.lake.receipts().list(dataset).await.unwrap()));
    }
    world.lake.put_marker(warehouse, lake::seen(&listings).into()).await.unwrap();
}

#[tokio::test]
async fn a_replaced_version_stays_until_every_warehouse_has_absorbed_that() {
    let world = World::memory();
    version(&world, 1).await;
    version(&world, 2).await;
    let grace = Duration::from_secs(2);
    tokio::time::sleep(grace + Duration::from_secs(1)).await;
    version(&world, 3).await;
    let sweep = || world.lake.sweep(REVIEWS, grace);
    // Nobody has published: whoever does so for the first time may read the version before.
    assert_eq!(sweep().await.unwrap(), Swept { parquet: 1, quarantine: 2 });
    world.lake.put_marker("raw", "{}".into()).await.unwrap();
    absorbs(&world, "one").await;
    world.lake.put_marker("two", lake::seen(&[]).into()).await.unwrap();
    assert_eq!(sweep().await.unwrap(), Swept::default());
    absorbs(&world, "two").await;
    assert_eq!(sweep().await.unwrap(), Swept { parquet: 1, quarantine: 0 });
    assert_eq!(world.staged().await.len(), 1);
}

#[tokio::test]
async fn refused_rows_go_after_their_retention_though_their_version_is_live() {
    let world = World::memory();
    version(&world, 1).await;
    assert_eq!(world.lake.sweep_quarantine(REVIEWS, DAY).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(world.lake.sweep_quarantine(REVIEWS, Duration::ZERO).await.unwrap(), 1);
    assert_eq!(world.staged().await.len(), 1);
}

#[tokio::test]
async fn a_sweep_lists_each_container_once_and_reads_few_receipts() {
    let world = World::local();
    for n in 1..=5 {
        version(&world, n).await;
    }
    let before = world.lake.work();
    sweep(&world).await;
    let after = world.lake.work();
    // Staging, quarantine, the receipts and the markers; of the receipts, the newest.
    assert_eq!(after.listings - before.listings, 4);
    assert_eq!(after.receipts_read - before.receipts_read, 1);
}

#[tokio::test]
async fn without_any_receipt_nothing_is_cleared_away() {
    let world = World::memory();
    let receipt = version(&world, 3).await;
    // Somebody has deleted the log by mistake.
    let name = format!("_receipts/{}/{REVIEW}/000001.json", Dataset::ClassifiedMovieReview);
    world.staging.delete(&Path::parse(&name).unwrap()).await.unwrap();
    assert_eq!(sweep(&world).await, Swept::default());
    assert_eq!(world.staged().await, [receipt.parquet.unwrap()]);
}
