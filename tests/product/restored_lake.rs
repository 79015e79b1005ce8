//! A lake that was put back from a backup gives numbers to receipts again. Rows of before must not
//! stay for ever.

use std::fs;

use crate::common::{
    drop::{logs, purchases, reviews},
    place::Place,
};

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// Two files of each kind, published, with a backup of `what` in the lake; then `b.csv` restated,
/// published, and the backup put back.
fn restored(what: &str, path: &str, restated: &str) -> Place {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 10)]));
    place.drop("movie_review/b.csv", reviews(&[(2, "dull", 11)]));
    place.drop("log_reviews/a.csv", logs(&[(10, "2021-04-19", "TV")]));
    place.drop("log_reviews/b.csv", logs(&[(11, "2021-04-20", "TV")]));
    place.drop("user_purchase/a.csv", purchases(&[("1", 1, "1")]));
    place.drop("user_purchase/b.csv", purchases(&[("2", 2, "1")]));
    place.run();
    let (lake, backup) = (place.folder().join("lake"), place.folder().join("backup"));
    copy(&lake.join(what), &backup);
    place.drop(path, restated);
    place.call("run");
    fs::remove_dir_all(lake.join(what)).unwrap();
    fs::rename(backup, lake.join(what)).unwrap();
    // Receipts of rejected versions are told apart by the second.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    place
}

#[test]
fn receipts_that_were_given_again_are_noticed_and_the_advice_mends_it() {
    for what in ["", "staging", "staging/_receipts"] {
        for (path, restated, next) in [
            ("movie_review/b.csv", reviews(&[(2, "good", 11)]), reviews(&[(3, "dull", 11)])),
            (
                "log_reviews/b.csv",
                logs(&[(11, "2021-04-21", "TV")]),
                logs(&[(11, "2021-04-22", "TV")]),
            ),
            ("user_purchase/b.csv", purchases(&[("2", 3, "1")]), purchases(&[("2", 4, "1")])),
            // What is rejected takes a number as well.
            ("movie_review/b.csv", "no csv".to_owned(), reviews(&[(3, "dull", 11)])),
        ] {
            let more = (what.len() + path.len()) % 2;
            let place = restored(what, path, &restated);
            // The vendor sends once, or twice before anybody publishes.
            for _ in 0..more {
                place.drop(path, reviews(&[]));
                place.call("reconcile");
            }
            place.drop(path, &next);
            let ran = place.call("run").ends_with(1);
            ran.says("is not the one that the warehouse has absorbed");
            ran.says("recreate the warehouse too");
            assert!(ran.stderr.contains(path), "{ran:?}");
            let place = place.with_new_warehouse();
            place.run();
            place.holds(&place.oracle());
        }
    }
}

/// On this system no program can give a changed file its old version back, so its receipt is
/// changed instead: it says that other bytes were staged.
#[test]
fn a_deep_reconcile_reads_files_whose_bytes_are_not_those_that_were_staged() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 10)]));
    place.drop("log_reviews/a.csv", logs(&[(10, "2021-04-19", "TV")]));
    place.drop("user_purchase/a.csv", purchases(&[("1", 1, "1")]));
    place.run();
    for path in ["classified_movie_review/movie_review", "review_logs/log_reviews"] {
        let receipt = format!("lake/staging/_receipts/{path}/a.csv/000001.json");
        let receipt = place.folder().join(receipt);
        let text = fs::read_to_string(&receipt).unwrap();
        let hash = text.lines().find(|line| line.contains("bytes_hash")).unwrap();
        let other = format!("\"bytes_hash\": \"{}\",", "0".repeat(32));
        fs::write(&receipt, text.replace(hash.trim(), &other)).unwrap();
    }
    let read = |command: &[&str]| {
        let report = place.call_with(command).ends_with(0).json();
        let files = report["files"].as_array().unwrap();
        files.iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(read(&["reconcile", "--json"]).is_empty());
    let both = ["movie_review/a.csv", "log_reviews/a.csv"];
    assert_eq!(read(&["reconcile", "--deep", "--json"]), both);
    assert!(read(&["reconcile", "--deep", "--json"]).is_empty());
    place.run();
    place.holds(&place.oracle());
}
