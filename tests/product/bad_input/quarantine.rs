//! A bad row can be found, explained and replayed.

use std::{collections::BTreeMap, fs};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::common::{
    drop::{log, logs, purchases, reviews},
    parquet::Rows,
    place::Place,
};

const REVIEWS: &str = "movie_review/2021-04-19/a, \"b\".csv";
const LOGS: &str = "log_reviews/2021-04-19/logs.csv";
const PURCHASES: &str = "user_purchase/purchases.csv";

/// Five bad rows among good ones.
fn dirty() -> Place {
    let place = Place::new();
    let bad = "2,\"two\nlines\",two\r\n3,\"never closed,3\n4,caf\u{e9},4\n";
    let text = [reviews(&[(1, "good", 1)]).as_bytes(), bad.as_bytes(), b"5,caf\xe9,5\n"].concat();
    // Bad rows are not most of a file.
    place.drop(REVIEWS, [&text[..], b"1,good,1\n1,good,1\n"].concat());
    let plain = log("2021-04-19", "Mobile", None);
    let bad = plain.replace("04-19-2021", "19-04-2021");
    let good = format!("1,{plain}\n");
    place.drop(LOGS, format!("id_review,log\n{good}2,{bad}\n3,<a\n{good}{good}"));
    place.drop(PURCHASES, purchases(&[("1", 2, "1.25")]));
    place
}

fn file(report: &Value, path: &str) -> Value {
    let files = report["files"].as_array().unwrap();
    files.iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("{report}")).clone()
}

fn rows(place: &Place, file: &Value) -> Rows {
    Rows::read(&place.quarantine().join(file["quarantine"].as_str().expect("a quarantine file")))
}

#[test]
fn each_refused_row_is_there_with_file_version_line_column_reason_and_text() {
    let place = dirty();
    let report = place.run();
    let of_reviews = file(&report, REVIEWS);
    let found = rows(&place, &of_reviews);
    let columns = ["file", "etag", "line", "reason", "column", "raw", "byte_offset", "byte_length"];
    assert_eq!(found.columns(), columns);
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found.texts("file"), vec![text(REVIEWS); 3]);
    assert_eq!(found.texts("etag"), vec![text(of_reviews["etag"].as_str().unwrap()); 3]);
    assert_eq!(found.numbers("line"), [3, 5, 7]);
    let reasons = ["not_an_integer", "malformed_record", "invalid_utf8"].map(text);
    assert_eq!(found.texts("reason"), reasons);
    assert_eq!(found.texts("column"), [text("id_review"), None, text("review_str")]);
    let raw = ["2,\"two\nlines\",two", "3,\"never closed,3", "5,caf\u{fffd},5"].map(text);
    let kept = ["#,\"###\n#####\",###", "#,\"##### ######,#", "#,###\u{fffd},#"].map(text);
    assert_eq!(found.texts("raw"), kept);
    // Where the row lies in the vendor's file.
    let source = fs::read(place.raw().join(REVIEWS)).unwrap();
    for (n, raw) in raw.iter().flatten().enumerate() {
        let [from, len] =
            ["byte_offset", "byte_length"].map(|name| found.numbers(name)[n] as usize);
        assert_eq!(String::from_utf8_lossy(&source[from..from + len]), *raw);
    }

    let found = rows(&place, &file(&report, LOGS));
    assert_eq!(found.texts("file"), vec![text(LOGS); 2]);
    assert_eq!(found.numbers("line"), [3, 4]);
    assert_eq!(found.texts("column"), [text("logDate"), text("log")]);
    // What does not tokenize is not kept; of the rest no number but the date is.
    let raw = found.texts("raw");
    assert!(raw[0].as_ref().unwrap().starts_with("#,<reviewlog><log><logDate>19-04-2021<"));
    assert_eq!(raw[1], None);
    assert_eq!(file(&report, PURCHASES)["quarantine"], Value::Null);
}

/// Rows by file, version and reason as the warehouse's view shows them.
fn view(place: &Place) -> Vec<(String, i64, String, Option<i64>, bool)> {
    let warehouse = place.warehouse_option();
    let connection = Connection::open(warehouse.strip_prefix("sqlite:").unwrap()).unwrap();
    let sql =
        "SELECT path, receipt, reason, rows_refused, live FROM ops_v_quarantine ORDER BY 1, 2, 3";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn status_and_the_warehouse_show_refusals_by_file_and_reason() {
    let place = dirty();
    place.run();
    place.drop(LOGS, "id_review,text\n");
    place.call("run").ends_with(3);
    let status = place.call("status").ends_with(3).json();
    let by_reason = json!({"not_an_integer": 1, "malformed_record": 1, "invalid_utf8": 1});
    let of_reviews = &status["datasets"][0]["with_refused_rows"];
    assert_eq!(of_reviews.as_array().unwrap().len(), 1, "{status}");
    assert_eq!((&of_reviews[0]["path"], &of_reviews[0]["rows"]), (&json!(REVIEWS), &json!(3)));
    assert_eq!(of_reviews[0]["by_reason"], by_reason);
    let first = &of_reviews[0]["first_rows"][0];
    let expected = "a whole number such as 17850";
    let row =
        json!({"line": 3, "reason": "not_an_integer", "column": "id_review", "expected": expected});
    assert_eq!(first, &row);
    let refused = &status["datasets"][1]["refused"][0];
    assert_eq!((&refused["path"], &refused["reason"]), (&json!(LOGS), &json!("missing_column")));
    let text = place.call_with(&["status"]).ends_with(3).stdout;
    let line = |words: [&str; 3]| {
        let has = |line: &&str| words.iter().all(|word| line.contains(word));
        assert!(text.lines().any(|l| has(&l)), "{words:?} are not in\n{text}");
    };
    line([REVIEWS, "invalid_utf8", "1"]);
    line([REVIEWS, "line 3, id_review: not_an_integer", "expected a whole number"]);
    line(["rejected", LOGS, "missing_column"]);

    let row = |path: &str, receipt, reason: &str, rows, live| {
        (path.to_owned(), receipt, reason.to_owned(), rows, live)
    };
    let expected = [
        row(LOGS, 1, "bad_date", Some(1), true),
        row(LOGS, 1, "malformed_xml", Some(1), true),
        row(LOGS, 2, "missing_column", None, false),
        row(REVIEWS, 1, "invalid_utf8", Some(1), true),
        row(REVIEWS, 1, "malformed_record", Some(1), true),
        row(REVIEWS, 1, "not_an_integer", Some(1), true),
    ];
    assert_eq!(view(&place), expected);
}

#[test]
fn a_replay_of_what_was_refused_reads_that_and_nothing_else() {
    let place = dirty();
    place.run();
    let replayed = |place: &Place| -> BTreeMap<String, u64> {
        let ran = place.call_with(&["replay", "--refused", "--json"]);
        let report = ran.json();
        let files = report["files"].as_array().unwrap();
        let file = |file: &Value| {
            (file["path"].as_str().unwrap().to_owned(), file["rows"]["refused"].as_u64().unwrap())
        };
        files.iter().map(file).collect()
    };
    let dirty: BTreeMap<_, _> = [(LOGS.to_owned(), 2), (REVIEWS.to_owned(), 3)].into();
    assert_eq!(replayed(&place), dirty);
    // Sent again as it is: the newest receipt says `unchanged` and counts no rows itself.
    let text = fs::read(place.raw().join(REVIEWS)).unwrap();
    fs::remove_file(place.raw().join(REVIEWS)).unwrap();
    place.drop(REVIEWS, text);
    assert_eq!(file(&place.run(), REVIEWS)["outcome"], "unchanged");
    let status = place.call("status").json();
    assert_eq!(status["datasets"][0]["with_refused_rows"][0]["rows"], 3);
    assert_eq!(replayed(&place), dirty);
    // Corrected by the vendor: nothing is left to replay, and all of it counts.
    place.drop(REVIEWS, reviews(&[(1, "good", 1), (2, "good", 2), (3, "good", 3)]));
    let days: Vec<_> = (1..=3).map(|id| (id, "2021-04-19", "Mobile")).collect();
    place.drop(LOGS, logs(&days));
    place.run();
    assert_eq!(replayed(&place), BTreeMap::new());
    place.holds(&place.oracle());
    assert_eq!(place.facts().len(), 3);
    assert!(view(&place).iter().all(|(.., live)| !live));
}

#[test]
fn a_file_with_too_many_bad_rows_shows_them_all() {
    let place = Place::new();
    let bad: String = (0..60).map(|id| format!("x,good,{id}\n")).collect();
    let good: Vec<_> = (0..60).map(|id| (1, "good", id)).collect();
    place.drop(REVIEWS, reviews(&good) + &bad);
    let report = place.call("run").ends_with(3).json();
    let refused = file(&report, REVIEWS);
    assert_eq!(refused["reason"], "too_many_refused");
    assert!(refused["detail"].as_str().unwrap().contains("not_an_integer 60"), "{refused}");
    assert_eq!(rows(&place, &refused).numbers("line"), (62..=121).collect::<Vec<_>>());
}
