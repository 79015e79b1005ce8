//! Files that are refused, and what stays live then.

use lake::{IngestOptions, Outcome, Receipt, State};
use pipeline::FileReason;

use crate::world::*;

/// Drops a file, expects its refusal, and that nothing but receipts is left.
async fn refuse(world: &World, path: &str, bytes: impl Into<Vec<u8>>) -> Receipt {
    world.drop_file(path, bytes).await;
    let receipt = rejected(world.ingest(path).await);
    assert_eq!((receipt.state, &receipt.parquet), (State::Rejected, &None));
    assert!(receipt.rows.add_up() && receipt.quarantine.is_none());
    assert!(world.staged().await.is_empty());
    assert!(world.names(&world.quarantine).await.is_empty());
    assert!(matches!(world.ingest(path).await, Outcome::AlreadyDone(_)));
    receipt
}

fn reason(receipt: &Receipt) -> FileReason {
    receipt.refusal.as_ref().unwrap().reason
}

#[tokio::test]
async fn a_file_without_a_byte_is_refused() {
    for world in World::all().await {
        for path in [REVIEW, "movie_review/a.csv.gz"] {
            let receipt = refuse(&world, path, "").await;
            assert_eq!(reason(&receipt), FileReason::EmptyFile);
        }
    }
}

#[tokio::test]
async fn a_file_that_its_rows_refuse_shows_them_in_quarantine() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..60) + &"x,y,z\n".repeat(60)).await;
        let receipt = rejected(world.ingest(REVIEW).await);
        assert_eq!(reason(&receipt), FileReason::TooManyRefused);
        assert!(receipt.bytes_hash.is_some() && receipt.parquet.is_none());
        assert!(receipt.rows.add_up() && world.staged().await.is_empty());
        assert_eq!(world.names(&world.quarantine).await, [receipt.quarantine.unwrap()]);
        assert!(matches!(world.ingest(REVIEW).await, Outcome::AlreadyDone(_)));
    }
}

#[tokio::test]
async fn damaged_and_truncated_gzip_is_refused() {
    for world in World::all().await {
        let whole = gzip(&reviews(0..50_000));
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 0xff;
        let cases: [(&str, Vec<u8>); 5] = [
            ("truncated", whole[..whole.len() / 2].to_vec()),
            ("no-footer", whole[..whole.len() - 4].to_vec()),
            ("damaged", flipped),
            ("plain", reviews(0..3).into_bytes()),
            ("trailing", [whole.as_slice(), b"junk after the last member"].concat()),
        ];
        for (name, bytes) in cases {
            let path = format!("movie_review/{name}.csv.gz");
            let receipt = refuse(&world, &path, bytes).await;
            assert_eq!(reason(&receipt), FileReason::BadGzip, "{name}");
        }
    }
}

#[tokio::test]
async fn a_gzip_bomb_is_left_early() {
    let world = World::local();
    let row = format!("1,{},", "a".repeat(900_000));
    let text: String = (0..120).map(|id| format!("{row}{id}\n")).collect();
    let bytes = gzip(&(reviews([]) + &text));
    assert!(text.len() > 800 * bytes.len());
    let receipt = refuse(&world, "movie_review/bomb.csv.gz", bytes).await;
    assert_eq!(reason(&receipt), FileReason::TooLarge);
    // Within the first 64 MiB any ratio is welcome.
    let text: String = (0..60).map(|id| format!("{row}{id}\n")).collect();
    world.drop_file("movie_review/dense.csv.gz", gzip(&(reviews([]) + &text))).await;
    assert_eq!(accepted(world.ingest("movie_review/dense.csv.gz").await).rows.staged, 60);
}

#[tokio::test]
async fn what_is_too_large_is_not_read_when_its_size_says_so() {
    for world in World::all().await {
        let options = IngestOptions { max_bytes: 1000, ..Default::default() };
        for (path, bytes) in [
            (REVIEW, reviews(0..1000).into_bytes()),
            ("movie_review/a.csv.gz", gzip(&"a".repeat(2000))),
        ] {
            world.drop_file(path, bytes).await;
            let receipt = rejected(world.ingest_with(path, &options).await);
            assert_eq!(reason(&receipt), FileReason::TooLarge);
        }
        assert_eq!(world.lake.work().sources_read, 1);
    }
}

#[tokio::test]
async fn a_refused_file_leaves_its_last_good_version_live() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..3)).await;
        let first = accepted(world.ingest(REVIEW).await);
        world.drop_file(REVIEW, "id,text\n1,2\n").await;
        let second = rejected(world.ingest(REVIEW).await);
        assert_eq!((second.number, reason(&second)), (2, FileReason::MissingColumn));
        let live = world.lake.receipts().live(REVIEWS, REVIEW, 2).await.unwrap();
        assert_eq!(live, Some(first.clone()));
        assert_eq!(world.staged().await, [first.parquet.clone().unwrap()]);
        // The good bytes again: nothing to stage.
        world.drop_file(REVIEW, reviews(0..3)).await;
        let outcome = world.ingest(REVIEW).await;
        assert!(matches!(outcome, Outcome::Unchanged(third) if third.number == 3));
        let live = world.lake.receipts().live(REVIEWS, REVIEW, 3).await.unwrap();
        assert_eq!(live, Some(first));
    }
}
