//! The life of a path: accepted, done, unchanged, restated, forced.

use std::sync::{Arc, Mutex};

use arrow_array::{cast::AsArray, types::Int32Type};
use lake::{IngestOptions, Outcome, Progress, State};
use pipeline::{Dataset, Day};

use crate::world::*;

#[tokio::test]
async fn a_new_file_is_staged_with_a_receipt() {
    for world in World::all().await {
        let text = "cid,review_str,id_review\n1,Good film,7\n2,goodness no,8\nx,broken,9\n";
        world.drop_file(REVIEW, text).await;
        let receipt = accepted(world.ingest(REVIEW).await);
        assert_eq!((receipt.number, receipt.state, receipt.dataset), (1, State::Accepted, REVIEWS));
        assert_eq!(receipt.size, text.len() as u64);
        assert_eq!((receipt.rows.read, receipt.rows.staged, receipt.rows.refused), (3, 2, 1));
        assert_eq!((receipt.min_id, receipt.max_id), (Some(7), Some(8)));
        assert_eq!(receipt.content_hash.as_ref().unwrap().len(), 32);
        assert_eq!(world.ids(&receipt, "review_id").await, [7, 8]);
        let batches = world.rows(&receipt, &["is_positive"]).await;
        assert_eq!(batches[0].column(0).as_primitive::<Int32Type>().values(), &[1, 0]);
        let parquet = receipt.parquet.clone().unwrap();
        assert!(parquet.starts_with(&format!("classified_movie_review/{REVIEW}/")));
        assert_eq!(world.names(&world.quarantine).await, [receipt.quarantine.clone().unwrap()]);
        let stored = world.lake.receipts().get(REVIEWS, REVIEW, 1).await.unwrap();
        assert_eq!(stored, receipt);
    }
}

#[tokio::test]
async fn the_same_version_is_read_once() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..3)).await;
        let receipt = accepted(world.ingest(REVIEW).await);
        let before = world.lake.work();
        assert_eq!(world.ingest(REVIEW).await, Outcome::AlreadyDone(receipt));
        let after = world.lake.work();
        assert_eq!(after.sources_read, before.sources_read);
        assert_eq!(after.listings - before.listings, 1);
        assert_eq!(after.receipts_read - before.receipts_read, 1);
    }
}

#[tokio::test]
async fn the_same_bytes_again_keep_the_live_version() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..3)).await;
        let first = accepted(world.ingest(REVIEW).await);
        // Another time of change, so another ETag.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        world.drop_file(REVIEW, reviews(0..3)).await;
        let Outcome::Unchanged(second) = world.ingest(REVIEW).await else { panic!() };
        assert_eq!((second.number, second.state, second.rows.read), (1, State::Accepted, 0));
        assert_ne!(second.etag, first.etag);
        // It is known from now on, without a receipt.
        let read = world.lake.work().sources_read;
        let again = world.ingest(REVIEW).await;
        assert!(matches!(again, Outcome::AlreadyDone(again) if again.etag == second.etag));
        assert_eq!(world.lake.work().sources_read, read);
        assert_eq!(world.lake.receipts().list(REVIEWS).await.unwrap().newest[REVIEW], 1);
        assert_eq!(world.staged().await, [first.parquet.clone().unwrap()]);
        // Forced, it is staged again.
        let third = accepted(world.force(REVIEW).await);
        assert_eq!((third.number, &third.content_hash), (2, &first.content_hash));
        assert_eq!(world.ids(&third, "review_id").await, [0, 1, 2]);
        // The order was given when one receipt stood there; delivered again, it is done.
        let order = IngestOptions { force: Some(1), ..Default::default() };
        let again = world.ingest_with(REVIEW, &order).await;
        assert!(matches!(again, Outcome::AlreadyDone(third) if third.number == 2));
    }
}

#[tokio::test]
async fn a_version_that_was_found_unchanged_stays_out_once_it_is_excluded() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..3)).await;
        accepted(world.ingest(REVIEW).await);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        world.drop_file(REVIEW, reviews(0..3)).await;
        assert!(matches!(world.ingest(REVIEW).await, Outcome::Unchanged(_)));
        let excluded = world.lake.receipts().exclude(REVIEWS, REVIEW).await.unwrap().unwrap();
        assert_eq!(world.ingest(REVIEW).await, Outcome::AlreadyDone(excluded));
        // What was remembered of the version before says nothing of it any more.
        world.drop_file(REVIEW, reviews(0..4)).await;
        assert_eq!(accepted(world.ingest(REVIEW).await).number, 3);
    }
}

#[tokio::test]
async fn a_restated_file_becomes_the_live_version_and_the_old_parquet_stays_for_the_publisher() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..3)).await;
        accepted(world.ingest(REVIEW).await);
        world.drop_file(REVIEW, reviews(0..5)).await;
        let second = accepted(world.ingest(REVIEW).await);
        assert_eq!((second.number, second.rows.staged), (2, 5));
        assert_eq!(world.staged().await.len(), 2);
    }
}

#[tokio::test]
async fn another_recipe_reads_the_same_bytes_again() {
    let world = World::local();
    let path = "log_reviews/a.csv";
    world.drop_file(path, logs([(1, "04-25-2021"), (2, "04-26-2021")])).await;
    let first = accepted(world.ingest(path).await);
    let day = |text: &str| text.parse::<Day>().unwrap();
    assert_eq!(first.days, [(day("2021-04-25"), 1), (day("2021-04-26"), 1)].into());
    let parser = pipeline::Options { pii: pipeline::logs::Pii::Keep, ..Default::default() };
    let options = IngestOptions { parser, ..Default::default() };
    let second = accepted(world.ingest_with(path, &options).await);
    assert_ne!(first.recipe, second.recipe);
    assert!(matches!(world.ingest_with(path, &options).await, Outcome::AlreadyDone(_)));
}

#[tokio::test]
async fn a_header_alone_is_accepted_without_rows() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews([])).await;
        let receipt = accepted(world.ingest(REVIEW).await);
        assert_eq!((receipt.rows.read, receipt.min_id, receipt.max_id), (0, None, None));
        assert!(world.ids(&receipt, "review_id").await.is_empty());
    }
}

#[tokio::test]
async fn gzip_is_told_by_its_name_or_its_first_bytes() {
    for world in World::all().await {
        // More than one chunk, and more than one gzip member.
        let mut bytes = gzip(&reviews(0..60_000));
        bytes.extend(gzip("1,x,60000\n"));
        for path in ["movie_review/a.csv.gz", "movie_review/b.csv"] {
            world.drop_file(path, bytes.clone()).await;
            let receipt = accepted(world.ingest(path).await);
            assert_eq!((receipt.rows.staged, receipt.max_id), (60_001, Some(60_000)));
            assert_eq!(receipt.size, bytes.len() as u64);
        }
    }
}

#[tokio::test]
async fn progress_ends_at_the_size_of_the_file() {
    for world in World::all().await {
        let text = reviews(0..100_000);
        world.drop_file(REVIEW, text.clone()).await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let progress = move |progress: Progress| sink.lock().unwrap().push(progress);
        let options = IngestOptions { progress: Some(Arc::new(progress)), ..Default::default() };
        accepted(world.ingest_with(REVIEW, &options).await);
        let seen = seen.lock().unwrap();
        let total = text.len() as u64;
        assert!(seen.len() > 1 && seen.is_sorted_by_key(|progress| progress.done));
        assert_eq!(*seen.last().unwrap(), Progress { done: total, total });
    }
}

#[tokio::test]
async fn every_dataset_can_be_staged() {
    let world = World::memory();
    let purchases = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,\
                     Country\n1,2,3,4,12/1/2010 8:26,2.55,17850.0,UK\n1,2,3,4,12/1/2010 8:26,1,,UK\n";
    world.drop_file("user_purchase/a.csv", purchases).await;
    let receipt = accepted(world.ingest("user_purchase/a.csv").await);
    assert_eq!((receipt.dataset, receipt.rows.staged), (Dataset::UserPurchase, 2));
    assert_eq!((receipt.min_id, receipt.days.len()), (None, 0));
    let columns = ["customer_id", "unit_price", "quantity"];
    assert_eq!(world.rows(&receipt, &columns).await[0].num_rows(), 2);
}
