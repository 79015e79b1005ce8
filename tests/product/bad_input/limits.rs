//! Limits are settings: a file that one refuses is read when the limit was raised.

use serde_json::json;

use crate::{
    common::{
        drop::{logs, reviews},
        place::Place,
    },
    with_settings,
};

const RUN: [&str; 2] = ["run", "--json"];

/// With the setting the file is refused, or loses rows, for the reason; a replay without it puts
/// that right.
#[track_caller]
fn decides(setting: (&str, &str), path: &str, content: impl AsRef<[u8]>, reason: &str) {
    let place = Place::new();
    place.drop(path, content);
    let ran = with_settings(&place, &RUN, &[setting]);
    let file = ran.json()["files"][0].clone();
    assert_eq!(file["rows"]["staged"], 0, "{file}");
    let told = file["detail"].as_str().unwrap_or_default().contains(&format!("{reason} 1"));
    assert!(file["reason"] == reason || (file["reason"] == "too_many_refused" && told), "{file}");
    let replay = || place.call_with(&["replay", "--refused", "--json"]).ends_with(0).json();
    let file = replay()["files"][0].clone();
    assert_eq!((&file["outcome"], &file["rows"]["staged"]), (&json!("accepted"), &json!(1)));
    assert_eq!(replay()["files"], json!([]), "nothing is refused any more");
}

#[test]
fn each_limit_is_a_setting() {
    let path = "movie_review/a.csv";
    let one = |bytes: usize| reviews(&[(1, &"good ".repeat(bytes / 5), 1)]);
    decides(("MAX_FIELD_BYTES", "1024"), path, one(2_000), "too_long");
    let small = [("MAX_FIELD_BYTES", "1024"), ("MAX_LINE_BYTES", "1024")];
    let place = Place::new();
    place.drop(path, one(2_000));
    let report = with_settings(&place, &RUN, &small).ends_with(3).json();
    assert_eq!(report["files"][0]["reason"], "not_csv");
    decides(("MAX_FILE_BYTES", "1024"), path, one(2_000), "too_large");
    let log = logs(&[(1, "2021-04-19", "Mobile")]).replace("<log>", "<log><a><b/></a>");
    decides(("MAX_XML_DEPTH", "3"), "log_reviews/a.csv", log, "malformed_xml");
}

#[test]
fn a_limit_that_makes_no_sense_is_a_wrong_setting() {
    let place = Place::new();
    let ran = with_settings(&place, &RUN, &[("MAX_FIELD_BYTES", "8388608")]).ends_with(2);
    ran.says("MAX_LINE_BYTES: must be at least MAX_FIELD_BYTES, which is 8388608");
    with_settings(&place, &RUN, &[("MAX_XML_DEPTH", "deep")])
        .ends_with(2)
        .says("MAX_XML_DEPTH: `deep`");
}
