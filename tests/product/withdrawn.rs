//! Files that are gone from `raw`: renamed, overwritten with their folder, or withdrawn.

use std::fs;

use serde_json::json;

use crate::{
    common::{
        drop::{logs, purchases, reviews},
        place::Place,
    },
    with_settings,
};

const DAY: &str = "2021-04-19";

/// A folder of each kind with two parts, and a day besides.
fn parts() -> Place {
    let place = Place::new();
    for part in 0..2 {
        let id = i64::from(part) + 1;
        place.drop(&format!("movie_review/d=1/old-{part}.csv"), reviews(&[(id, "good", id)]));
        place.drop(&format!("log_reviews/d=1/old-{part}.csv"), logs(&[(id, DAY, "Mobile")]));
        let bought = purchases(&[("1", 2 + id, "1.5")]);
        place.drop(&format!("user_purchase/d=1/old-{part}.csv"), bought);
    }
    place.drop("movie_review/d=2/a.csv", reviews(&[(9, "good", 9)]));
    place.drop("log_reviews/d=2/a.csv", logs(&[(9, "2021-04-20", "Mobile")]));
    place.run();
    place
}

fn gone(place: &Place, path: &str) {
    fs::remove_file(place.raw().join(path)).unwrap();
}

#[test]
fn a_folder_that_is_overwritten_as_a_whole_is_one_restatement() {
    for (folder, new, content) in [
        ("movie_review/d=1", vec!["part-0-1c22.csv"], reviews(&[(3, "bad", 1)])),
        ("movie_review/d=1", vec!["new-0.csv", "old-0.csv"], reviews(&[(1, "bad", 2)])),
        ("log_reviews/d=1", vec!["part-0.csv"], logs(&[(2, "2021-04-21", "Tablet")])),
        ("user_purchase/d=1", vec!["a.csv"], purchases(&[("1", 1, "1")])),
        ("user_purchase/d=1", vec!["a.csv"], purchases(&[])),
    ] {
        let place = parts();
        for part in ["old-0.csv", "old-1.csv"] {
            gone(&place, &format!("{folder}/{part}"));
        }
        for name in &new {
            place.drop(&format!("{folder}/{name}"), &content);
        }
        let ran = place.call("run").ends_with(0);
        ran.says("was overwritten as a whole");
        place.holds(&place.oracle());
        assert!(place.run()["withdrawn"].is_null());
        let again = place.with_new_warehouse();
        again.run();
        again.holds(&again.oracle());
    }
}

#[test]
fn a_file_that_is_gone_counts_on_and_is_told_of_by_every_run_until_it_is_back() {
    for path in
        ["movie_review/d=1/old-0.csv", "log_reviews/d=2/a.csv", "user_purchase/d=1/old-1.csv"]
    {
        let place = parts();
        let (facts, spend) = (place.facts(), place.spend());
        let content = fs::read(place.raw().join(path)).unwrap();
        gone(&place, path);
        for command in ["run", "run", "reconcile"] {
            let ran = place.call(command).ends_with(3);
            ran.says(&format!("check withdrawn_files: {path}"));
            assert_eq!(ran.json()["withdrawn"], json!([path]));
            assert_eq!((place.facts(), place.spend()), (facts.clone(), spend.clone()));
        }
        let text = place.call_with(&["status"]).stdout;
        let since = format!("check withdrawn_files: {path} has been gone from raw since 2");
        assert!(text.contains(&since), "{text}");
        assert!(text.contains("or exclude them with `replay PATH --forget`"), "{text}");
        let kept = with_settings(&place, &["run", "--json"], &[("WITHDRAWN", "keep")]);
        assert_eq!(kept.ends_with(0).json()["withdrawn"], json!([path]));
        place.drop(path, content);
        assert!(place.run()["withdrawn"].is_null());
        assert_eq!((place.facts(), place.spend()), (facts, spend));
    }
}

/// A vendor who keeps the newest day alone has withdrawn nothing.
#[test]
fn other_files_in_a_folder_and_the_folder_of_all_files_are_no_overwriting() {
    let place = parts();
    gone(&place, "movie_review/d=1/old-0.csv");
    place.drop("movie_review/d=1/new.csv", reviews(&[(7, "good", 7)]));
    place.call("run").ends_with(3).says("old-0.csv is gone");
    let place = Place::new();
    place.drop("movie_review/1.csv", reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/1.csv", logs(&[(1, DAY, "Mobile"), (2, DAY, "Mobile")]));
    place.run();
    gone(&place, "movie_review/1.csv");
    place.drop("movie_review/2.csv", reviews(&[(2, "good", 2)]));
    place.call("run").ends_with(3).says("movie_review/1.csv is gone");
    assert_eq!(place.facts().len(), 2);
    // A folder whose new file is rejected keeps what it has.
    let place = parts();
    gone(&place, "log_reviews/d=2/a.csv");
    place.drop("log_reviews/d=2/b.csv", "no,log\n1,2\n");
    place.call("run").ends_with(3).says("log_reviews/d=2/a.csv is gone");
    assert_eq!(place.facts().len(), 3);
}

#[test]
fn a_file_is_forgotten_after_the_days_that_the_setting_gives() {
    for (path, setting, ends) in [
        ("movie_review/d=1/old-0.csv", "forget:0d", 0),
        ("log_reviews/d=2/a.csv", "forget:0d", 0),
        ("user_purchase/d=1/old-0.csv", "forget:0d", 0),
        ("movie_review/d=1/old-0.csv", "forget:7d", 3),
    ] {
        let place = parts();
        let facts = (place.facts(), place.spend());
        gone(&place, path);
        let ran = with_settings(&place, &["run", "--json"], &[("WITHDRAWN", setting)]);
        let ran = ran.ends_with(ends);
        if ends == 0 {
            ran.says(&format!("excluded {path}"));
            place.holds(&place.oracle());
        } else {
            assert_eq!((place.facts(), place.spend()), facts);
            // As if it had been gone for a year longer.
            let notes = place.raw().join("../staging/_published/raw.json");
            let text = fs::read_to_string(&notes).unwrap();
            let year = text.split("\":\"2").nth(1).unwrap()[..3].parse::<u16>().unwrap();
            let old = text.replace(&format!("\"2{year:03}-"), &format!("\"2{:03}-", year - 1));
            fs::write(&notes, old).unwrap();
            let ran = with_settings(&place, &["run", "--json"], &[("WITHDRAWN", setting)]);
            ran.ends_with(0).says(&format!("excluded {path}: it has been gone since 2"));
            place.holds(&place.oracle());
        }
    }
}

#[test]
fn a_file_that_is_renamed_is_the_same_file() {
    for (from, to) in [
        ("movie_review/d=1/old-0.csv", "movie_review/d=1/b/renamed.csv"),
        ("log_reviews/d=1/old-1.csv", "log_reviews/0.csv"),
        ("user_purchase/d=1/old-0.csv", "user_purchase/renamed.csv"),
    ] {
        let place = parts();
        let facts = (place.facts(), place.spend());
        let raw = place.raw();
        fs::create_dir_all(raw.join(to).parent().unwrap()).unwrap();
        fs::rename(raw.join(from), raw.join(to)).unwrap();
        place.run();
        assert_eq!((place.facts(), place.spend()), facts, "{to}");
        assert!(place.run()["publish"].is_null());
        // What it says no longer counts under its old name, nor does it come back.
        let nothing = match to.split('/').next() {
            Some("movie_review") => reviews(&[]),
            Some("log_reviews") => logs(&[]),
            _ => purchases(&[]),
        };
        place.drop(to, nothing);
        place.run();
        place.holds(&place.oracle());
    }
}

#[test]
fn a_folder_whose_files_are_staged_again_is_not_overwritten() {
    let place = parts();
    let facts = (place.facts(), place.spend());
    gone(&place, "log_reviews/d=1/old-1.csv");
    for pii_mode in ["mask", "keep"] {
        let ran = with_settings(&place, &["run", "--json"], &[("PII_MODE", pii_mode)]);
        let report = ran.ends_with(3).json();
        assert_eq!(report["withdrawn"], json!(["log_reviews/d=1/old-1.csv"]), "{pii_mode}");
        assert_eq!((place.facts(), place.spend()), facts, "{pii_mode}");
    }
}
