//! A customer whose total does not fit keeps the last one and is named, nothing else waits, and the
//! advice leads out.

use crate::common::{
    drop::{logs, purchases, reviews},
    place::Place,
};
use serde_json::{Value, json};

const GOOD: &str = "user_purchase/2021-01-01/p.csv";
const BAD: &str = "user_purchase/2021-01-02/p.csv";
const CUSTOMER: &str = "17850";

/// A customer with a review and a total; then two rows that sum to more than 10^13, for him and for
/// a customer without a review, and in the same drop another day.
fn too_much() -> Place {
    let place = Place::new();
    day(&place, 1);
    place.drop(GOOD, purchases(&[(CUSTOMER, 1, "2.5")]));
    place.run();
    day(&place, 2);
    let row = |customer| (customer, i64::from(i32::MAX), "4000");
    place.drop(BAD, purchases(&[row(CUSTOMER), row("99999"), row(CUSTOMER), row("99999")]));
    place
}

/// A review and its log.
fn day(place: &Place, day: i64) {
    place.drop(&format!("movie_review/{day}.csv"), reviews(&[(17_850, "good", day)]));
    let log = (day, &*format!("2021-01-0{day}"), "Mobile");
    place.drop(&format!("log_reviews/{day}.csv"), logs(&[log]));
}

fn held(summary: &Value) -> Vec<(i64, String)> {
    let held = summary["held_customers"].as_array().expect("a list").iter();
    let of = |held: &Value| {
        let amount = held["amount"].as_str().expect("an amount").to_owned();
        (held["customer"].as_i64().expect("a customer"), amount)
    };
    held.map(of).collect()
}

/// The facts by day: reviews, and the spend that they show in thousandths.
fn facts(place: &Place) -> Vec<(String, i64, i64)> {
    let mut facts: Vec<_> = place
        .facts()
        .into_iter()
        .map(|(grain, measures)| (grain.day, measures.count, measures.amount_milli as i64))
        .collect();
    facts.sort();
    facts
}

fn two_days(milli: i64) -> Vec<(String, i64, i64)> {
    ["2021-01-01", "2021-01-02"].map(|day| (day.to_owned(), 1, milli)).into()
}

#[test]
fn everything_else_is_published_and_the_file_is_named() {
    let place = too_much();
    let ran = place.call("run").ends_with(3);
    let report = ran.json();
    let amount = "17179869176000.000".to_owned();
    let both = vec![(17_850, amount.clone()), (99_999, amount.clone())];
    assert_eq!(held(&report["summary"]), both);
    assert_eq!(held(&report["publish"]), both);
    assert_eq!(facts(&place), two_days(2_500), "the last total");
    let status = place.call("status").ends_with(3).json();
    let first = &status["summary"]["held_customers"][0];
    assert_eq!(first["publish_id"], json!(2));
    assert_eq!(first["since"], report["summary"]["published_at"]);
    let detail = first["detail"].as_str().expect("a detail");
    // The greatest part first.
    assert!(detail.contains(&format!("`{BAD}` ({amount}), `{GOOD}` (2.500)")), "{detail}");
    let text = place.call_with(&["status"]).ends_with(3).stdout;
    assert!(text.contains("customer 99999 has kept the last total since publish 2"), "{text}");
    // While he is held, runs say so; other purchases of his stay with the amount that waits.
    place.call("run").ends_with(3);
    place.drop("user_purchase/2021-01-03/p.csv", purchases(&[(CUSTOMER, 1, "1"), ("5", 1, "1")]));
    let report = place.call("run").ends_with(3).json();
    assert_eq!(held(&report["publish"]), [(17_850, "17179869176001.000".to_owned())]);
    assert_eq!(held(&report["summary"]).len(), 2);
    let still = &report["summary"]["held_customers"][0];
    assert_eq!((&still["publish_id"], &still["since"]), (&json!(2), &first["since"]));
}

#[test]
fn a_file_that_is_uploaded_again_under_the_same_name_brings_his_total_in() {
    let place = too_much();
    place.call("run").ends_with(3);
    place.drop(BAD, purchases(&[(CUSTOMER, 2, "4"), ("99999", 1, "4")]));
    let report = place.call("run").ends_with(0).json();
    assert_eq!(report["summary"]["held_customers"], json!([]));
    assert_eq!(facts(&place), two_days(10_500));
    place.holds(&place.oracle());
}

#[test]
fn a_file_that_is_excluded_leaves_the_total_of_the_others() {
    let place = too_much();
    place.call("run").ends_with(3);
    let report = place.call_with(&["replay", "--forget", BAD, "--json"]).ends_with(0).json();
    assert_eq!(report["summary"]["held_customers"], json!([]));
    assert_eq!(facts(&place), two_days(2_500));
    assert_eq!(place.spend().len(), 1, "nobody but the customer of the good file");
}
