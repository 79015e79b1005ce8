//! Ids that stand in a file more than once: the later line wins.

use lake::Receipt;
use pipeline::Day;

use crate::world::*;

fn counts(receipt: &Receipt) -> (u64, u64, u64) {
    let rows = &receipt.rows;
    assert!(rows.add_up());
    (rows.read, rows.staged, rows.duplicate)
}

#[tokio::test]
async fn ascending_ids_are_not_read_back() {
    let world = World::local();
    world.drop_file(REVIEW, reviews(0..1000)).await;
    assert_eq!(counts(&accepted(world.ingest(REVIEW).await)), (1000, 1000, 0));
    let work = world.lake.work();
    assert_eq!((work.parquet_files_read, work.parquet_files_written), (0, 1));
}

#[tokio::test]
async fn unordered_ids_without_a_repetition_are_kept_as_they_are() {
    let world = World::local();
    world.drop_file(REVIEW, reviews((0..1000).rev())).await;
    assert_eq!(counts(&accepted(world.ingest(REVIEW).await)), (1000, 1000, 0));
    let work = world.lake.work();
    assert_eq!((work.parquet_files_read, work.parquet_files_written), (1, 1));
}

#[tokio::test]
async fn the_later_line_of_an_id_wins() {
    for world in World::all().await {
        // Customers are numbered by line, from 10,000 on.
        world.drop_file(REVIEW, reviews([5, 3, 5, 1, 3, 3, -9])).await;
        let receipt = accepted(world.ingest(REVIEW).await);
        assert_eq!(counts(&receipt), (7, 4, 3));
        assert_eq!(world.ids(&receipt, "review_id").await, [5, 1, 3, -9]);
        let customers = world.ids(&receipt, "customer_id").await;
        assert_eq!(customers, [10_002, 10_003, 10_005, 10_006]);
        assert_eq!((receipt.min_id, receipt.max_id), (Some(-9), Some(5)));
        // The file with the duplicates is gone.
        assert_eq!(world.staged().await, [receipt.parquet.clone().unwrap()]);
    }
}

#[tokio::test]
async fn the_days_of_a_log_file_are_those_of_the_winners() {
    for world in World::all().await {
        let path = "log_reviews/a.csv";
        let rows = [(1, "04-25-2021"), (2, "04-25-2021"), (3, "04-26-2021"), (1, "04-27-2021")];
        world.drop_file(path, logs(rows)).await;
        let receipt = accepted(world.ingest(path).await);
        assert_eq!(counts(&receipt), (4, 3, 1));
        let day = |text: &str| text.parse::<Day>().unwrap();
        let days = ["2021-04-25", "2021-04-26", "2021-04-27"].map(|text| (day(text), 1));
        assert_eq!(receipt.days, days.into());
        assert_eq!(world.ids(&receipt, "log_id").await, [2, 3, 1]);
        let batches = world.rows(&receipt, &["device", "log_date", "phone_number"]).await;
        assert_eq!(batches[0].num_rows(), 3);
    }
}

#[tokio::test]
async fn duplicates_across_batches_and_row_groups_are_found() {
    let world = World::memory();
    // Each id of the second half stands in the first half too.
    world.drop_file(REVIEW, reviews((0..100_000).chain(0..100_000))).await;
    let receipt = accepted(world.ingest(REVIEW).await);
    assert_eq!(counts(&receipt), (200_000, 100_000, 100_000));
    assert!(world.ids(&receipt, "review_id").await.into_iter().eq(0..100_000));
    assert_eq!(world.ids(&receipt, "customer_id").await[0], 110_000);
}
