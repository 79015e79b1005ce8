//! What scheduled functions take from their schedule, and what from the clock.

use std::{
    fs::{self, File},
    thread,
    time::Duration,
};

use crate::{
    common::{
        drop::{logs, reviews},
        handler::{get, timer},
        lab::{Lab, published, read},
        place::Place,
    },
    serve,
};
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use movie_analytics::{
    build_fact_movie_analytics::{self as build, Outcome},
    reconcile,
};
use rusqlite::Connection;
use serde_json::{Value, json};

const REVIEWS: &str = "movie_review/a.csv";
const LOGS: &str = "log_reviews/a.csv";

/// A timer whose record says when it fires.
fn timer_of(next: DateTime<Utc>) -> Value {
    let mut timer = timer();
    timer["Data"]["timer"]["ScheduleStatus"] = json!({
        "Last": "0001-01-01T00:00:00+00:00",
        "Next": next.format("%FT%T+00:00").to_string(),
        "LastUpdated": "0001-01-01T00:00:00+00:00",
    });
    timer
}

/// A fact that waits for its publish.
async fn staged(lab: &Lab) {
    lab.put(REVIEWS, reviews(&[(1, "good", 1)])).await;
    lab.put(LOGS, logs(&[(1, "2021-04-19", "Mobile")])).await;
    for path in [REVIEWS, LOGS] {
        read(&lab.deps(), path).await.unwrap();
    }
}

fn insert_date(warehouse: &std::path::Path) -> String {
    let warehouse = Connection::open(warehouse).unwrap();
    let text = "SELECT max(insert_date) FROM fact_movie_analytics";
    warehouse.query_row(text, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn facts_of_midnight_have_the_date_of_midnight() {
    let lab = Lab::new();
    staged(&lab).await;
    // As if the clock said 23:59:59.998 of the day before.
    let midnight = (Utc::now() + TimeDelta::days(1)).date_naive().and_hms_opt(0, 0, 0).unwrap();
    let not_before = Some(midnight.and_utc());
    let input = build::Input { not_before, ..build::Input::default() };
    let Outcome::Published(_) = build::run(&lab.deps(), input).await.unwrap() else { panic!() };
    let expected = midnight.and_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert_eq!(insert_date(&lab.warehouse()), expected);
}

#[test]
fn a_timer_that_fires_a_moment_too_early_publishes_at_its_time() {
    let place = Place::new();
    place.run();
    place.drop(REVIEWS, reviews(&[(1, "good", 1)]));
    place.drop(LOGS, logs(&[(1, "2021-04-19", "Mobile")]));
    place.call("reconcile").ends_with(0);
    let handler = serve(&place, &[]);
    while Utc::now().nanosecond() > 100_000_000 {
        thread::sleep(Duration::from_millis(5));
    }
    let next = Utc::now().with_nanosecond(0).unwrap() + TimeDelta::seconds(1);
    let (status, answer) = handler.call("build_fact_movie_analytics", &timer_of(next), &[]);
    assert_eq!(status, 200, "{answer}");
    let at: DateTime<Utc> = insert_date(&place.warehouse()).parse().unwrap();
    assert!(at >= next, "{at} is before {next}");
}

#[test]
fn reconcile_leaves_young_files_to_their_event_and_says_how_many() {
    let place = Place::new();
    place.run();
    for path in [REVIEWS, "movie_review/old.csv", LOGS] {
        place.drop(path, "x");
    }
    let old = File::options().write(true).open(place.raw().join("movie_review/old.csv")).unwrap();
    old.set_modified(std::time::SystemTime::now() - Duration::from_secs(601)).unwrap();
    let handler = serve(&place, &[]);
    let ordered = |timer: &Value| {
        let (status, answer) = handler.call("reconcile", timer, &[]);
        assert_eq!(status, 200, "{answer}");
        let orders = answer["Outputs"].as_object().unwrap().values();
        orders.flat_map(|orders| orders.as_array().unwrap().clone()).count()
    };
    let now = Utc::now();
    for scheduled in [timer(), timer_of(now), timer_of(now - TimeDelta::hours(3))] {
        assert_eq!(ordered(&scheduled), 1);
    }
    // By hand, long before its time: all of them.
    assert_eq!(ordered(&timer_of(now + TimeDelta::minutes(30))), 3);
    let (stdout, _) = handler.stop();
    let said: Vec<Value> = stdout
        .iter()
        .filter(|line| line.contains("reconciled: "))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let covers = "1 files to read, 2 younger than 10 minutes that wait for their event;";
    for line in &said[..3] {
        assert!(line["message"].as_str().unwrap().contains(covers), "{line}");
        assert_eq!(line["files.left"], 2);
    }
    let all = said[3]["message"].as_str().unwrap();
    assert!(all.contains("3 files to read;"), "{all}");
    // And so does the command.
    let report = place.call("reconcile").json();
    assert_eq!(report["files"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_age_of_a_file_is_that_of_its_newest_version() {
    let lab = Lab::new();
    lab.put(REVIEWS, reviews(&[(1, "good", 1)])).await;
    let written = Utc::now();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let deps = lab.deps();
    let found = |before| reconcile::run(&deps, before);
    assert_eq!(found(Some(Utc::now())).await.unwrap().orders.len(), 1);
    lab.put(REVIEWS, reviews(&[(1, "good", 0)])).await;
    let again = found(Some(written)).await.unwrap();
    assert_eq!((again.orders.len(), again.left), (0, 1));
    assert_eq!(found(None).await.unwrap().orders.len(), 1);
}

#[tokio::test]
async fn receipts_without_effect_take_no_publish_id_and_are_read_once() {
    let lab = Lab::new();
    let publish_id = || lab.number("SELECT coalesce(max(publish_id), 0) FROM ops_publish_log");
    let absorbed = || lab.number("SELECT count(*) FROM ops_load_history");
    let rejected = "movie_review/bad.csv";
    lab.put(rejected, "no\nheader\n").await;
    read(&lab.deps(), rejected).await.unwrap();
    assert!(!published(&lab.deps()).await.unwrap(), "nothing new to publish");
    assert_eq!((publish_id(), absorbed()), (0, 1));
    // Reviews whose logs are not there yet are live, but no fact counts them.
    let early = "movie_review/early.csv";
    lab.put(early, reviews(&[(1, "good", 900)])).await;
    read(&lab.deps(), early).await.unwrap();
    assert!(!published(&lab.deps()).await.unwrap(), "nothing new to publish");
    assert_eq!((publish_id(), absorbed()), (0, 2));

    staged(&lab).await;
    assert!(published(&lab.deps()).await.unwrap());
    assert_eq!((publish_id(), absorbed()), (1, 4));

    // Two publishers at once, each with the receipt of another refused version.
    lab.put(rejected, "still\nno header\n").await;
    read(&lab.deps(), rejected).await.unwrap();
    let (one, other) = (lab.deps(), lab.deps());
    let (one, other) = tokio::join!(published(&one), published(&other));
    assert!(!one.unwrap() && !other.unwrap());
    assert_eq!((publish_id(), absorbed()), (1, 5));

    // It is known: nothing is read again, though the warehouse is asked.
    let deps = lab.deps();
    let input = build::Input { even_if_seen: true, ..build::Input::default() };
    assert!(matches!(build::run(&deps, input).await.unwrap(), Outcome::NothingNew));
    let work = deps.lake.work();
    assert_eq!((work.receipts_read, work.bytes_read), (1, 0), "that of a live file: {work:?}");
    lab.holds(lab.files().await.into_iter().filter(|(path, _)| path != rejected).collect());
}

#[test]
fn serve_says_in_one_line_which_functions_lack_a_setting() {
    let place = Place::new();
    for function in ["build_fact_movie_analytics", "reconcile", "status"] {
        let from = format!("{}/functions/{function}", env!("CARGO_MANIFEST_DIR"));
        let to = place.folder().join(function);
        fs::create_dir(&to).unwrap();
        fs::copy(format!("{from}/function.json"), to.join("function.json")).unwrap();
    }
    let handler = serve(&place, &[("RECONCILE_SCHEDULE", "0 0 * * * *")]);
    handler.call("status", &get("status"), &[]);
    let (stdout, stderr) = handler.stop();
    let lines: Vec<&String> =
        stdout.iter().chain(&stderr).filter(|line| line.contains("missing")).collect();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    let function =
        "BUILD_FACT_SCHEDULE (without it the host does not run build_fact_movie_analytics)";
    assert!(line.contains(function) && !line.contains("RECONCILE"), "{line}");
    assert!(line.to_lowercase().contains("warn"), "{line}");
}
