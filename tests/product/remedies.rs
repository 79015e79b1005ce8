//! `status` says what is wrong, since when, and what to do; each remedy is followed as it is written.

use std::fs;

use crate::common::{
    drop::{logs, purchases, reviews},
    place::Place,
};

const DAY: &str = "2021-04-19";

fn shop() -> Place {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1), (2, "good", 2)]));
    place.drop("log_reviews/a.csv", logs(&[(1, DAY, "TV"), (2, DAY, "TV")]));
    place.drop("user_purchase/a.csv", purchases(&[("1", 2, "1.5")]));
    place.run();
    place
}

fn status(place: &Place) -> String {
    place.call_with(&["status"]).stdout
}

/// The line about something, which says since when.
#[track_caller]
fn line(place: &Place, about: &str) -> String {
    let text = status(place);
    let line = text.lines().find(|line| line.contains(about));
    line.unwrap_or_else(|| panic!("no line about {about}: {text}")).to_owned()
}

/// Runs the command between backticks that begins so, with `PATH` as the path.
#[track_caller]
fn follow(place: &Place, begins: &str, path: &str) {
    let text = status(place);
    let command = text.split('`').skip(1).step_by(2).find(|command| command.starts_with(begins));
    let command = command.unwrap_or_else(|| panic!("no `{begins}` in {text}"));
    let words: Vec<_> = command.split(' ').map(|w| if w == "PATH" { path } else { w }).collect();
    place.call_with(&words).ends_with(0);
}

#[track_caller]
fn is_well(place: &Place) {
    place.call("run").ends_with(0);
    let text = status(place);
    for sign in ["rejected", "failed", "held back since", "cannot be read", "kept the last total"] {
        assert!(!text.lines().any(|line| line.contains(sign) && line.contains("20")), "{text}");
    }
    place.holds(&place.oracle());
}

fn this_year(line: &str) -> bool {
    let year = chrono::Utc::now().format("%Y-").to_string();
    line.contains(&format!("since {year}")) || line.contains(&format!("({year}"))
}

#[test]
fn a_rejected_file_is_corrected_and_sent_again_under_its_name() {
    for (path, bad) in [
        ("movie_review/b.csv", "no csv".to_owned()),
        ("log_reviews/a.csv", "id_review,log\n1,<reviewlog/>\n".to_owned()),
        ("user_purchase/a.csv", purchases(&[("1", 1, "1")]).replace("12/1/2010", "31/12/2010")),
    ] {
        let place = shop();
        let good = fs::read_to_string(place.raw().join(path)).unwrap_or(reviews(&[(3, "bad", 3)]));
        place.drop(path, bad);
        place.call("run").ends_with(3);
        let line = line(&place, &format!("rejected {path}"));
        assert!(this_year(&line), "{line}");
        assert!(status(&place).contains("correct the file and send it again under its name"));
        place.drop(path, good);
        is_well(&place);
    }
}

#[test]
fn held_days_are_accepted_or_their_file_is_excluded() {
    let shrinks = logs(&[(1, "2021-04-25", "TV"), (2, "2021-04-25", "TV")]);
    let others = reviews(&[(7, "good", 1), (8, "good", 2)]);
    for (check, path, content) in [
        ("day_shrink", "log_reviews/b.csv", shrinks),
        ("same_customer", "movie_review/b.csv", others),
    ] {
        let held = || {
            let place = shop();
            place.drop(path, &content);
            place.call("run").ends_with(3);
            let line = line(&place, "held back since publish 2");
            assert!(this_year(&line), "{line}");
            assert!(status(&place).contains(check));
            place
        };
        let place = held();
        follow(&place, "publish --accept", path);
        is_well(&place);
        let place = held();
        let before = place.facts();
        follow(&place, "replay PATH --forget", path);
        let text = status(&place);
        assert!(!text.contains("held back since"), "{text}");
        assert_eq!(place.facts(), before);
        // Corrected and sent again.
        let place = held();
        place.drop(path, fs::read(place.raw().join(path.replace("b.csv", "a.csv"))).unwrap());
        is_well(&place);
    }
}

#[test]
fn a_receipt_that_cannot_be_read_is_named_also_behind_a_newer_one() {
    // How many of: a version that is rejected, and after it the good bytes again, unchanged.
    for newer in 0..3 {
        let path = "movie_review/a.csv";
        let place = shop();
        let good = fs::read_to_string(place.raw().join(path)).unwrap();
        // A version that is staged and not published yet.
        let dull = good.replace("good", "dull");
        place.drop(path, &dull);
        place.call("reconcile").ends_with(0);
        for content in ["no csv", &dull].into_iter().take(newer) {
            place.drop(path, content);
            place.call("reconcile");
        }
        let log = place.folder().join("lake/staging/_receipts/classified_movie_review").join(path);
        fs::write(log.join("000002.json"), "{\"path").unwrap();
        if newer == 0 {
            // Nothing follows: the next run reads the file again by itself.
            is_well(&place);
            continue;
        }
        place.call("run");
        let line = line(&place, "receipt 2 of movie_review/a.csv cannot be read");
        assert!(line.contains("`replay movie_review/a.csv`"), "{line}");
        assert!(this_year(&line), "{line}");
        let json = place.call("status").json();
        let [receipt] = &json["datasets"][0]["unreadable"].as_array().unwrap()[..] else {
            panic!("{json}")
        };
        assert!(receipt["path"] == path && receipt["receipt"] == 2, "{receipt}");
        assert!(receipt["since"].as_str().is_some_and(|at| at.ends_with('Z')), "{receipt}");
        if newer == 1 {
            place.drop(path, &dull);
            place.call("run");
        }
        if status(&place).contains("cannot be read") {
            follow(&place, "replay movie_review/a.csv", path);
        }
        is_well(&place);
    }
}

#[test]
fn a_customer_who_keeps_his_last_total_is_named_with_the_time_and_the_remedy() {
    let place = shop();
    let most = ("1", i64::from(i32::MAX), "4000");
    place.drop("user_purchase/b.csv", purchases(&[most, most]));
    place.call("run").ends_with(3);
    let line = line(&place, "customer 1 has kept the last total");
    assert!(this_year(&line), "{line}");
    assert!(line.contains("user_purchase/b.csv"), "{line}");
    follow(&place, "replay --forget", "user_purchase/b.csv");
    let text = status(&place);
    assert!(!text.contains("has kept the last total"), "{text}");
}
