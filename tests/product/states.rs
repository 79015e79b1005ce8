//! One definition of each state of a file: `run`, `status` and their JSON say the same, and the
//! exit code is 3 as long as somebody has to look.

use std::fs;

use serde_json::json;

use crate::{
    common::{
        app::Ran,
        drop::{logs, reviews},
        place::Place,
    },
    with_settings,
};

/// With one review that counts.
fn place() -> Place {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    place
}

/// The line of `run` or `status` that counts files.
#[track_caller]
fn files(ran: &Ran) -> String {
    let line = ran.stdout.lines().find_map(|line| line.strip_prefix("files         "));
    line.unwrap_or_else(|| panic!("no line counts the files: {ran:?}")).to_owned()
}

/// Every command ends with this code, however often, and counts the same files.
#[track_caller]
fn all_end_with(place: &Place, code: i32, counted: &str) {
    for words in [&["run"][..], &["run"], &["reconcile"], &["publish"], &["status"]] {
        let ran = place.call_with(words).ends_with(code);
        assert_eq!(files(&ran), counted, "{words:?}");
    }
    place.call_with(&["status", "--exit-zero"]).ends_with(0);
}

#[test]
fn a_rejected_file_ends_every_command_with_3_until_it_is_taken_away() {
    let place = place();
    place.drop("movie_review/bad.csv", "no,such,columns\n1,2,3\n");
    all_end_with(&place, 3, "2 staged, 1 rejected");
    fs::remove_file(place.raw().join("movie_review/bad.csv")).unwrap();
    all_end_with(&place, 0, "2 staged");
}

#[test]
fn a_file_that_is_not_read_ends_every_command_with_3() {
    let place = place();
    place.drop("movie_review/notes.txt", "x");
    all_end_with(&place, 3, "2 staged, 1 not read");
}

#[test]
fn a_withdrawn_file_ends_every_command_with_3_unless_it_is_to_be_kept() {
    let place = place();
    place.run();
    fs::remove_file(place.raw().join("movie_review/a.csv")).unwrap();
    all_end_with(&place, 3, "1 staged, 1 withdrawn");
    for words in ["run", "status"] {
        let kept = with_settings(&place, &[words], &[("WITHDRAWN", "keep")]).ends_with(0);
        assert_eq!(files(&kept), "1 staged, 1 withdrawn");
    }
}

#[test]
fn a_day_that_is_held_back_ends_every_command_with_3_until_it_is_accepted() {
    let place = Place::new();
    let many: Vec<_> = (1..=10).map(|id| (1, "good", id)).collect();
    let logged: Vec<_> = (1..=10).map(|id| (id, "2021-04-19", "Mobile")).collect();
    place.drop("movie_review/a.csv", reviews(&many));
    place.drop("log_reviews/a.csv", logs(&logged));
    place.run();
    let elsewhere: Vec<_> = (1..=9).map(|id| (id, "2021-04-20", "Mobile")).collect();
    place.drop("log_reviews/b.csv", logs(&elsewhere));
    all_end_with(&place, 3, "3 staged");
    let held = place.call("status").json()["summary"]["refused_days"][0]["publish_id"].clone();
    place.call_with(&["publish", "--accept", &held.to_string()]).ends_with(0);
    all_end_with(&place, 0, "3 staged");
}

#[test]
fn run_and_status_count_the_same_files_in_json() {
    let place = place();
    place.drop("movie_review/bad.csv", "no,such,columns\n1,2,3\n");
    place.drop("notes.txt", "x");
    place.drop("log_reviews/b.csv", logs(&[(7, "2021-04-19", "Mobile")]));
    place.call("run").ends_with(3);
    place.call_with(&["replay", "--forget", "log_reviews/b.csv"]).ends_with(3);
    let expected = json!({
        "staged": 2, "unpublished": 0, "waiting": 0, "rejected": 1, "excluded": 1, "withdrawn": 0,
        "unread": 1, "unreadable": 0, "late": 0,
    });
    for words in ["run", "reconcile", "status"] {
        assert_eq!(place.call(words).json()["states"], expected, "{words}");
    }
    let datasets = place.call("status").json()["datasets"].clone();
    assert_eq!(datasets[0]["staged"], json!(1));
    assert_eq!(datasets[1]["excluded"], json!(["log_reviews/b.csv"]));
    let ran = place.call_with(&["run"]);
    assert_eq!(files(&ran), "2 staged, 1 rejected, 1 excluded, 1 not read");
}

#[test]
fn what_is_staged_and_not_published_is_counted_until_it_is() {
    let place = place();
    place.run();
    place.drop("movie_review/b.csv", reviews(&[(1, "good", 2)]));
    assert_eq!(files(&place.call_with(&["status"])), "2 staged, 1 waiting");
    for words in ["reconcile", "status"] {
        let ran = place.call_with(&[words]).ends_with(0);
        assert_eq!(files(&ran), "3 staged (1 not published yet)", "{words}");
    }
    for words in ["run", "status"] {
        assert_eq!(files(&place.call_with(&[words])), "3 staged", "{words}");
    }
}
