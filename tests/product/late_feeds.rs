//! A feed that stops is named, and stays named: by `status`, the exit code and every run of
//! `reconcile`.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    common::{
        app::Ran,
        drop::{logs, reviews},
        handler::timer,
        place::Place,
    },
    serve, with_settings,
};

/// As if everything in this lake had come long ago.
fn age(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age(&path);
            continue;
        }
        let mut receipt: serde_json::Value =
            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        receipt["written_at"] = json!("2021-04-25T06:15:04Z");
        receipt["read_on"] = json!("2021-04-25");
        fs::write(&path, receipt.to_string()).unwrap();
    }
}

/// Reviews that came just now, and logs that came long ago.
fn place() -> Place {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    place.run();
    age(&place.folder().join("lake/staging/_receipts/review_logs"));
    place
}

fn status(place: &Place, rhythm: &str) -> Ran {
    with_settings(place, &["status"], &[("FEED_RHYTHM", rhythm)])
}

#[test]
fn status_names_a_feed_whose_next_file_is_overdue_and_ends_with_3() {
    let place = place();
    let late = place.call("status").ends_with(3).json();
    assert_eq!(late["states"]["late"], 1);
    let [reviews, logs, purchases] = [0, 1, 2].map(|nth| &late["datasets"][nth]["late"]);
    assert!(reviews.is_null() && purchases.is_null(), "on time, and never there: {late}");
    let expected = json!({
        "feed": "log_reviews",
        "rhythm": "1d",
        "arrived_at": "2021-04-25T06:15:04Z",
        "since": "2021-04-26T12:15:04Z",
    });
    assert_eq!(logs, &expected);
    let told = status(&place, "").ends_with(3);
    let sentence = "log_reviews has been late since 2021-04-26T12:15:04Z: its newest file came at \
                    2021-04-25T06:15:04Z, and one is expected every 1d\n";
    assert!(told.stdout.contains(sentence), "{told:?}");
    assert!(told.stdout.contains("files         2 staged, 1 feed late\n"), "{told:?}");
    for on_time in ["log_reviews:off", "movie_review:1h, log_reviews:off"] {
        status(&place, on_time).ends_with(0);
    }
    status(&place, "log_reviews:366d").ends_with(3);
    status(&place, "logs:1d").ends_with(2).says("FEED_RHYTHM: `logs:1d` is not FEED:RHYTHM");
}

#[test]
fn each_run_of_reconcile_names_it_until_its_next_file_comes() {
    let place = place();
    let handler = serve(&place, &[]);
    for _ in 0..2 {
        assert_eq!(handler.call("reconcile", &timer(), &[]).0, 200);
    }
    place.drop("log_reviews/b.csv", logs(&[(2, "2021-04-20", "Mobile")]));
    let order = crate::common::handler::message(r#"{"path":"log_reviews/b.csv"}"#, 1);
    assert_eq!(handler.call("parse_log_reviews", &order, &[]).0, 200);
    assert_eq!(handler.call("reconcile", &timer(), &[]).0, 200);
    let (stdout, stderr) = handler.stop();
    let named: Vec<_> = stderr.iter().filter(|line| line.contains("feed.late_since")).collect();
    assert_eq!(named.len(), 2, "{stderr:#?}");
    assert!(named.iter().all(|line| line.contains(r#""feed":"log_reviews""#)), "{named:#?}");
    let counted: Vec<_> = stdout.iter().filter(|line| line.contains("feeds.late")).collect();
    let late: Vec<_> = counted.iter().map(|line| line.contains(r#""feeds.late":1"#)).collect();
    assert_eq!(late, [true, true, false], "{counted:#?}");
}

/// The same bytes under new rules are no sign of life.
#[test]
fn files_that_are_staged_again_make_no_feed_punctual() {
    let place = place();
    let keep = [("PII_MODE", "keep")];
    with_settings(&place, &["run"], &keep).ends_with(3);
    let receipt = "lake/staging/_receipts/review_logs/log_reviews/a.csv/000002.json";
    let receipt = fs::read(place.folder().join(receipt)).unwrap();
    let receipt: serde_json::Value = serde_json::from_slice(&receipt).unwrap();
    assert_eq!((&receipt["restaged"], &receipt["source_at"]), (&json!(true), &json!(null)));
    let late = with_settings(&place, &["status", "--json"], &keep).ends_with(3).json();
    assert_eq!(late["states"]["late"], 1, "{late}");
    assert_eq!(late["summary"]["latency"][1]["files"], 1, "the first version alone: {late}");
}

#[test]
fn a_feed_that_sends_the_same_bytes_again_brings_nothing_new_and_stays_late() {
    let place = place();
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    assert_eq!(place.call("run").ends_with(3).json()["states"]["late"], 1);
    assert_eq!(place.call("status").ends_with(3).json()["states"]["late"], 1);
}
