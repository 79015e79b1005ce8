//! A plan says what the publish after it does, and writes nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use movie_analytics::build_fact_movie_analytics::{self as build, Input};
use object_store::ObjectStoreExt;
use serde_json::{Value, json};

use crate::common::{
    app::Ran,
    away::Away,
    drop::{logs, purchases, reviews},
    lab::{Lab, published, read},
    place::Place,
};

/// Plans, publishes, and compares all numbers. Returns the plan.
pub fn agrees(call: impl Fn(&[&str]) -> Ran, options: &[&str], what: &str) -> Value {
    let words = [&["publish", "--json"], options].concat();
    let planned = call(&[&words[..], &["--plan"]].concat());
    let publish = call(&words);
    assert!(
        matches!((planned.code, publish.code), (0 | 3, 0 | 3)),
        "{what}: {planned:?}\n{publish:?}"
    );
    let (plan, report) = (planned.json(), publish.json());
    assert_eq!(untimed(&plan["publish"]), untimed(&report["publish"]), "{what}");
    plan
}

/// A held day and a held customer carry the second in which they were held.
fn untimed(publish: &Value) -> Value {
    let mut publish = publish.clone();
    for held in ["refused_days", "held_customers"] {
        for one in publish.get_mut(held).and_then(Value::as_array_mut).into_iter().flatten() {
            one.as_object_mut().unwrap().remove("since");
        }
    }
    publish
}

fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(tree(&path)),
            false => drop(files.insert(path.clone(), fs::read(&path).unwrap())),
        }
    }
    files
}

fn two_days() -> Place {
    let place = Place::new();
    place.drop("movie_review/1.csv", reviews(&[(1, "good", 1), (1, "bad", 2), (2, "good", 3)]));
    let (first, second) = ("2021-04-19", "2021-04-20");
    place.drop("log_reviews/1.csv", logs(&[(1, first, "TV"), (2, first, "TV"), (3, second, "TV")]));
    place.drop("user_purchase/1.csv", purchases(&[("1", 2, "2.5"), ("2", 1, "-7.25")]));
    place
}

#[test]
fn a_plan_names_the_files_with_the_reason_and_makes_no_warehouse() {
    let place = two_days();
    let before = tree(place.folder());
    let plan = place.call("plan").ends_with(0).json();
    let expected = ["movie_review/1.csv", "log_reviews/1.csv", "user_purchase/1.csv"];
    let files = plan["files"].as_array().unwrap();
    assert_eq!(files.len(), expected.len());
    for path in expected {
        let file = files.iter().find(|file| file["path"] == path).expect(path);
        assert_eq!(file["why"], json!("new"), "{path}");
    }
    assert_eq!((&plan["publish"], &plan["warehouse_exists"]), (&json!(null), &json!(false)));
    assert_eq!(tree(place.folder()), before, "a plan has written something");
    place.run();
    place.drop(
        "movie_review/1.csv",
        reviews(&[(1, "good", 1), (1, "good", 2), (2, "good", 3), (2, "good", 4)]),
    );
    let plan = place.call("plan").ends_with(0).json();
    let changed = json!([{
        "dataset": "classified_movie_review", "path": "movie_review/1.csv", "why": "changed",
    }]);
    assert_eq!(plan["files"], changed);
}

#[test]
fn a_plan_compares_days_and_spend_with_what_is_published() {
    let place = two_days();
    place.run();
    place.drop("movie_review/2.csv", reviews(&[(2, "good", 4), (1, "bad", 5)]));
    place.drop("log_reviews/2.csv", logs(&[(4, "2021-04-20", "TV"), (5, "2021-04-21", "Tablet")]));
    place.drop("user_purchase/2.csv", purchases(&[("1", 1, "0.125"), ("2", 1, "-3")]));
    place.call("reconcile").ends_with(0);
    let plan = agrees(|words| place.call_with(words), &[], "two days");
    let day = |day, reviews: [u64; 2], score: [i64; 2]| {
        json!({
            "day": day, "reviews_before": reviews[0], "reviews_after": reviews[1],
            "score_before": score[0], "score_after": score[1],
        })
    };
    let days = [day("2021-04-20", [1, 2], [1, 2]), day("2021-04-21", [0, 1], [0, 0])];
    assert_eq!(plan["days"], json!(days));
    let tablet = json!([{"dimension": "device", "added": 1, "first": ["Tablet"]}]);
    assert_eq!(plan["members"], tablet);
    let checks = plan["publish"]["checks"].as_array().unwrap();
    assert_eq!(checks.len(), pipeline::facts::Check::ALL.len());
    assert!(checks.iter().all(|check| check["held_days"] == json!(0)), "{checks:?}");
    let customer = |customer, milli| json!({"customer": customer, "change_milli": milli});
    assert_eq!(plan["customers"], json!([customer(2, -3_000), customer(1, 125)]));
    assert!(plan["last_duration_ms"].is_u64());
    place.holds(&place.oracle());
}

#[test]
fn a_plan_names_the_days_that_would_be_held_back_and_what_accepting_them_does() {
    let place = two_days();
    place.run();
    // A greater path takes the first day's logs to another day.
    place.drop("log_reviews/9.csv", logs(&[(1, "2021-04-22", "TV"), (2, "2021-04-22", "TV")]));
    place.call("reconcile");
    let facts = place.facts();
    place.call_with(&["publish", "--plan", "--json"]).ends_with(3);
    assert_eq!(place.facts(), facts, "a plan has changed facts");
    let plan = agrees(|words| place.call_with(words), &[], "held back");
    let held = plan["publish"]["refused_days"].as_array().unwrap();
    assert_eq!(held.len(), 2, "{plan}");
    assert_eq!(place.facts(), facts);
    let id = plan["publish"]["publish_id"].to_string();
    let plan = agrees(|words| place.call_with(words), &["--accept", &id], "accepted");
    assert_eq!(plan["publish"]["days_replaced"], json!(2));
    place.holds(&place.oracle());
    // A person reads the same.
    let text = place.call_with(&["plan"]).ends_with(0).stdout;
    assert!(text.contains("nothing that is staged waits for a publish"), "{text}");
}

#[test]
fn a_plan_of_a_replay_names_its_files_with_the_reason_and_writes_nothing() {
    let place = two_days();
    place.drop("movie_review/2.csv", "no csv");
    place.call("run").ends_with(3);
    let lake = tree(&place.folder().join("lake"));
    let plan = |words: &[&str]| {
        let ran = place.call_with(&[&["replay", "--plan", "--json"], words].concat());
        let files = ran.ends_with(0).json()["files"].as_array().unwrap().clone();
        assert_eq!(tree(&place.folder().join("lake")), lake, "{words:?} has written something");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        files.iter().map(|file| (text(&file["path"]), text(&file["why"]))).collect::<Vec<_>>()
    };
    let file = |path: &str, why: &str| (path.to_owned(), why.to_owned());
    assert_eq!(plan(&["--refused"]), [file("movie_review/2.csv", "rejected")]);
    assert_eq!(plan(&["log_reviews/1.csv"]), [file("log_reviews/1.csv", "staged")]);
    let reviews = [file("movie_review/1.csv", "staged"), file("movie_review/2.csv", "rejected")];
    assert_eq!(plan(&["--dataset", "movie_review"]), reviews);
    let excluded = [file("log_reviews/1.csv", "to_be_excluded")];
    assert_eq!(plan(&["--forget", "log_reviews/1.csv"]), excluded);
    let wrong = place.call_with(&["replay", "--plan", "--forget", "log_reviews/9.csv"]);
    wrong.ends_with(2).says("is not in the lake");
    let text = place.call_with(&["replay", "--plan", "--refused"]).ends_with(0).stdout;
    assert!(text.contains("asked for, rejected before"), "{text}");
}

#[test]
fn a_plan_without_a_marker_compares_with_the_warehouse_and_writes_none() {
    let place = two_days();
    place.run();
    let staging = place.folder().join("lake/staging");
    fs::remove_dir_all(staging.join("_published")).unwrap();
    place.drop("movie_review/2.csv", reviews(&[(2, "good", 4)]));
    place.drop("log_reviews/2.csv", logs(&[(4, "2021-04-20", "TV")]));
    place.call("reconcile").ends_with(0);
    let before = tree(&place.folder().join("lake"));
    let plan = place.call("plan").ends_with(0).json();
    assert_eq!(plan["publish"]["days_replaced"], json!(1));
    assert_eq!(tree(&place.folder().join("lake")), before);
    place.run();
    place.holds(&place.oracle());
}

#[tokio::test]
async fn a_plan_makes_no_write_request() {
    let mut lab = Lab::with(&[("CHECKS", "_checks")]);
    let check = "SELECT log_date FROM candidate WHERE review_count < 1";
    let name = object_store::path::Path::from("_checks/few.sql");
    lab.staging.put(&name, check.into()).await.unwrap();
    let files = [
        ("movie_review/1.csv", reviews(&[(1, "good", 1)])),
        ("log_reviews/1.csv", logs(&[(1, "2021-04-19", "TV")])),
        ("user_purchase/1.csv", purchases(&[("1", 2, "2.5")])),
    ];
    for (path, content) in &files {
        lab.put(path, content.clone()).await;
        read(&lab.deps(), path).await.unwrap();
    }
    // A warehouse, whose marker a publish would write next.
    assert!(published(&lab.deps()).await.unwrap());
    lab.put("user_purchase/2.csv", purchases(&[("1", 1, "9")])).await;
    read(&lab.deps(), "user_purchase/2.csv").await.unwrap();
    let stores = [&mut lab.raw, &mut lab.staging, &mut lab.quarantine];
    let writes: Vec<Arc<_>> = stores.into_iter().map(Away::counting_writes).collect();
    let written = || writes.iter().map(|writes| writes.load(Relaxed)).sum::<u64>();
    let plan = build::plan(&lab.deps(), &Input::default()).await.unwrap();
    assert_eq!(plan.publish.expect("something new").published.rows_respent, 1);
    assert_eq!(written(), 0);
    assert!(published(&lab.deps()).await.unwrap());
    assert!(written() > 0, "a publish writes its marker: the counter counts");
}
