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
async fn what_nothing_names_goes_and_the_two_newest_accepted_versions_stay() {
    for world in World::all().await {
        let mut kept = Vec::new();
        for n in 1..=4 {
            kept.push(version(&world, n).await);
        }
        // Neither a refused version nor one that was taken out changes what stays.
        world.drop_file(REVIEW, "nothing,of,ours\n1,2,3\n").await;
        rejected(world.ingest(REVIEW).await);
        world.lake.receipts().exclude(REVIEWS, REVIEW).await.unwrap().unwrap();
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
        assert_eq!(sweep(&world).await, Swept { parquet: 4, quarantine: 4 });
        let mut stays: Vec<_> = kept[2..].iter().map(|r| r.parquet.clone().unwrap()).collect();
        stays.push(other.to_string());
        stays.sort();
        assert_eq!(world.staged().await, stays);
        let mut stays: Vec<_> = kept[2..].iter().map(|r| r.quarantine.clone().unwrap()).collect();
        stays.sort();
        assert_eq!(world.names(&world.quarantine).await, stays);
        assert_eq!(sweep(&world).await, Swept::default());
        assert_eq!(world.lake.receipts().list(REVIEWS).await.unwrap().newest[REVIEW], 6);
    }
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
    // Staging, quarantine and the receipts; of these, the two newest.
    assert_eq!(after.listings - before.listings, 3);
    assert_eq!(after.receipts_read - before.receipts_read, 2);
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
