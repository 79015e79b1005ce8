//! What only a storage account can do, or fail to do.

use std::{sync::Arc, time::Instant};

use functions_host::azurite::{Account, create_container, put_blob};
use futures_util::{StreamExt, stream};
use lake::{AzureLake, Error, IngestOptions, Lake, Outcome, Progress};
use object_store::{ObjectStoreExt, PutMode, PutOptions, UpdateVersion, path::Path};
use tokio::runtime::Handle;

use crate::world::*;

fn lake_of(account: &Account) -> Lake {
    let azure = AzureLake::from_connection_string(&account.connection_string()).unwrap();
    Lake::azure(&azure).unwrap()
}

#[tokio::test]
async fn a_missing_container_is_named_and_no_blob_is_taken_for_gone() {
    let account = fresh_account().await;
    let lake = lake_of(&account);
    assert_eq!(lake.describe(), account.blob_endpoint());
    for container in ["raw", "staging", "quarantine"] {
        let named = format!("has no container `{container}`: Terraform makes it");
        let ingested = lake::ingest(&lake, REVIEW, &Default::default()).await.unwrap_err();
        for error in [ingested, lake.check().await.unwrap_err()] {
            assert!(error.to_string().contains(&named), "{error}");
            assert!(error.is_settings() && !error.is_transient());
        }
        create_container(&account, container).await.unwrap();
    }
    assert_eq!(lake::ingest(&lake, REVIEW, &Default::default()).await.unwrap(), Outcome::Gone);
    lake.check().await.unwrap();
}

#[tokio::test]
async fn a_missing_container_is_named_by_listings_and_writes() {
    let account = fresh_account().await;
    let lake = lake_of(&account);
    let error = lake.sources(REVIEWS).await.unwrap_err();
    assert!(error.to_string().contains("`raw`") && error.is_settings(), "{error}");
    create_container(&account, "raw").await.unwrap();
    let raw = store(&account, "raw");
    let bytes = reviews(0..3) + "x,y,z\n";
    raw.put(&Path::parse(REVIEW).unwrap(), bytes.into()).await.unwrap();
    for (container, next) in [("staging", "quarantine"), ("quarantine", "")] {
        let error = lake::ingest(&lake, REVIEW, &Default::default()).await.unwrap_err();
        assert!(error.to_string().contains(&format!("`{container}`")), "{error}");
        assert!(matches!(error, Error::NoContainer { .. }));
        create_container(&account, container).await.unwrap();
        assert!(next.is_empty() || lake.receipts().list(REVIEWS).await.unwrap().newest.is_empty());
    }
    accepted(lake::ingest(&lake, REVIEW, &Default::default()).await.unwrap());
}

#[tokio::test]
async fn a_wrong_key_is_a_matter_of_settings() {
    let account = fresh_account().await;
    let wrong = account.connection_string().replace("AccountKey=Eby8", "AccountKey=Abcd");
    let lake = Lake::azure(&AzureLake::from_connection_string(&wrong).unwrap()).unwrap();
    for error in [
        lake.check().await.unwrap_err(),
        lake.sources(REVIEWS).await.unwrap_err(),
        lake::ingest(&lake, REVIEW, &Default::default()).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Denied { .. }) && error.is_settings(), "{error}");
        assert!(!error.to_string().contains("Abcd"));
    }
}

#[tokio::test]
async fn more_blobs_than_one_page_are_listed() {
    let world = World::azure().await;
    let names = (0..5_100).map(|n| Path::parse(format!("movie_review/{n:04}.csv")).unwrap());
    let puts = stream::iter(names).map(|name| {
        let raw = Arc::clone(&world.raw);
        async move { raw.put(&name, "x".into()).await.unwrap() }
    });
    assert_eq!(puts.buffer_unordered(32).count().await, 5_100);
    let sources = world.lake.sources(REVIEWS).await.unwrap();
    assert_eq!(sources.len(), 5_100);
    assert!(sources.is_sorted_by_key(|source| &source.path));
}

#[tokio::test]
async fn a_misnamed_blob_hides_no_other() {
    let account = fresh_account().await;
    for container in ["raw", "staging", "quarantine"] {
        create_container(&account, container).await.unwrap();
    }
    let lake = lake_of(&account);
    let bad = ["movie_review/a\u{7f}b.csv", "movie_review//c.csv", "movie_review/\u{85}d.csv"];
    for name in bad.iter().chain(&["movie_review/a.csv", "movie_review/z&<.csv"]) {
        put_blob(&account, "raw", name, reviews(0..3).into_bytes()).await.unwrap();
    }
    let raw = lake.list_raw().await.unwrap();
    let names: Vec<_> = raw.files[&REVIEWS].iter().map(|source| source.path.as_str()).collect();
    assert_eq!(names, ["movie_review/a.csv", "movie_review/z&<.csv"]);
    assert_eq!(raw.unread.len(), bad.len(), "{:?}", raw.unread);
    for name in bad {
        let shown = format!("`{}` is not a valid file name", name.escape_debug());
        let told = raw.unread.iter().any(|unread| unread.why.starts_with(&shown));
        assert!(told, "{shown}: {:?}", raw.unread);
    }
    accepted(lake::ingest(&lake, "movie_review/z&<.csv", &Default::default()).await.unwrap());
}

#[tokio::test]
async fn conditions_are_kept_and_etags_agree() {
    let world = World::azure().await;
    let path = Path::parse("a.csv").unwrap();
    let put = async |mode: PutMode| {
        let options = PutOptions::from(mode);
        world.raw.put_opts(&path, "x".into(), options).await
    };
    let first = put(PutMode::Create).await.unwrap();
    let again = put(PutMode::Create).await.unwrap_err();
    assert!(matches!(again, object_store::Error::AlreadyExists { .. }), "{again}");
    let version = UpdateVersion { e_tag: first.e_tag, version: None };
    put(PutMode::Update(version.clone())).await.unwrap();
    let stale = put(PutMode::Update(version)).await.unwrap_err();
    assert!(matches!(stale, object_store::Error::Precondition { .. }), "{stale}");

    world.drop_file(REVIEW, reviews(0..3)).await;
    let receipt = accepted(world.ingest(REVIEW).await);
    assert_eq!(world.lake.sources(REVIEWS).await.unwrap()[0].etag, receipt.etag);
}

/// Reviews of many parts, far more than are fetched ahead.
fn large() -> String {
    let film = "a film ".repeat(200);
    let mut text = reviews([]);
    let mut id = 1_i64;
    while text.len() < 66 << 20 {
        id = id.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text += &format!("{},{film},{}\n", id >> 7, id >> 3);
    }
    text
}

#[tokio::test]
async fn a_large_file_is_fetched_in_parts() {
    let text = large();
    let rows = text.lines().count() as u64 - 1;
    for world in [World::memory(), World::azure().await] {
        world.drop_file(REVIEW, text.clone()).await;
        let receipt = accepted(world.ingest(REVIEW).await);
        assert_eq!((receipt.rows.read, receipt.rows.staged), (rows, rows));
        assert_eq!(receipt.size, text.len() as u64);
        let work = world.lake.work();
        assert_eq!(work.sources_read, 1);
    }
}

#[tokio::test]
async fn a_blob_that_is_overwritten_while_it_is_read_is_read_again() {
    let world = World::azure().await;
    world.drop_file(REVIEW, large()).await;
    let raw = Arc::clone(&world.raw);
    let overwritten = std::sync::Once::new();
    let progress = move |_: Progress| {
        overwritten.call_once(|| {
            let path = Path::parse(REVIEW).unwrap();
            Handle::current().block_on(raw.put(&path, reviews(0..9).into())).unwrap();
        });
    };
    let options = IngestOptions { progress: Some(Arc::new(progress)), ..Default::default() };
    let receipt = accepted(world.ingest_with(REVIEW, &options).await);
    assert_eq!((receipt.number, receipt.rows.staged), (1, 9));
    assert_eq!(world.staged().await, [receipt.parquet.clone().unwrap()]);
}

#[tokio::test]
async fn an_emulator_that_does_not_run_is_given_up_soon() {
    // A port that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!("AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:{port}/a");
    let lake = Lake::azure(&AzureLake::from_connection_string(&text).unwrap()).unwrap();
    let begun = Instant::now();
    let error = lake.check().await.unwrap_err();
    assert!(error.is_transient() && !error.is_settings(), "{error}");
    assert!(begun.elapsed().as_secs() < 20);
}
