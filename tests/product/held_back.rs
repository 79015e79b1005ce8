//! Days that fail a quality check keep their last good rows, and no review counts twice meanwhile.

use crate::{
    common::{
        drop::{logs, reviews},
        place::Place,
    },
    with_settings,
};
use serde_json::json;

const REVIEWS: &str = "movie_review/1.csv";
const FIRST: &str = "log_reviews/1.csv";

/// Two reviews a day on three days; then a greater path gives those of the first day another
/// date, so that it would lose all of them, and a fourth day comes besides.
fn shrunk() -> Place {
    let place = Place::new();
    let rows: Vec<(i64, &str, i64)> = (1..=8).map(|id| (id, "good", id)).collect();
    place.drop(REVIEWS, reviews(&rows));
    let day = |id: i64| ["2021-04-19", "2021-04-20", "2021-04-21"][(id as usize - 1) / 2];
    let first: Vec<(i64, &str, &str)> = (1..=6).map(|id| (id, day(id), "Mobile")).collect();
    place.drop(FIRST, logs(&first));
    place.run();
    place.drop(
        "log_reviews/2.csv",
        logs(&[
            (1, "2021-04-20", "Mobile"),
            (2, "2021-04-20", "Mobile"),
            (7, "2021-04-22", "Mobile"),
            (8, "2021-04-22", "Mobile"),
        ]),
    );
    place
}

fn refused(report: &serde_json::Value) -> Vec<(String, String)> {
    let days = report["publish"]["refused_days"].as_array().expect("refused days").iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut days: Vec<_> = days.map(|day| (text(&day["day"]), text(&day["check"]))).collect();
    days.sort();
    days
}

#[test]
fn a_day_that_shrinks_is_held_back_with_the_days_that_its_logs_moved_to() {
    let place = shrunk();
    let report = place.call("run").ends_with(3).json();
    let expected = [("2021-04-19", "day_shrink"), ("2021-04-20", "held_back")];
    assert_eq!(refused(&report), expected.map(|(day, check)| (day.to_owned(), check.to_owned())));
    // The two days are as they were, the fourth day is there.
    let facts = place.facts();
    let counted = |day: &str| {
        let rows = facts.iter().filter(|(grain, _)| grain.day == day);
        rows.map(|(_, measures)| measures.count).sum::<i64>()
    };
    let days = ["2021-04-19", "2021-04-20", "2021-04-21", "2021-04-22"];
    assert_eq!(days.map(counted), [2, 2, 2, 2]);
    assert_eq!(report["summary"]["reviews"], json!(8), "no review counts twice");
    let status = place.call("status").ends_with(3).json();
    assert_eq!(status["summary"]["refused_days"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_same_change_does_no_work_again() {
    let place = shrunk();
    place.call("run").ends_with(3);
    let report = place.call("run").ends_with(3).json();
    assert_eq!(report["publish"], json!(null));
    assert_eq!(report["work"]["parquet_files_read"], json!(0));
}

#[test]
fn held_back_days_are_judged_together_when_one_of_them_changes() {
    let place = shrunk();
    place.call("run").ends_with(3);
    place.drop("log_reviews/3.csv", logs(&[(3, "2021-04-20", "Tablet")]));
    let report = place.call("run").ends_with(3).json();
    assert_eq!(refused(&report).len(), 2);
    assert_eq!(report["summary"]["reviews"], json!(8), "no review counts twice");
}

#[test]
fn an_operator_accepts_the_days_and_the_facts_are_those_of_the_lake() {
    let place = shrunk();
    let id = place.call("run").ends_with(3).json()["publish"]["publish_id"].to_string();
    let accept = ["publish", "--accept", &id, "--json"];
    let report = place.call_with(&accept).ends_with(0).json();
    assert_eq!(report["publish"]["days_replaced"], json!(2));
    assert_eq!(report["summary"]["refused_days"], json!([]));
    place.holds(&place.oracle());
    // Given again, it does nothing and says so.
    let again = place.call_with(&accept).ends_with(0);
    again.says(&format!("publish {id} holds no day back"));
    assert_eq!(again.json()["publish"], json!(null));
}

/// Many reviews on two days, one on a third, each day's by a file of its own.
fn three_days() -> (Place, Vec<(i64, &'static str, &'static str)>) {
    let place = Place::new();
    let rows: Vec<(i64, &str, i64)> = (1..=20).map(|id| (id, "good", id)).collect();
    place.drop("movie_review/1.csv", reviews(&rows[..10]));
    place.drop("movie_review/2.csv", reviews(&rows[10..]));
    place.drop("movie_review/other.csv", reviews(&[(1, "good", 5_000), (1, "good", 6_000)]));
    let logged: Vec<_> = (1..=20)
        .map(|id| (id, if id <= 10 { "2021-04-19" } else { "2021-04-20" }, "Mobile"))
        .collect();
    place.drop("log_reviews/1.csv", logs(&logged));
    place.drop("log_reviews/other.csv", logs(&[(5_000, "2021-04-21", "Mobile")]));
    place.run();
    (place, logged)
}

#[test]
fn a_restated_review_file_excuses_no_day_that_its_ids_do_not_touch() {
    for (path, rows) in [
        ("movie_review/other.csv", vec![(1, "bad", 5_000)]),
        ("movie_review/other.csv", vec![]),
        ("movie_review/other.csv", vec![(1, "good", 6_000)]),
        // Its ids are those of the day that loses nothing.
        ("movie_review/2.csv", vec![(11, "bad", 11)]),
    ] {
        let (place, logged) = three_days();
        // Another file takes the logs of the first day to a day that nobody expects.
        let away: Vec<_> =
            logged[..10].iter().map(|(id, ..)| (*id, "1999-04-26", "Mobile")).collect();
        place.drop("log_reviews/away.csv", logs(&away));
        place.drop(path, reviews(&rows));
        let report = place.call("run").ends_with(3).json();
        let shrunk = ("2021-04-19".to_owned(), "day_shrink".to_owned());
        assert!(refused(&report).contains(&shrunk), "{path} {rows:?}: {report}");
        let kept = place.facts().into_iter().filter(|(grain, _)| grain.day == "2021-04-19");
        assert_eq!(kept.count(), 10, "{path} {rows:?}");
    }
}

#[test]
fn a_restated_review_file_excuses_the_days_that_its_ids_touch() {
    for rows in [vec![], vec![(1, "good", 1)], vec![(1, "good", 7_000)]] {
        let (place, _) = three_days();
        place.drop("movie_review/1.csv", reviews(&rows));
        place.run();
        place.holds(&place.oracle());
    }
}

/// Reviews of a day, by a file of each feed. `browser`: what their logs name.
fn drop_day(place: &Place, day: &str, ids: std::ops::Range<i64>, browser: Option<&str>) {
    let rows: Vec<(i64, &str, i64)> = ids.clone().map(|id| (id, "good", id)).collect();
    place.drop(&format!("movie_review/{day}.csv"), reviews(&rows));
    let rows: Vec<_> = ids.map(|id| (id, day, "Mobile")).collect();
    let browser = browser.map(|name| format!("<browser>{name}</browser><device>"));
    let logs = logs(&rows).replace("<device>", browser.as_deref().unwrap_or("<device>"));
    place.drop(&format!("log_reviews/{day}.csv"), logs);
}

/// Three days, published, and a fourth one that fails a check until somebody accepts it.
fn holds_the_fourth_day(check: &str, fourth: impl Fn(&Place), off: (&str, &str)) {
    let published = || {
        let place = Place::new();
        for (nth, day) in ["2021-04-19", "2021-04-20", "2021-04-21"].into_iter().enumerate() {
            let first = 1_000 * nth as i64;
            drop_day(&place, day, first..first + 100, Some("Lynx"));
        }
        // A first load is never unusual.
        place.run();
        fourth(&place);
        place
    };
    let place = published();
    let report = place.call("run").ends_with(3).json();
    assert_eq!(refused(&report), [("2021-04-22".to_owned(), check.to_owned())]);
    assert_eq!(place.facts().len(), 300);
    let id = report["publish"]["publish_id"].to_string();
    place.call_with(&["publish", "--accept", &id]).ends_with(0);
    place.holds(&place.oracle());
    // Accepted once, it is usual; and a setting switches the check off.
    place.drop("movie_review/more.csv", reviews(&[(1, "good", 90_000)]));
    place.drop("log_reviews/more.csv", logs(&[(90_000, "2021-04-22", "Mobile")]));
    place.run();
    let place = published();
    with_settings(&place, &["run"], &[off]).ends_with(0);
    place.holds(&place.oracle());
}

#[test]
fn a_day_that_grows_to_many_times_the_usual_is_held_back() {
    let fourth = |place: &Place| drop_day(place, "2021-04-22", 5_000..6_001, Some("Lynx"));
    holds_the_fourth_day("day_growth", fourth, ("MAX_DAY_GROWTH", "11"));
}

#[test]
fn a_day_of_which_a_dimension_is_mostly_unknown_is_held_back() {
    let fourth = |place: &Place| drop_day(place, "2021-04-22", 5_000..5_200, None);
    holds_the_fourth_day("unknown_jump", fourth, ("MAX_UNKNOWN_JUMP", "1"));
}
