//! The cost of a run follows what changed, not what there is: counted, not timed.

use crate::common::{
    drop::{logs, purchases, reviews},
    lab::{Lab, published, read},
};
use movie_analytics::build_fact_movie_analytics as build;
use pipeline::Day;

const DAYS: i64 = 1_000;

/// The nth day of the lake, with the ids of its two reviews.
fn day(n: i64) -> (String, [i64; 2]) {
    let first = Day::from_ymd(2021, 1, 1).expect("a day");
    (Day(first.0 + n as i32).to_string(), [10 * n, 10 * n + 1])
}

async fn drop_day(lab: &Lab, n: i64) -> [String; 2] {
    let (day, ids) = day(n);
    let [review, log] = ["movie_review", "log_reviews"].map(|folder| format!("{folder}/{day}.csv"));
    let rows = ids.map(|id| (id % 7, "good", id));
    lab.put(&review, reviews(&rows)).await;
    lab.put(&log, logs(&ids.map(|id| (id, day.as_str(), "Mobile")))).await;
    [review, log]
}

#[tokio::test]
async fn one_new_file_in_a_lake_of_a_thousand_days_costs_one_day() {
    let lab = Lab::new();
    let deps = lab.deps();
    for n in 0..DAYS {
        for path in drop_day(&lab, n).await {
            read(&deps, &path).await.unwrap();
        }
    }
    lab.put("user_purchase/1.csv", purchases(&[("1", 2, "2.5")])).await;
    read(&deps, "user_purchase/1.csv").await.unwrap();
    assert!(published(&deps).await.unwrap());
    assert_eq!(lab.number("SELECT count(*) FROM ops_day_total"), DAYS);

    // One review of one day that is there already gets another log, by a file of its own.
    let (of_day, [id, _]) = day(500);
    let more = format!("log_reviews/{of_day}-more.csv");
    lab.put(&more, logs(&[(id, &of_day, "Tablet")])).await;
    read(&deps, &more).await.unwrap();
    let before = deps.lake.work();
    let outcome = build::run(&deps, build::Input::default()).await.unwrap();
    let build::Outcome::Published(report) = outcome else { panic!("nothing new") };
    let after = deps.lake.work();
    assert_eq!(after.listings - before.listings, 3, "one for each dataset");
    // The new one, and one to know the lake by.
    assert_eq!(after.receipts_read - before.receipts_read, 2);
    // The day's two log files and its review file.
    assert_eq!(after.parquet_files_read - before.parquet_files_read, 3);
    let done = report.published;
    assert_eq!((done.days_replaced, done.rows_deleted), (1, 2));
    assert_eq!((done.rows_inserted, done.rows_respent), (2, 0));
    lab.holds(lab.files().await);

    // Nothing new: the listings alone. The file as it is when closed has to be seen once.
    drop(deps);
    assert!(!published(&lab.deps()).await.unwrap());
    let idle = lab.deps();
    assert!(!published(&idle).await.unwrap());
    let work = idle.lake.work();
    assert_eq!((work.listings, work.receipts_read, work.parquet_files_read), (3, 0, 0));
    assert!(!lab.warehouse().with_extension("db-wal").exists(), "the warehouse was opened");
}
