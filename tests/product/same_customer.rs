//! Ids that are given twice: reviews of other customers would vanish without a word.

use serde_json::{Value, json};

use crate::{
    common::{
        drop::{logs, reviews},
        place::Place,
    },
    with_settings,
};

const FIRST: &str = "2021-04-19";
const SECOND: &str = "2021-04-20";

/// One day's reviews and logs, numbered from 1.
fn day(place: &Place, folder: &str, day: &str, customers: &[i64]) {
    let rows: Vec<_> = (1..).zip(customers).map(|(id, customer)| (*customer, "good", id)).collect();
    place.drop(&format!("movie_review/{folder}/a.csv"), reviews(&rows));
    let rows: Vec<_> = (1..).zip(customers).map(|(id, _)| (id, day, "Mobile")).collect();
    place.drop(&format!("log_reviews/{folder}/a.csv"), logs(&rows));
}

fn held(report: &Value) -> Vec<(&str, &str)> {
    let days = report["publish"]["refused_days"].as_array().unwrap();
    days.iter().map(|day| (day["day"].as_str().unwrap(), day["check"].as_str().unwrap())).collect()
}

#[test]
fn numbering_that_restarts_holds_its_days_back_and_is_counted_by_file() {
    for (first, second, customers) in [
        // Each day, by two vendors, and by names that sort the other way.
        ("2021-04-19", "2021-04-20", vec![4, 5, 6]),
        ("east", "west", vec![4, 5, 6]),
        ("04-19-2021", "01-20-2021", vec![4, 5, 6]),
        // One of them alone.
        ("2021-04-19", "2021-04-20", vec![1, 2, 6]),
    ] {
        let place = Place::new();
        day(&place, first, FIRST, &[1, 2, 3]);
        place.run();
        let before = place.facts();
        day(&place, second, SECOND, &customers);
        let ran = place.call("run").ends_with(3);
        let report = ran.json();
        let days = held(&report);
        let named = days.iter().filter(|(_, check)| *check == "same_customer").count();
        assert_eq!((days.len(), named), (2, 1), "{report}");
        assert_eq!(place.facts(), before, "{first} {second}: both days keep what they had");
        let lesser = first.min(second);
        let superseded = json!({
            format!("log_reviews/{lesser}/a.csv"): 3,
            format!("movie_review/{lesser}/a.csv"): 3,
        });
        // Nothing new: held on, and status says so.
        assert!(place.call("run").json()["publish"].is_null());
        let status = place.call("status").json();
        assert_eq!(status["summary"]["refused_days"].as_array().map(Vec::len), Some(2), "{status}");

        let accepted = place.call_with(&["publish", "--accept", "2", "--json"]).ends_with(0).json();
        assert_eq!(accepted["publish"]["superseded"], superseded, "{accepted}");
        place.holds(&place.oracle());
    }
}

#[test]
fn an_accepted_day_stays_accepted_until_a_review_file_touches_it_again() {
    let place = Place::new();
    day(&place, "a", FIRST, &[1, 2]);
    place.run();
    place.drop("movie_review/b/a.csv", reviews(&[(7, "good", 1)]));
    let report = place.call("run").ends_with(3).json();
    assert_eq!(held(&report), [(FIRST, "same_customer")]);
    place.call_with(&["publish", "--accept", "2"]).ends_with(0);
    // A log of the day that comes late says nothing new about customers.
    place.drop("movie_review/c/a.csv", reviews(&[(9, "good", 9)]));
    place.run();
    place.drop("log_reviews/c/a.csv", logs(&[(9, FIRST, "Mobile")]));
    place.run();
    place.holds(&place.oracle());
    place.drop("movie_review/b/a.csv", reviews(&[(8, "good", 1)]));
    let report = place.call("run").ends_with(3).json();
    assert_eq!(held(&report), [(FIRST, "same_customer")]);
}

#[test]
fn a_file_that_is_corrected_or_excluded_lets_the_days_go() {
    for corrected in [true, false] {
        let place = Place::new();
        day(&place, "a", FIRST, &[1, 2]);
        place.run();
        day(&place, "b", SECOND, &[5, 6]);
        place.call("run").ends_with(3);
        if corrected {
            place.drop("movie_review/b/a.csv", reviews(&[(5, "good", 11), (6, "good", 12)]));
            place.drop("log_reviews/b/a.csv", logs(&[(11, SECOND, "Mobile"), (12, SECOND, "TV")]));
            place.run();
            assert_eq!(place.facts().len(), 4);
            place.holds(&place.oracle());
        } else {
            place.call_with(&["replay", "movie_review/b/a.csv", "--forget"]);
            place.call_with(&["replay", "log_reviews/b/a.csv", "--forget"]).ends_with(0);
            assert!(place.facts().keys().all(|grain| grain.day == FIRST));
            assert_eq!(place.facts().len(), 2);
        }
    }
}

#[test]
fn the_same_customer_in_two_files_is_a_correction_like_any_other() {
    let place = Place::new();
    day(&place, "a", FIRST, &[1, 2]);
    place.run();
    place.drop("movie_review/b/a.csv", reviews(&[(1, "dull", 1)]));
    let ran = place.call_with(&["run"]).ends_with(0);
    assert!(ran.stdout.contains("movie_review/a/a.csv 1"), "{ran:?}");
    place.holds(&place.oracle());
}

#[test]
fn a_share_of_changed_customers_may_be_allowed() {
    for (share, code) in [("0.5", 0), ("0.3", 3), ("0", 3), ("1", 0)] {
        let place = Place::new();
        day(&place, "a", FIRST, &[1, 2]);
        place.drop("movie_review/b/a.csv", reviews(&[(7, "good", 1)]));
        let settings = [("MAX_CUSTOMER_CHANGES", share)];
        with_settings(&place, &["run", "--json"], &settings).ends_with(code);
    }
}
