//! What every backend must do, run for a local folder, for memory and for Azure Storage.

use futures_util::{StreamExt, TryStreamExt};
use lake::{Error, IngestOptions, Outcome};
use pipeline::Dataset;

use crate::world::*;

macro_rules! conformance {
    ($($test:ident)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                for world in World::all().await {
                    super::$test(world).await;
                }
            }
        )*
    };
}

mod backends {
    use super::World;

    conformance! {
        sources_are_the_csv_files_of_a_dataset_sorted
        odd_names_round_trip
        bad_names_are_refused
        receipts_are_found_by_path_and_number
        the_hash_of_a_listing_changes_with_each_receipt
        the_live_version_is_the_newest_accepted_that_nobody_forgot
        columns_come_as_asked_for
        row_groups_outside_of_the_ids_are_not_read
        what_is_not_there_says_so
        markers_come_back
    }
}

async fn sources_are_the_csv_files_of_a_dataset_sorted(world: World) {
    assert!(world.lake.sources(REVIEWS).await.unwrap().is_empty());
    for name in ["movie_review/b.csv", "movie_review/a/z.CSV.gz", "movie_review/readme.txt"] {
        world.drop_file(name, "x").await;
    }
    world.drop_file("log_reviews/a.csv", "").await;
    world.drop_file("movie_reviews/a.csv", "x").await;
    let sources = world.lake.sources(REVIEWS).await.unwrap();
    let names: Vec<_> = sources.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(names, ["movie_review/a/z.CSV.gz", "movie_review/b.csv"]);
    assert_eq!(sources[0].size, 1);
    assert!(!sources[0].etag.is_empty() && !sources[0].etag.contains('"'));
    assert_eq!(world.lake.work().listings, 2);
}

async fn odd_names_round_trip(world: World) {
    let names = [
        "movie_review/ a b.csv",
        "movie_review/#1/a#2.csv",
        "movie_review/%2e%2e/100%.csv",
        "movie_review/a?b&c=d;e,f+g!.csv",
        "movie_review/c:|~[x]{y}^`'\"<>*.csv",
        "movie_review/e\u{301} \u{e9} \u{96fb}\u{5f71} \u{1f600}.csv",
    ];
    for (n, name) in names.into_iter().enumerate() {
        world.drop_file(name, reviews([n as i64])).await;
    }
    let sources = world.lake.sources(REVIEWS).await.unwrap();
    let listed: Vec<_> = sources.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(listed, names);
    for (n, source) in sources.iter().enumerate() {
        let receipt = accepted(world.ingest(&source.path).await);
        assert_eq!((&receipt.path, &receipt.etag), (&source.path, &source.etag));
        assert_eq!(world.ids(&receipt, "review_id").await, [n as i64]);
    }
    let listing = world.lake.receipts().list(REVIEWS).await.unwrap();
    assert!(listing.newest.keys().eq(names));
    for name in names {
        assert!(matches!(world.ingest(name).await, Outcome::AlreadyDone(_)), "{name}");
        let receipt = world.lake.receipts().newest(REVIEWS, name).await.unwrap().unwrap();
        assert_eq!(receipt.path, name);
    }
}

async fn bad_names_are_refused(world: World) {
    let ingest = |path: &'static str| {
        let lake = world.lake.clone();
        async move { lake::ingest(&lake, path, &Default::default()).await.unwrap_err() }
    };
    for path in [
        "movie_review/../log_reviews/a.csv",
        "movie_review//a.csv",
        "/movie_review/a.csv",
        "movie_review/./a.csv",
        "movie_review/a\n.csv",
        "movie_review/a\\b.csv",
    ] {
        let error = ingest(path).await;
        assert!(matches!(error, Error::Name { .. }) && !error.is_transient(), "{error}");
    }
    assert!(matches!(ingest("other/a.csv").await, Error::Foreign { .. }));
    assert!(matches!(ingest("movie_review/a.parquet").await, Error::Foreign { .. }));
}

async fn receipts_are_found_by_path_and_number(world: World) {
    let lake = &world.lake;
    assert!(lake.receipts().list(REVIEWS).await.unwrap().newest.is_empty());
    assert_eq!(lake.receipts().newest(REVIEWS, REVIEW).await.unwrap(), None);
    assert_eq!(lake.receipts().live(REVIEWS, REVIEW, 0).await.unwrap(), None);
    // A path that another one begins with.
    let below = format!("{REVIEW}/000009.csv");
    for (path, ids) in [(REVIEW, 0..2), (REVIEW, 0..3), (&below, 3..4)] {
        // A folder cannot be a file as well on a disk.
        if path == REVIEW || world.dir.is_none() {
            world.drop_file(path, reviews(ids)).await;
            accepted(world.ingest(path).await);
        }
    }
    let listing = lake.receipts().list(REVIEWS).await.unwrap();
    assert_eq!(listing.newest[REVIEW], 2);
    for number in [1, 2] {
        let receipt = lake.receipts().get(REVIEWS, REVIEW, number).await.unwrap();
        assert_eq!((receipt.number, receipt.rows.staged), (number, u64::from(number) + 1));
    }
    assert_eq!(lake.receipts().newest(REVIEWS, REVIEW).await.unwrap().unwrap().number, 2);
    assert!(matches!(lake.receipts().get(REVIEWS, REVIEW, 3).await, Err(Error::Missing { .. })));
    assert!(lake.receipts().list(Dataset::ReviewLogs).await.unwrap().newest.is_empty());
}

async fn the_hash_of_a_listing_changes_with_each_receipt(world: World) {
    let mut hashes = vec![world.lake.receipts().list(REVIEWS).await.unwrap().hash()];
    for (n, path) in [REVIEW, "movie_review/b.csv", REVIEW].into_iter().enumerate() {
        world.drop_file(path, reviews(0..n as i64)).await;
        world.ingest(path).await;
        let hash = world.lake.receipts().list(REVIEWS).await.unwrap().hash();
        assert_eq!(hash, world.lake.receipts().list(REVIEWS).await.unwrap().hash());
        assert!(!hashes.contains(&hash));
        hashes.push(hash);
    }
}

async fn the_live_version_is_the_newest_accepted_that_nobody_forgot(world: World) {
    let live = async |newest| {
        let live = world.lake.receipts().live(REVIEWS, REVIEW, newest).await.unwrap();
        live.map(|receipt| receipt.number)
    };
    world.drop_file(REVIEW, reviews(0..2)).await;
    accepted(world.ingest(REVIEW).await);
    world.drop_file(REVIEW, "nothing,of,ours\n1,2,3\n").await;
    rejected(world.ingest(REVIEW).await);
    assert_eq!((live(1).await, live(2).await), (Some(1), Some(1)));
    let forgotten = world.lake.receipts().exclude(REVIEWS, REVIEW).await.unwrap().unwrap();
    assert_eq!(forgotten.number, 3);
    assert_eq!((live(2).await, live(3).await), (Some(1), None));
    assert_eq!(world.lake.receipts().exclude(REVIEWS, REVIEW).await.unwrap(), None);
    // The same bytes stay out, unless forced; new ones come in again.
    assert!(matches!(world.ingest(REVIEW).await, Outcome::AlreadyDone(r) if r.number == 3));
    // An order that was given before comes too late.
    let order = IngestOptions { force: Some(2), ..Default::default() };
    let late = world.ingest_with(REVIEW, &order).await;
    assert!(matches!(late, Outcome::AlreadyDone(r) if r.number == 3));
    world.drop_file(REVIEW, reviews(0..4)).await;
    assert_eq!(accepted(world.ingest(REVIEW).await).number, 4);
    assert_eq!(live(4).await, Some(4));
}

async fn columns_come_as_asked_for(world: World) {
    world.drop_file(REVIEW, reviews(0..20_000)).await;
    let receipt = accepted(world.ingest(REVIEW).await);
    let batches = world.rows(&receipt, &["review_id", "customer_id"]).await;
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 20_000);
    for batch in &batches {
        let names: Vec<_> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
        assert_eq!(names, ["review_id", "customer_id"]);
        assert!(batch.num_rows() <= 8_192);
    }
    let parquet = receipt.parquet.unwrap();
    let error = world.lake.read_staged(REVIEWS, &parquet, &["ip"], None).await.err().unwrap();
    assert!(error.to_string().contains("no column ip") && !error.is_transient(), "{error}");
}

async fn row_groups_outside_of_the_ids_are_not_read(world: World) {
    // Two row groups: ids up to 131,071, and the rest.
    world.drop_file(REVIEW, reviews(0..140_000)).await;
    let receipt = accepted(world.ingest(REVIEW).await);
    let parquet = receipt.parquet.as_ref().unwrap();
    let count = async |ids| {
        let stream = world.lake.read_staged(REVIEWS, parquet, &["review_id"], ids).await.unwrap();
        let rows = stream.map_ok(|batch| batch.num_rows());
        rows.try_fold(0, async |sum, rows| Ok(sum + rows)).await.unwrap()
    };
    assert_eq!(count(None).await, 140_000);
    assert_eq!(count(Some(0..=0)).await, 131_072);
    assert_eq!(count(Some(131_071..=131_072)).await, 140_000);
    assert_eq!(count(Some(139_999..=i64::MAX)).await, 140_000 - 131_072);
    assert_eq!(count(Some(140_000..=i64::MAX)).await, 0);
    assert_eq!(count(Some(i64::MIN..=-1)).await, 0);
}

async fn what_is_not_there_says_so(world: World) {
    assert_eq!(world.ingest(REVIEW).await, Outcome::Gone);
    let none = world.lake.read_staged(REVIEWS, "a/b.parquet", &["review_id"], None).await;
    let error = none.err().unwrap();
    assert!(matches!(error, Error::Missing { .. }) && error.is_transient(), "{error}");
    let damaged = "classified_movie_review/a.parquet";
    let path = object_store::path::Path::parse(damaged).unwrap();
    let bytes = bytes::Bytes::from_static(b"no parquet, but long enough for a footer");
    object_store::ObjectStoreExt::put(&world.staging, &path, bytes.into()).await.unwrap();
    let error = match world.lake.read_staged(REVIEWS, damaged, &["review_id"], None).await {
        Err(error) => error,
        Ok(mut stream) => stream.next().await.unwrap().unwrap_err(),
    };
    assert!(matches!(error, Error::Damaged { .. }) && !error.is_transient(), "{error}");
}

async fn markers_come_back(world: World) {
    assert_eq!(world.lake.get_marker("sqlite").await.unwrap(), None);
    for text in ["first", "second"] {
        world.lake.put_marker("sqlite", text.into()).await.unwrap();
        assert_eq!(world.lake.get_marker("sqlite").await.unwrap().unwrap(), text);
    }
    assert_eq!(world.names(&world.staging).await, ["_published/sqlite.json"]);
    assert!(world.lake.put_marker("../sqlite", "x".into()).await.is_err());
}
