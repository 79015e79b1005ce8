//! Names of files that nobody can handle are skipped and told of; others are read.

#![cfg(target_os = "linux")]

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt};

use serde_json::json;

use crate::common::{
    drop::{logs, reviews},
    place::Place,
};

fn sound() -> Place {
    let place = Place::new();
    // The name is as it stands: nothing of it is decoded.
    place.drop("movie_review/%2e%2e/a.csv", reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    place
}

#[test]
fn a_misnamed_file_is_told_of_and_keeps_no_other_from_being_read() {
    let long = format!("movie_review/{}/a.csv", ["x".repeat(200).as_str(); 4].join("/"));
    for (name, shown) in [
        (b"movie_review/new\nrefused: line.csv".as_slice(), "new\\nrefused: line.csv"),
        (b"movie_review/\x1b[31m/red.csv", "\\u{1b}[31m/red.csv"),
        (b"movie_review/back\\slash.csv", "back\\\\slash.csv"),
        (b"movie_review/next\xc2\x85line.csv", "next\\u{85}line.csv"),
        (b"movie_review/caf\xe9.csv", "no UTF-8"),
        (long.as_bytes(), "more than 800 characters"),
    ] {
        let place = sound();
        let file = place.raw().join(OsStr::from_bytes(name));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, reviews(&[(2, "good", 2)])).unwrap();
        let ran = place.call("run").ends_with(3);
        ran.says(shown);
        assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains('\u{85}'), "{ran:?}");
        assert!(!ran.stderr.lines().any(|line| line.starts_with("refused: line")), "{ran:?}");
        let report = ran.json();
        assert_eq!(report["files"].as_array().unwrap().len(), 2, "{report}");
        assert_eq!(report["unread"].as_array().unwrap().len(), 1, "{report}");
        assert_eq!(place.facts().len(), 1);
        let status = place.call("status").ends_with(3).json();
        assert_eq!(status["unread"], report["unread"]);
        assert_eq!(status["datasets"][0]["staged"], json!(1));
        place.call("reconcile").ends_with(3).says(shown);
    }
}

#[test]
fn a_replay_of_such_a_name_is_refused_in_one_line() {
    let place = sound();
    place.run();
    let ran = place.call_with(&["replay", "movie_review/a\nb.csv", "--json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    ran.says("movie_review/a\\nb.csv");
    for path in ["movie_review/../log_reviews/a.csv", "/etc/passwd", "movie_review/%2E%2E/a.csv"] {
        let ran = place.call_with(&["replay", path, "--json"]);
        assert!(matches!(ran.code, 1 | 2), "{path}: {ran:?}");
        let ran = place.call_with(&["replay", path, "--forget", "--json"]);
        assert!(matches!(ran.code, 1 | 2), "{path}: {ran:?}");
    }
}
