//! A receipt that somebody damaged or deleted concerns its file alone, and the advice leads out.

use std::time::Duration;

use crate::common::{
    drop::{logs, reviews},
    lab::{Lab, order, published, read, reconciled, settle},
    oracle::Oracle,
    warehouse::assert_same,
};
use futures_util::TryStreamExt;
use movie_analytics::replay;
use object_store::{ObjectStoreExt, path::Path};
use pipeline::Dataset;

const REVIEWS: &str = "movie_review/1.csv";
const LOGS: &str = "log_reviews/1.csv";
const OTHER: &str = "movie_review/2.csv";

#[derive(Clone, Copy, Debug)]
enum Harm {
    Cut,
    Deleted,
}

async fn harm(lab: &Lab, harm: Harm, number: u32) {
    let name = format!("_receipts/classified_movie_review/{REVIEWS}/{number:06}.json");
    let receipt = Path::parse(name).unwrap();
    match harm {
        Harm::Cut => drop(lab.staging.put(&receipt, "{\"path".into()).await.unwrap()),
        Harm::Deleted => lab.staging.delete(&receipt).await.unwrap(),
    }
}

/// Files that are published; then the first review file is restated, and not published yet.
async fn lab() -> Lab {
    let lab = Lab::with(&[("MAX_DAY_SHRINK", "1")]);
    lab.put(REVIEWS, reviews(&[(1, "good", 1)])).await;
    lab.put(LOGS, logs(&[(1, "2021-04-19", "TV"), (2, "2021-04-20", "TV")])).await;
    settle(&lab.deps()).await.unwrap();
    lab.put(REVIEWS, reviews(&[(1, "dull", 1)])).await;
    read(&lab.deps(), REVIEWS).await.unwrap();
    lab
}

async fn holds_facts_of_all_files(lab: &Lab) {
    assert_same(&lab.facts(), &Oracle::of_contents(lab.files().await).facts);
}

#[tokio::test]
async fn reconcile_reads_a_file_again_whose_newest_receipt_is_damaged() {
    for how in [Harm::Cut, Harm::Deleted] {
        let lab = lab().await;
        harm(&lab, how, 2).await;
        lab.put(OTHER, reviews(&[(2, "good", 2)])).await;
        settle(&lab.deps()).await.unwrap();
        holds_facts_of_all_files(&lab).await;
    }
}

#[tokio::test]
async fn a_damaged_receipt_among_others_stops_no_other_file_and_replay_leads_out() {
    for how in [Harm::Cut, Harm::Deleted] {
        let lab = lab().await;
        let deps = lab.deps();
        let before = lab.facts();
        harm(&lab, how, 2).await;
        // A newer receipt covers the file, so reconcile leaves it alone.
        lab.put(REVIEWS, "no csv").await;
        lab.reads(&deps, REVIEWS, "rejected").await;
        lab.put(OTHER, reviews(&[(2, "good", 2)])).await;
        reconciled(&deps).await.unwrap();
        published(&deps).await.unwrap();
        let now = lab.facts();
        assert!(before.iter().all(|(grain, fact)| now.get(grain) == Some(fact)), "{how:?}");
        assert_eq!(now.len(), before.len() + 1, "{how:?}: the other file is not counted");
        // As the warning advises, once the vendor has sent the file again.
        lab.put(REVIEWS, reviews(&[(1, "dull", 1)])).await;
        let request = replay::Request { paths: vec![REVIEWS.to_owned()], ..Default::default() };
        for (_, again) in replay::run(&deps, request).await.unwrap().orders {
            assert_eq!(order(&deps, again).await.unwrap().outcome, "accepted");
        }
        settle(&deps).await.unwrap();
        holds_facts_of_all_files(&lab).await;
    }
}

#[tokio::test]
async fn files_of_a_path_with_a_damaged_receipt_are_not_swept() {
    let lab = lab().await;
    harm(&lab, Harm::Cut, 2).await;
    let reviews = Dataset::ClassifiedMovieReview;
    let swept = lab.deps().lake.sweep(reviews, Duration::ZERO).await.unwrap();
    assert_eq!(swept.parquet, 0);
    let all: Vec<_> = lab.staging.list(None).try_collect().await.unwrap();
    let staged = all.iter().filter(|meta| meta.location.as_ref().ends_with(".parquet"));
    assert_eq!(staged.count(), 3);
}

#[tokio::test]
async fn a_path_with_a_damaged_receipt_can_be_excluded() {
    let lab = lab().await;
    let deps = lab.deps();
    harm(&lab, Harm::Cut, 2).await;
    lab.remove(REVIEWS).await;
    deps.forget(Dataset::ClassifiedMovieReview, REVIEWS).await.unwrap();
    settle(&deps).await.unwrap();
    holds_facts_of_all_files(&lab).await;
}
