//! Checks of one's own, as files in the lake: they hold days back until they pass, and a broken one
//! stops publishes until it is corrected.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    common::{
        app::Ran,
        drop::{logs, purchases, reviews},
        handler::get,
        place::Place,
    },
    on, serve, with_settings,
};

const SETTINGS: [(&str, &str); 1] = [("CHECKS", "_checks")];
const MONDAY: &str = "2021-04-19";
const TUESDAY: &str = "2021-04-20";

/// No day may have more than two reviews.
const FEW: &str = "-- a day with too many\nSELECT log_date FROM candidate\nGROUP BY log_date \
                   HAVING SUM(review_count) > 2;\n";

/// Two reviews on a day, published; then a third one of that day and one of the next are staged.
fn grown() -> Place {
    let place = Place::new();
    place.drop("movie_review/1.csv", reviews(&[(1, "good", 1), (1, "good", 2)]));
    place.drop("log_reviews/1.csv", logs(&[(1, MONDAY, "TV"), (2, MONDAY, "TV")]));
    place.run();
    place.drop("movie_review/2.csv", reviews(&[(2, "good", 3), (2, "good", 4)]));
    place.drop("log_reviews/2.csv", logs(&[(3, MONDAY, "TV"), (4, TUESDAY, "TV")]));
    place.drop("user_purchase/1.csv", purchases(&[("1", 1, "5")]));
    place
}

fn file(place: &Place, name: &str) -> PathBuf {
    let folder = place.folder().join("lake/staging/_checks");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn write(place: &Place, name: &str, query: &str) {
    fs::write(file(place, name), query).unwrap();
}

fn call(place: &Place, words: &[&str]) -> Ran {
    with_settings(place, words, &SETTINGS)
}

fn run(place: &Place) -> Ran {
    call(place, &["run", "--json"])
}

/// Who is held back, by which check and since which publish.
fn held(place: &Place) -> Vec<(String, String, i64)> {
    let status = call(place, &["status", "--json"]).json();
    let days = status["summary"]["refused_days"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let held =
        days.map(|d| (text(&d["day"]), text(&d["check"]), d["publish_id"].as_i64().unwrap()));
    held.collect()
}

fn reviews_on(place: &Place, day: &str) -> i64 {
    let facts = place.facts();
    facts.iter().filter(|(grain, _)| grain.day == day).map(|(_, measures)| measures.count).sum()
}

#[test]
fn a_day_that_fails_keeps_its_rows_and_is_let_go_when_its_file_is_restated() {
    let place = grown();
    write(&place, "few.sql", FEW);
    let report = run(&place).ends_with(3).json();
    let checks = report["publish"]["checks"].as_array().unwrap();
    assert!(checks.contains(&json!({"check": "few.sql", "held_days": 1})), "{checks:?}");
    assert_eq!(held(&place), [(MONDAY.to_owned(), "few.sql".to_owned(), 2)]);
    assert_eq!((reviews_on(&place, MONDAY), reviews_on(&place, TUESDAY)), (2, 1));
    let text = call(&place, &["status"]).ends_with(3).stdout;
    assert!(text.contains("few.sql: the check returns 1 row"), "{text}");
    // The same change does no work again, and other news does not hold it anew.
    assert_eq!(run(&place).ends_with(3).json()["publish"], json!(null));
    place.drop("user_purchase/2.csv", purchases(&[("2", 1, "7")]));
    let report = run(&place).ends_with(3).json();
    assert_eq!(report["publish"]["refused_days"], json!([]), "{report}");
    assert_eq!(held(&place), [(MONDAY.to_owned(), "few.sql".to_owned(), 2)]);
    place.drop("log_reviews/2.csv", logs(&[(3, TUESDAY, "TV"), (4, TUESDAY, "TV")]));
    run(&place).ends_with(0);
    place.holds(&place.oracle());
}

#[test]
fn a_day_is_let_go_when_the_check_is_corrected_taken_away_or_when_purchases_come() {
    let corrected = |place: &Place| write(place, "few.sql", &FEW.replace("> 2", "> 3"));
    let taken_away = |place: &Place| fs::remove_file(file(place, "few.sql")).unwrap();
    let lets_go: [&dyn Fn(&Place); 2] = [&corrected, &taken_away];
    for lets_go in lets_go {
        let place = grown();
        write(&place, "few.sql", FEW);
        run(&place).ends_with(3);
        lets_go(&place);
        // In Azure the timer sees it, without any new file.
        let plan = call(&place, &["publish", "--plan", "--json"]).ends_with(0).json();
        assert_eq!(plan["publish"]["days_replaced"], json!(1), "{plan}");
        run(&place).ends_with(0);
        place.holds(&place.oracle());
    }
    let place = grown();
    let poor = "SELECT customerid FROM candidate WHERE customerid = 2 AND amount_spent < 1";
    write(&place, "poor.sql", poor);
    run(&place).ends_with(3);
    assert_eq!(held(&place).len(), 2, "rows without a day hold all days of the publish back");
    place.drop("user_purchase/2.csv", purchases(&[("2", 1, "7")]));
    run(&place).ends_with(0);
    place.holds(&place.oracle());
}

#[test]
fn a_restated_day_that_a_check_holds_is_not_judged_anew_by_what_is_usual() {
    let place = Place::new();
    let all: Vec<_> = (1..=5).map(|id| (1, "good", id)).collect();
    let of_monday: Vec<_> = (1..=5).map(|id| (id, MONDAY, "TV")).collect();
    place.drop("movie_review/1.csv", reviews(&all));
    place.drop("log_reviews/1.csv", logs(&of_monday));
    place.run();
    write(&place, "many.sql", &FEW.replace("> 2", "< 3"));
    place.drop("log_reviews/1.csv", logs(&of_monday[..1]));
    run(&place).ends_with(3);
    let expected = [(MONDAY.to_owned(), "many.sql".to_owned(), 2)];
    assert_eq!(held(&place), expected);
    place.drop("user_purchase/1.csv", purchases(&[("1", 1, "5")]));
    run(&place).ends_with(3);
    assert_eq!(held(&place), expected);
    write(&place, "many.sql", &FEW.replace("> 2", "< 1"));
    run(&place).ends_with(0);
    place.holds(&place.oracle());
}

#[test]
fn rows_of_a_day_that_is_held_already_hold_no_other_day() {
    let place = grown();
    write(&place, "two.sql", "SELECT customerid FROM candidate WHERE customerid = 2");
    run(&place).ends_with(3);
    let before = held(&place);
    assert_eq!(before.len(), 2);
    let wednesday = "2021-04-21";
    place.drop("movie_review/3.csv", reviews(&[(1, "good", 5)]));
    place.drop("log_reviews/3.csv", logs(&[(5, wednesday, "TV")]));
    run(&place).ends_with(3);
    assert_eq!((reviews_on(&place, wednesday), held(&place)), (1, before));
}

#[test]
fn an_operator_accepts_a_day_that_fails_on_the_command_line_and_over_http() {
    let place = grown();
    write(&place, "few.sql", FEW);
    run(&place).ends_with(3);
    call(&place, &["publish", "--accept", "2"]).ends_with(0);
    place.holds(&place.oracle());

    let place = grown();
    write(&place, "few.sql", FEW);
    run(&place).ends_with(3);
    let handler = serve(&place, &SETTINGS);
    let post = |body: &str| {
        let request = json!({
            "Data": { "request": { "Url": "http://localhost:7071/api/publish", "Method": "POST",
                "Query": {}, "Headers": {}, "Params": {}, "Body": body } },
            "Metadata": { "sys": { "MethodName": "publish" } },
        });
        let (status, answer) = handler.call("publish", &request, &[]);
        assert_eq!(status, 200, "{answer}");
        answer["Outputs"]["response"].clone()
    };
    for (body, why) in [
        ("{}", "send {"),
        ("{\"accept\": []}", "send {"),
        ("{\"accept\": [9]}", "there is no publish 9"),
        ("nonsense", "send {"),
    ] {
        let response = post(body);
        assert!(response["statusCode"] == json!(400) || response["statusCode"] == json!("400"));
        assert!(response["body"].to_string().contains(why), "{body}: {response}");
    }
    let (_, planned) = handler.call("plan", &get("plan"), &[]);
    let planned = planned["Outputs"]["response"]["body"].to_string();
    assert!(planned.contains("warehouse_exists"), "{planned}");
    let accepted = post("{\"accept\": [2]}")["body"].to_string();
    assert!(accepted.contains("days_replaced"), "{accepted}");
    place.holds(&place.oracle());
    write(&place, "few.sql", "SELECT absent FROM candidate");
    place.drop("user_purchase/2.csv", purchases(&[("2", 1, "7")]));
    call(&place, &["reconcile"]).ends_with(0);
    let (_, planned) = handler.call("plan", &get("plan"), &[]);
    for answer in [post("{\"accept\": [2]}"), planned["Outputs"]["response"].clone()] {
        let text = answer.to_string();
        assert!(text.contains("409") && text.contains("no such column: absent"), "{text}");
    }
    handler.stop();
}

#[test]
fn a_broken_check_is_a_settings_error_until_it_is_corrected_and_changes_nothing() {
    let place = grown();
    let before = place.facts();
    for (query, why) in [
        ("SELECT no_such FROM candidate", "no such column: no_such"),
        ("SELECT * FROM candidate; DELETE FROM fact_movie_analytics", "it has to be one query"),
        ("DELETE FROM fact_movie_analytics", "syntax error"),
        ("SELECT 1) DELETE FROM fact_movie_analytics --", "a parenthesis too many"),
    ] {
        write(&place, "broken.sql", query);
        for words in [&["run"][..], &["publish"], &["plan"]] {
            let ran = call(&place, words).ends_with(2);
            ran.says("the check `broken.sql` cannot be run");
            ran.says(why);
            ran.says("correct the file");
        }
        let status = call(&place, &["status"]).ends_with(3).stdout;
        assert!(status.contains("nothing is published: the check `broken.sql`"), "{status}");
        assert_eq!((place.facts(), held(&place)), (before.clone(), Vec::new()));
    }
    write(&place, "broken.sql", "SELECT log_date FROM candidate WHERE review_count < 1");
    // A file that is no check is left alone.
    write(&place, "README.md", "What the checks are for.");
    run(&place).ends_with(0);
    place.holds(&place.oracle());
}

#[test]
fn checks_are_asked_for_only_where_the_setting_names_their_folder() {
    let place = grown();
    write(&place, "few.sql", FEW);
    let listings = |settings: &[(&str, &str)]| {
        let out = on(&place, &["run", "--json"]).envs(settings.iter().copied()).output().unwrap();
        Ran::from(out).json()["work"]["listings"].as_u64().unwrap()
    };
    listings(&[]);
    place.holds(&place.oracle());
    assert_eq!(listings(&SETTINGS), listings(&[]) + 1);
}
