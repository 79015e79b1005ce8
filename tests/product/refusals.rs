//! What is refused is said, set aside and left out; everything around it counts.

use std::fs;

use crate::common::{
    drop::{logs, purchases, reviews},
    oracle::Oracle,
    place::Place,
};
use serde_json::{Value, json};

const REVIEWS: &str = "movie_review/2021-04-19/movie_review.csv";
const LOGS: &str = "log_reviews/2021-04-19/log_reviews.csv";
const PURCHASES: &str = "user_purchase/user_purchase.csv";
const BAD: &str = "movie_review/2021-04-20/movie_review.csv";

/// A small sound drop: two reviews, two logs, one buyer.
fn sound() -> Place {
    let place = Place::new();
    place.drop(REVIEWS, reviews(&[(1, "good", 1), (2, "dull", 2)]));
    place.drop(LOGS, logs(&[(1, "2021-04-19", "Mobile"), (2, "2021-04-19", "Tablet")]));
    place.drop(PURCHASES, purchases(&[("1", 2, "1.25")]));
    place
}

/// What the oracle makes of the sound files alone.
fn of_sound(place: &Place) -> Oracle {
    Oracle::of_files(&place.raw(), &[REVIEWS, LOGS, PURCHASES].map(str::to_owned))
}

fn file<'a>(report: &'a Value, path: &str) -> &'a Value {
    let files = report["files"].as_array().expect("files");
    files.iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("no {path}: {report}"))
}

/// The file is refused for this reason, in words that have all of these, and the others run.
#[track_caller]
fn assert_refused(content: &[u8], reason: &str, words: &[&str]) {
    let place = sound();
    place.drop(BAD, content);
    let ran = place.call("run").ends_with(3);
    let report = ran.json();
    let bad = file(&report, BAD);
    assert_eq!((&bad["outcome"], &bad["reason"]), (&json!("rejected"), &json!(reason)), "{bad}");
    ran.says(BAD);
    ran.says(reason);
    for word in words {
        ran.says(word);
        assert!(bad["detail"].as_str().unwrap_or_default().contains(word), "`{word}`: {bad}");
    }
    place.holds(&of_sound(&place));
    let again = place.run();
    assert_eq!(again["files"], json!([]), "the same bytes are not tried again");
    assert_eq!(again["work"]["files_read"], json!(0));
}

#[test]
fn a_missing_column_refuses_the_file_and_lists_expected_and_found() {
    let content = "cid,text,id_review\n1,good,7\n";
    let words = ["review_str", "cid,review_str,id_review", "cid,text,id_review"];
    assert_refused(content.as_bytes(), "missing_column", &words);
}

#[test]
fn an_empty_file_is_refused() {
    assert_refused(b"", "empty_file", &["header"]);
}

#[test]
fn what_is_no_csv_is_refused() {
    assert_refused(b"{\"cid\": 1}\n", "not_csv", &["JSON"]);
    assert_refused(b"PK\x03\x04\x14\0\0\0\x08\0 and so on\n", "not_csv", &["binary"]);
    assert_refused(b"cid;review_str;id_review\n1;good;7\n", "not_csv", &["semicolons"]);
}

#[test]
fn another_encoding_is_refused() {
    let utf16: Vec<u8> = "\u{feff}cid,review_str,id_review\n1,good,7\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_refused(&utf16, "wrong_encoding", &["UTF-16", "UTF-8"]);
}

#[test]
fn a_header_alone_is_a_day_without_rows() {
    let place = sound();
    place.drop(BAD, "cid,review_str,id_review\n");
    place.drop("log_reviews/2021-04-20/log_reviews.csv", "id_review,log\r\n");
    let report = place.run();
    let empty = file(&report, BAD);
    assert_eq!((&empty["outcome"], &empty["rows"]["read"]), (&json!("accepted"), &json!(0)));
    place.holds(&place.oracle());
}

#[test]
fn good_rows_next_to_bad_rows_count_and_the_bad_ones_are_set_aside() {
    let place = sound();
    let rows = [
        "cid,review_str,id_review",
        "3,\"a good one\",3",
        "4,\"never closed,4",
        "5,\"fine\",five",
        "6,one,too many,6",
        ",\"nobody\",7",
        "8,\"said \"good\" twice\",8",
        "9,\"the last\",9",
    ];
    place.drop(BAD, rows.join("\n"));
    let day = "log_reviews/2021-04-20/log_reviews.csv";
    place.drop(day, logs(&[3, 4, 5, 6, 7, 8, 9].map(|id| (id, "2021-04-20", "Mobile"))));
    let report = place.run();
    let bad = file(&report, BAD);
    let reasons =
        json!({"malformed_record": 2, "not_an_integer": 1, "field_count": 1, "missing_value": 1});
    assert_eq!(bad["outcome"], json!("accepted"));
    assert_eq!(bad["rows"]["refused_by_reason"], reasons);
    assert_eq!(
        ["read", "staged", "refused", "duplicate"].map(|name| bad["rows"][name].as_u64().unwrap()),
        [7, 2, 5, 0]
    );
    let oracle = place.oracle();
    place.holds(&oracle);
    assert_eq!(oracle.files[BAD].refused.values().sum::<u64>(), 5);
    let quarantine = bad["quarantine"].as_str().expect("where the refused rows are");
    let parquet = fs::read(place.quarantine().join(quarantine)).expect("the quarantine file");
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    assert_eq!(file(&report, REVIEWS)["quarantine"], Value::Null);
}

#[test]
fn bad_logs_are_refused_for_what_is_wrong_with_them() {
    let place = sound();
    let good = crate::common::drop::log("2021-04-20", "Mobile", None);
    let rows = [
        (3, good.replace("</os>", "")),
        (4, good.replace("device", "model")),
        (5, good.replace("04-20-2021", "20-04-2021")),
        (6, good.replace("<os>Linux</os>", "<os> </os>")),
        (7, format!("\"<!DOCTYPE a [<!ENTITY b 'c'>]>{good}\"")),
        (8, good.clone()),
    ];
    let rows: String = rows.iter().map(|(id, log)| format!("{id},{log}\n")).collect();
    place.drop("log_reviews/2021-04-20/log_reviews.csv", format!("id_review,log\n{rows}"));
    place.drop(BAD, reviews(&[(8, "good", 8)]));
    let ran = place.call("run").ends_with(0);
    let report = ran.json();
    let reasons = json!({"malformed_xml": 1, "missing_element": 1, "bad_date": 1,
        "missing_value": 1, "xml_dtd": 1});
    let bad = file(&report, "log_reviews/2021-04-20/log_reviews.csv");
    assert_eq!(bad["rows"]["refused_by_reason"], reasons);
    assert_eq!(place.facts().len(), 3);
    for secret in ["9.200.232", "821-540"] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:?}");
    }
}

#[test]
fn too_many_bad_rows_refuse_the_file() {
    let row = |id: u32| {
        if id.is_multiple_of(4) { format!("{id},x\n") } else { format!("{id},good,{id}\n") }
    };
    let rows: String = (1..=200).map(row).collect();
    let content = format!("cid,review_str,id_review\n{rows}");
    assert_refused(content.as_bytes(), "too_many_refused", &["50 of 200", "field_count"]);
}

#[test]
fn a_refused_restatement_leaves_the_last_good_version() {
    let place = sound();
    place.run();
    let oracle = of_sound(&place);
    place.drop(REVIEWS, "cid,review,id_review\n1,dull,1\n");
    let report = place.call("run").ends_with(3).json();
    assert_eq!(file(&report, REVIEWS)["reason"], json!("missing_column"));
    place.holds(&oracle);
    place.drop(REVIEWS, reviews(&[(1, "dull", 1), (2, "good", 2)]));
    place.run();
    place.holds(&place.oracle());
}

#[test]
fn the_same_purchases_under_another_name_do_not_count_twice() {
    let place = sound();
    place.run();
    let oracle = of_sound(&place);
    let copy = "user_purchase/copy of user_purchase.csv";
    place.drop(copy, fs::read(place.raw().join(PURCHASES)).unwrap());
    let ran = place.call("run").ends_with(3);
    ran.says(copy);
    let report = ran.json();
    assert_eq!(file(&report, copy)["reason"], json!("same_content"));
    place.holds(&oracle);
}
