//! Histories that have a name: each ends in the facts of the files that lie there.

use std::time::Duration;

use crate::common::{
    drop::{logs, purchases, reviews},
    lab::{Lab, order, published, read, settle},
};
use movie_analytics::{build_fact_movie_analytics as build, deps::Deps, replay, status};
use pipeline::{Dataset, FileReason};

const REVIEWS: &str = "movie_review/1.csv";
const LOGS: &str = "log_reviews/1.csv";
const PURCHASES: &str = "user_purchase/1.csv";

/// Drops files and does all that is to do with them.
async fn after(lab: &Lab, deps: &Deps, files: &[(&str, String)]) {
    for (path, content) in files {
        lab.put(path, content.clone()).await;
    }
    settle(deps).await.unwrap();
}

async fn holds_the_files(lab: &Lab) {
    lab.holds(lab.files().await);
}

/// The same, after which the warehouse holds the facts of the files.
async fn becomes(lab: &Lab, deps: &Deps, files: &[(&str, String)]) {
    after(lab, deps, files).await;
    holds_the_files(lab).await;
}

fn empty() -> (Lab, Deps) {
    let lab = Lab::new();
    let deps = lab.deps();
    (lab, deps)
}

async fn report(deps: &Deps, input: build::Input) -> build::Report {
    match build::run(deps, input).await.unwrap() {
        build::Outcome::Published(report) => report,
        build::Outcome::NothingNew => panic!("nothing new"),
    }
}

async fn exclude(deps: &Deps, path: &str) {
    let request =
        replay::Request { paths: vec![path.to_owned()], forget: true, ..Default::default() };
    assert_eq!(replay::run(deps, request).await.unwrap().forgotten, [path]);
}

async fn vanished(deps: &Deps) -> Vec<String> {
    let datasets = status::run(deps).await.inventory.datasets;
    datasets.into_iter().flat_map(|dataset| dataset.vanished).map(|file| file.path).collect()
}

fn good(ids: &[i64]) -> String {
    reviews(&ids.iter().map(|id| (*id % 3, "good", *id)).collect::<Vec<_>>())
}

fn days(rows: &[(i64, &str)]) -> String {
    logs(&rows.iter().map(|(id, day)| (*id, *day, "Mobile")).collect::<Vec<_>>())
}

#[tokio::test]
async fn an_id_that_moves_from_one_file_to_another_and_back_counts_once() {
    let ((lab, deps), a, b) = (empty(), "log_reviews/a.csv", "log_reviews/b.csv");
    after(&lab, &deps, &[(REVIEWS, good(&[1, 2, 3]))]).await;
    let both = days(&[(1, "2021-04-19"), (2, "2021-04-20")]);
    becomes(&lab, &deps, &[(a, both.clone()), (b, days(&[(3, "2021-04-21")]))]).await;
    let moved = days(&[(3, "2021-04-21"), (1, "2021-04-22")]);
    becomes(&lab, &deps, &[(a, days(&[(2, "2021-04-20")])), (b, moved)]).await;
    // Back in the first file before the second one is restated: the row of the greater path counts till then.
    becomes(&lab, &deps, &[(a, both)]).await;
    becomes(&lab, &deps, &[(b, days(&[(3, "2021-04-21")]))]).await;
    assert_eq!(lab.number("SELECT sum(review_count) FROM fact_movie_analytics"), 3);
}

#[tokio::test]
async fn a_review_file_restated_to_other_ids_leaves_the_days_of_the_old_ones() {
    let (lab, deps) = empty();
    let rows: Vec<(i64, &str)> = vec![(1, "2021-04-19"), (2, "2021-04-19"), (900, "2021-06-01")];
    after(&lab, &deps, &[(LOGS, days(&rows)), (REVIEWS, good(&[1, 2]))]).await;
    becomes(&lab, &deps, &[(REVIEWS, good(&[900, 901]))]).await;
    assert_eq!(lab.number("SELECT count(*) FROM agg_daily"), 1);
}

#[tokio::test]
async fn a_log_corrected_to_another_date_leaves_the_old_date() {
    let (lab, deps) = empty();
    let first = days(&[(1, "2021-04-19"), (2, "2021-04-20")]);
    after(&lab, &deps, &[(LOGS, first), (REVIEWS, good(&[1, 2]))]).await;
    becomes(&lab, &deps, &[(LOGS, days(&[(1, "2020-04-19"), (2, "2021-04-20")]))]).await;
}

#[tokio::test]
async fn a_rejected_restatement_keeps_the_last_good_version() {
    let (lab, deps) = empty();
    after(&lab, &deps, &[(LOGS, days(&[(1, "2021-04-19")])), (REVIEWS, good(&[1]))]).await;
    let files = lab.files().await;
    lab.put(REVIEWS, "nothing,of,ours\n1,2,3\n").await;
    lab.reads(&deps, REVIEWS, "rejected").await;
    published(&deps).await.unwrap();
    lab.holds(files.clone());
    // The good bytes again change nothing; other good ones do.
    lab.put(REVIEWS, files[REVIEWS].clone()).await;
    lab.reads(&deps, REVIEWS, "unchanged").await;
    becomes(&lab, &deps, &[(REVIEWS, good(&[1, 2]))]).await;
}

#[tokio::test]
async fn the_same_purchases_under_two_names_count_once() {
    let (lab, deps) = empty();
    let bought = purchases(&[("1", 2, "2.5")]);
    after(&lab, &deps, &[(PURCHASES, bought.clone())]).await;
    let files = lab.files().await;
    let second = "user_purchase/2.csv";
    lab.put(second, bought).await;
    let refused = lab.reads(&deps, second, "rejected").await;
    assert_eq!(refused.reason, Some(FileReason::SameContent));
    settle(&deps).await.unwrap();
    lab.holds(files);
    lab.reads(&deps, second, "already_done").await;
    // Once the first has other content, the second is the only one with this.
    becomes(&lab, &deps, &[(PURCHASES, purchases(&[("1", 3, "2.5")]))]).await;
}

#[tokio::test]
async fn a_first_review_long_after_the_purchases_has_the_whole_spend() {
    let (lab, deps) = empty();
    after(&lab, &deps, &[(PURCHASES, purchases(&[("1", 2, "2.5"), ("7", 1, "0.001")]))]).await;
    after(&lab, &deps, &[("user_purchase/2.csv", purchases(&[("1", -1, "0.5")]))]).await;
    becomes(&lab, &deps, &[(REVIEWS, good(&[1])), (LOGS, days(&[(1, "2025-04-19")]))]).await;
    // And what he buys later reaches the facts that are there.
    becomes(&lab, &deps, &[("user_purchase/3.csv", purchases(&[("1", 9, "1")]))]).await;
}

#[tokio::test]
async fn a_deleted_source_counts_until_it_is_excluded() {
    let (lab, deps) = empty();
    let more = "movie_review/2.csv";
    let rows = days(&[(1, "2021-04-19"), (2, "2021-04-20")]);
    after(&lab, &deps, &[(LOGS, rows), (REVIEWS, good(&[1])), (more, good(&[2]))]).await;
    let files = lab.files().await;
    lab.remove(more).await;
    settle(&deps).await.unwrap();
    lab.holds(files.clone());
    assert_eq!(vanished(&deps).await, [more]);
    exclude(&deps, more).await;
    assert!(published(&deps).await.unwrap());
    holds_the_files(&lab).await;
    assert!(vanished(&deps).await.is_empty());
    // Asked again, since nobody knows how far the first call came.
    exclude(&deps, more).await;
    // The very same file again counts again: the vendor has sent it.
    after(&lab, &deps, &[(more, good(&[2]))]).await;
    lab.holds(files);
}

#[tokio::test]
async fn a_request_to_read_a_file_again_does_not_bring_back_what_was_excluded_since() {
    let (lab, deps) = empty();
    after(&lab, &deps, &[(REVIEWS, good(&[1])), (LOGS, days(&[(1, "2021-04-19")]))]).await;
    let request = || replay::Request { paths: vec![REVIEWS.to_owned()], ..Default::default() };
    let ordered = replay::run(&deps, request()).await.unwrap().orders;
    exclude(&deps, REVIEWS).await;
    // The queue delivers it after that, and twice.
    for (_, late) in [ordered.clone(), ordered].concat() {
        assert_eq!(order(&deps, late).await.unwrap().outcome, "already_done");
    }
    settle(&deps).await.unwrap();
    assert_eq!(lab.number("SELECT count(*) FROM fact_movie_analytics"), 0);
    // One that is given now does.
    for (_, now) in replay::run(&deps, request()).await.unwrap().orders {
        assert_eq!(order(&deps, now.clone()).await.unwrap().outcome, "accepted");
        assert_eq!(order(&deps, now).await.unwrap().outcome, "already_done");
    }
    settle(&deps).await.unwrap();
    holds_the_files(&lab).await;
}

#[tokio::test]
async fn another_protection_of_personal_data_restages_everything() {
    let lab = Lab::new();
    let first = lab.deps();
    after(&lab, &first, &[(LOGS, days(&[(1, "2021-04-19")])), (REVIEWS, good(&[1]))]).await;
    let keeping = lab.deps_with(&[("PII_MODE", "keep")]);
    settle(&keeping).await.unwrap();
    let newest = keeping.lake.receipts().newest(Dataset::ReviewLogs, LOGS).await.unwrap().unwrap();
    assert_eq!(newest.number, 2);
    holds_the_files(&lab).await;
    assert_eq!(keeping.lake.work().sources_read, 1, "reviews hold no personal data");
}

#[tokio::test]
async fn other_rules_for_facts_rebuild_everything() {
    let (lab, deps) = empty();
    let bought = purchases(&[("1", 2, "2.5")]);
    let rows = days(&[(1, "2021-04-19"), (2, "2021-04-20")]);
    after(&lab, &deps, &[(LOGS, rows), (REVIEWS, good(&[1, 2])), (PURCHASES, bought)]).await;
    drop(deps);
    // As an older program would have left it: with its name, and other facts.
    let connection = rusqlite::Connection::open(lab.warehouse()).unwrap();
    connection
        .execute_batch(
            "UPDATE ops_publish_log SET fact_recipe = 'facts-0';
             UPDATE fact_movie_analytics SET review_score = 0;
             UPDATE customer_spend SET amount_spent_e5 = 1, purchase_count = 5;",
        )
        .unwrap();
    drop(connection);
    let report = report(&lab.deps(), build::Input::default()).await;
    assert_eq!(report.published.days_replaced, 2);
    holds_the_files(&lab).await;
}

#[tokio::test]
async fn versions_that_were_swept_before_they_were_replaced_leave_the_facts() {
    let lab = Lab::with(&[("MAX_DAY_SHRINK", "1")]);
    let deps = lab.deps();
    let versions = |n: i64| {
        let day = ["2021-04-19", "2021-04-20", "2021-04-21"][n as usize];
        [
            (LOGS, days(&[(n, day), (5, day)])),
            (REVIEWS, good(&[n, 5])),
            (PURCHASES, purchases(&[("1", n, "2.5")])),
        ]
    };
    after(&lab, &deps, &versions(0)).await;
    for n in [1, 2] {
        for (path, content) in versions(n) {
            lab.put(path, content).await;
            lab.reads(&deps, path, "accepted").await;
        }
    }
    sweep(&deps).await;
    assert!(published(&deps).await.unwrap());
    holds_the_files(&lab).await;
}

async fn sweep(deps: &Deps) {
    for dataset in Dataset::ALL {
        let swept = deps.lake.sweep(dataset, Duration::ZERO).await.unwrap();
        assert_eq!(swept.parquet, 2, "{dataset}");
    }
}

/// A task may hold the warehouse for a moment longer. It is one file, which can be copied, once
/// its log is gone.
async fn is_closed(lab: &Lab) {
    while lab.warehouse().with_extension("db-wal").exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_warehouse_that_was_deleted_or_put_back_catches_up() {
    let lab = Lab::new();
    let first = [(LOGS, days(&[(1, "2021-04-19")])), (REVIEWS, good(&[1, 2]))];
    let process = lab.deps();
    after(&lab, &process, &first).await;
    drop(process);
    is_closed(&lab).await;
    let copy = lab.warehouse().with_extension("copy");
    std::fs::copy(lab.warehouse(), &copy).unwrap();
    let process = lab.deps();
    after(&lab, &process, &[("log_reviews/2.csv", days(&[(2, "2021-04-20")]))]).await;
    drop(process);
    is_closed(&lab).await;
    std::fs::rename(&copy, lab.warehouse()).unwrap();
    assert!(published(&lab.deps()).await.unwrap());
    holds_the_files(&lab).await;
    std::fs::remove_file(lab.warehouse()).unwrap();
    assert!(published(&lab.deps()).await.unwrap());
    holds_the_files(&lab).await;
}

#[tokio::test]
async fn a_new_lake_is_not_taken_for_the_old_one() {
    let (lab, other) = (Lab::new(), Lab::new());
    let files = [(LOGS, days(&[(1, "2021-04-19")])), (REVIEWS, good(&[1]))];
    after(&lab, &lab.deps(), &files).await;
    let warehouse = format!("sqlite:{}", lab.warehouse().display());
    let deps = other.deps_with(&[("WAREHOUSE", &warehouse)]);
    for (path, content) in files {
        other.put(path, content).await;
        read(&deps, path).await.unwrap();
    }
    let error = published(&deps).await.unwrap_err().to_string();
    assert!(error.contains("LAKE and WAREHOUSE"), "{error}");
    holds_the_files(&lab).await;
}

#[tokio::test]
async fn ids_of_the_history_need_not_fit_into_the_memory_of_a_publish() {
    let lab = Lab::with(&[("ENGINE_MEMORY_MB", "1")]);
    let deps = lab.deps();
    let ids = |file: i64| (0..50_000).map(|n| n * 3 + file).collect::<Vec<_>>();
    let files: Vec<_> = (0..3).map(|n| (format!("movie_review/{n}.csv"), good(&ids(n)))).collect();
    let files: Vec<_> = files.iter().map(|(path, csv)| (path.as_str(), csv.clone())).collect();
    after(&lab, &deps, &files).await;
    becomes(&lab, &deps, &[(LOGS, days(&[(1, "2021-04-19")]))]).await;
}

#[tokio::test]
async fn logs_of_a_day_without_any_review_are_shown_as_waiting() {
    let (lab, deps) = empty();
    after(&lab, &deps, &[(LOGS, days(&[(1, "2021-04-19"), (2, "2021-04-19")]))]).await;
    let of_day = "SELECT waiting FROM ops_v_unmatched WHERE log_date = '2021-04-19'";
    assert_eq!(lab.number(of_day), 2);
    becomes(&lab, &deps, &[(REVIEWS, good(&[1, 2, 3]))]).await;
}

const SHRUNK: &str = "2021-04-19";
const MIXED: &str = "log_reviews/0.csv";

/// A day loses all reviews to a second day without a restated file; a restated file, known only
/// in its old version, moves another review from the second day to a third.
async fn linked_by_an_old_version(swept_before: bool) -> (Lab, Deps) {
    let (lab, deps) = empty();
    let first = days(&[(1, SHRUNK), (2, SHRUNK)]);
    let mixed = days(&[(3, "2021-04-20"), (4, "2021-04-20")]);
    let all = good(&[1, 2, 3, 4, 50]);
    after(&lab, &deps, &[(REVIEWS, all), (LOGS, first), (MIXED, mixed.clone())]).await;
    let moved = days(&[(3, "2021-04-21"), (4, "2021-04-20")]);
    lab.put("log_reviews/2.csv", days(&[(1, "2021-04-20"), (2, "2021-04-20")])).await;
    read(&deps, "log_reviews/2.csv").await.unwrap();
    if swept_before {
        lab.put(MIXED, mixed + "\n").await;
        lab.reads(&deps, MIXED, "accepted").await;
    }
    lab.put(MIXED, moved).await;
    lab.reads(&deps, MIXED, "accepted").await;
    if swept_before {
        let swept = deps.lake.sweep(Dataset::ReviewLogs, Duration::ZERO).await.unwrap();
        assert_eq!(swept.parquet, 2);
    }
    let report = report(&deps, build::Input::default()).await;
    assert_eq!(report.refused_days.len(), 3, "{:?}", report.refused_days);
    (lab, deps)
}

const COUNTED: &str = "SELECT sum(review_count) FROM fact_movie_analytics";

#[tokio::test]
async fn days_are_held_back_together_though_the_version_that_links_them_was_swept() {
    let (lab, _deps) = linked_by_an_old_version(true).await;
    assert_eq!(lab.number(COUNTED), 4);
}

#[tokio::test]
async fn days_that_were_held_back_together_stay_together() {
    let (lab, deps) = linked_by_an_old_version(false).await;
    // The third day alone changes; what links it to the others stands in no live file any more.
    lab.put("log_reviews/3.csv", days(&[(50, "2021-04-21")])).await;
    lab.reads(&deps, "log_reviews/3.csv", "accepted").await;
    let refused = report(&deps, build::Input::default()).await;
    assert_eq!(refused.refused_days.len(), 3, "{:?}", refused.refused_days);
    assert_eq!(lab.number(COUNTED), 4, "no review counts twice");
    let accept = vec![refused.published.publish_id];
    report(&deps, build::Input { accept, ..Default::default() }).await;
    holds_the_files(&lab).await;
}
