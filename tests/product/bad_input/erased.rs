//! An erased customer stands nowhere but in the vendors' files, and comes back with none of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use rusqlite::{Connection, types::Value};
use serde_json::json;

use super::{
    personal_data::outputs,
    protection_changes::{ages, each_parquet},
};
use crate::{
    common::{
        app::Ran,
        drop::{log, purchases, reviews},
        handler::{get, message, timer},
        ingestion::Ingestion,
        oracle::Oracle,
        parquet::Rows,
        place::Place,
        warehouse::assert_same,
    },
    serve, with_settings,
};

const WHO: i64 = 770_001;
const OTHER: i64 = 2;
const KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
const NEW_KEY: &str = "6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f";
const SETTINGS: &[(&str, &str)] = &[("PII_MODE", "keep"), ("PII_KEY", KEY)];

/// What only the customer has: an address, a number, and a device.
const TRACES: [&str; 4] = ["770001", "7.70.0.1", "770-001-0001", "Kiosk of a shop"];

/// A file of reviews and one of logs, of the customer (an odd id) and of another.
fn drop_reviews(place: &Place, name: &str, first: i64) {
    let theirs = log("2021-04-19", TRACES[3], None);
    let theirs = theirs.replace("9.200.232.57", TRACES[1]).replace("821-540-5777", TRACES[2]);
    let others = log("2021-04-19", "Mobile", None);
    let second = first + 1;
    place.drop(
        &format!("movie_review/{name}.csv"),
        reviews(&[(WHO, "good", first), (OTHER, "good", second)]),
    );
    let logs = format!("id_review,log\n{first},{theirs}\n{second},{others}\n");
    place.drop(&format!("log_reviews/{name}.csv"), logs);
}

fn place() -> Place {
    let place = Place::new();
    drop_reviews(&place, "a", 11);
    let bought = purchases(&[("770001", 2, "2.5"), ("2", 1, "1.25"), ("770001", 0, "x")]);
    place.drop("user_purchase/a.csv", bought);
    place
}

fn call(place: &Place, words: &[&str], settings: &[(&str, &str)]) -> Ran {
    let ran = with_settings(place, words, settings);
    assert!(matches!(ran.code, 0 | 3), "{words:?}: {ran:?}");
    ran
}

fn erase(place: &Place) -> Ran {
    call(place, &["erase", "--customer", "770001", "--json"], SETTINGS)
}

/// Every value of every table.
fn values(warehouse: &Path) -> Vec<Value> {
    let connection = Connection::open(warehouse).unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
    let mut statement = connection.prepare(tables).unwrap();
    let tables = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut values = Vec::new();
    for table in tables.map(Result::unwrap) {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            values.extend((0..columns).map(|column| row.get::<_, Value>(column).unwrap()));
        }
    }
    values
}

/// Where the customer still stands: staged and refused rows, tables, and texts of all files.
fn found(place: &Place, reviews: &[i64]) -> Vec<String> {
    let mut found = Vec::new();
    each_parquet(&place.folder().join("lake"), &mut |file| {
        let rows = Rows::read(file);
        let ids = rows.all_integers();
        if ids.contains(&WHO) || reviews.iter().any(|id| ids.contains(id)) {
            found.push(format!("id in {}", file.display()));
        }
    });
    for value in values(&place.warehouse()) {
        match value {
            Value::Integer(WHO) => found.push("id in a table".to_owned()),
            Value::Text(text) if TRACES.iter().any(|trace| text.contains(trace)) => {
                found.push(format!("{text} in a table"));
            }
            _ => {}
        }
    }
    let mut written = Vec::new();
    outputs(place, &place.folder().join("lake"), &mut written);
    for (name, bytes) in written {
        let holds = |trace: &&str| memchr::memmem::find(&bytes, trace.as_bytes()).is_some();
        found.extend(TRACES.iter().filter(|trace| holds(trace)).map(|t| format!("{t} in {name}")));
    }
    found
}

fn has_said(ran: &Ran) -> bool {
    TRACES.iter().any(|trace| ran.stdout.contains(trace) || ran.stderr.contains(trace))
}

#[test]
fn an_erased_customer_stands_nowhere_after_a_publish_and_a_sweep_and_does_not_come_back() {
    let place = place();
    call(&place, &["run"], SETTINGS);
    assert!(place.facts().keys().any(|grain| grain.customer == WHO));
    assert!(found(&place, &[11]).len() > 5, "a test that finds nothing proves nothing");

    let erased = erase(&place);
    assert!(!has_said(&erased), "{erased:?}");
    let report = &erased.json()["erased"];
    let counts = ["added", "reviews", "logs", "purchases", "refused"].map(|key| &report[key]);
    assert_eq!(counts, [1, 1, 1, 1, 1]);
    assert_eq!(report["restaged"].as_array().unwrap().len(), 3);
    // The publish of the command itself.
    assert!(place.facts().keys().all(|grain| grain.customer == OTHER));
    assert_eq!(place.spend().len(), 1);
    ages(&place);
    call(&place, &["reconcile"], SETTINGS);
    assert_eq!(found(&place, &[11]), [""; 0]);

    // The same files once more, more of them, and one that was erased already.
    drop_reviews(&place, "b", 21);
    place.drop("user_purchase/b.csv", purchases(&[("770001.0", 5, "2.5"), ("2", 3, "1.25")]));
    drop_reviews(&place, "a", 11);
    let ran = call(&place, &["run", "--json"], SETTINGS);
    assert!(!has_said(&ran), "{ran:?}");
    let files = ran.json()["files"].as_array().unwrap().clone();
    // Logs may be read before their reviews are known, and then are read again.
    let rows = files.iter().map(|file| (file["path"].as_str().unwrap(), &file["rows"]));
    let rows: BTreeMap<&str, &serde_json::Value> = rows.collect();
    for path in ["log_reviews/b.csv", "movie_review/b.csv", "user_purchase/b.csv"] {
        assert_eq!(
            (&rows[path]["erased"], &rows[path]["staged"]),
            (&json!(1), &json!(1)),
            "{path}"
        );
    }
    ages(&place);
    call(&place, &["run"], SETTINGS);
    call(&place, &["reconcile"], SETTINGS);
    assert_eq!(found(&place, &[11, 21]), [""; 0]);
    assert!(place.facts().keys().all(|grain| grain.customer == OTHER));

    let again = erase(&place).json();
    assert_eq!(again["erased"]["added"], 0);
    assert_eq!(again["erased"]["restaged"], json!([]), "nothing is left to do");
    assert_eq!(again["files"], json!([]));
}

#[test]
fn what_is_gone_from_raw_is_erased_from_what_was_staged_of_it() {
    let place = place();
    call(&place, &["run"], SETTINGS);
    for feed in ["movie_review", "user_purchase"] {
        fs::remove_file(place.raw().join(format!("{feed}/a.csv"))).unwrap();
    }
    // Refused as a whole, so that the version before still counts.
    place.drop("log_reviews/a.csv", "id_review,log\n1,<x/>\n");
    call(&place, &["run"], SETTINGS);
    erase(&place);
    ages(&place);
    call(&place, &["reconcile"], SETTINGS);
    assert_eq!(found(&place, &[11]), [""; 0]);
    let facts = place.facts();
    assert_eq!(facts.keys().map(|grain| grain.customer).collect::<Vec<_>>(), [OTHER]);
    assert_eq!(place.spend().len(), 1);
    let states = call(&place, &["status", "--json"], SETTINGS).json();
    assert_eq!(states["states"]["rejected"], 1, "the newest version is as wrong as before");
    assert_eq!(erase(&place).json()["erased"]["restaged"], json!([]));
}

#[test]
fn raw_is_rewritten_only_where_that_is_asked_for() {
    let place = place();
    call(&place, &["run"], SETTINGS);
    let read = |path: &str| fs::read_to_string(place.raw().join(path)).unwrap();
    let paths = ["movie_review/a.csv", "log_reviews/a.csv", "user_purchase/a.csv"];
    let before = paths.map(read);
    erase(&place);
    assert_eq!(paths.map(read), before);
    let words = ["erase", "--customer", "770001", "--raw", "--json"];
    let report = call(&place, &words, SETTINGS).json();
    let rewritten = report["erased"]["raw"]["rewritten"].as_array().unwrap();
    let rows = rewritten.iter().map(|file| file[1].as_u64().unwrap()).sum::<u64>();
    assert_eq!((rewritten.len(), rows), (3, 4));
    for (path, before) in paths.into_iter().zip(before) {
        let kept = before.lines().filter(|line| !TRACES.iter().any(|trace| line.contains(trace)));
        assert_eq!(read(path), kept.map(|line| format!("{line}\n")).collect::<String>(), "{path}");
    }
    let oracle = Oracle::of_contents(
        paths.iter().map(|path| ((*path).to_owned(), read(path).into())).collect(),
    );
    assert_same(&place.facts(), &oracle.facts);
    assert_eq!(place.spend(), oracle.spend);
}

#[test]
fn the_list_is_heeded_under_an_old_key_and_by_nobody_without_it() {
    let place = place();
    with_settings(&place, &["run"], &[]);
    let no_key = with_settings(&place, &["erase", "--customer", "1"], &[]).ends_with(2);
    no_key.says("PII_KEY");
    erase(&place);
    drop_reviews(&place, "b", 21);
    for without in [&[][..], &[("PII_KEY", NEW_KEY)]] {
        with_settings(&place, &["run"], without).ends_with(2).says("PII_KEY_OLD");
    }
    let rotated = [("PII_MODE", "hash"), ("PII_KEY", NEW_KEY), ("PII_KEY_OLD", KEY)];
    call(&place, &["run"], &rotated);
    assert!(place.facts().keys().all(|grain| grain.customer == OTHER));
    let status = call(&place, &["status", "--json"], &rotated).json();
    let old_keys = status["erased"]["old_keys"].as_array().unwrap();
    assert_eq!(old_keys.len(), 1, "the list is still under it");
    let customers: BTreeSet<i64> = [WHO, 3].into();
    let list = place.folder().join("list.txt");
    let lines: String = customers.iter().map(|customer| format!("{customer}\n\n")).collect();
    fs::write(&list, lines).unwrap();
    let words = ["erase", "--file", list.to_str().unwrap(), "--json"];
    assert_eq!(call(&place, &words, &rotated).json()["erased"]["added"], 1, "one is known");
    fs::write(&list, "1\nx770001\n").unwrap();
    let wrong = with_settings(&place, &words[..3], &rotated).ends_with(2);
    wrong.says("line 2");
    assert!(!has_said(&wrong), "{wrong:?}");
}

#[test]
fn a_post_erases_and_sends_what_is_to_be_staged_again_to_the_queues() {
    let place = place();
    call(&place, &["run"], SETTINGS);
    let ingestion = Ingestion::start();
    let connection = ingestion.connection_string();
    let sends = [("APPLICATIONINSIGHTS_CONNECTION_STRING", connection.as_str())];
    let handler = serve(&place, &[SETTINGS, &sends].concat());
    let post = |body: &str| {
        let request = json!({
            "Data": { "request": { "Url": "http://localhost:7071/api/erase", "Method": "POST",
                                   "Query": {}, "Headers": {}, "Params": {}, "Body": body } },
            "Metadata": {},
        });
        handler.call("erase", &request, &[]).1
    };
    let answer = post("{\"customers\": [770001]}");
    assert_eq!(answer["Outputs"]["response"]["statusCode"].to_string().trim_matches('"'), "202");
    for queue in ["movieReview", "logReviews", "userPurchase"] {
        let orders = answer["Outputs"][queue].as_array().unwrap();
        assert_eq!(orders.len(), 1, "{queue}");
    }
    for wrong in ["{}", "{\"customers\": []}", "{\"customers\": [\"770001x\"]}"] {
        let answer = post(wrong);
        assert_eq!(
            answer["Outputs"]["response"]["statusCode"].to_string().trim_matches('"'),
            "400"
        );
        assert!(!answer.to_string().contains("770001"), "{answer}");
    }
    let order = json!({ "path": "movie_review/a.csv" }).to_string();
    let (status, _) = handler.call("classify_movie_review", &message(&order, 1), &[]);
    assert_eq!(status, 200);
    let order = json!({ "path": "log_reviews/a.csv" }).to_string();
    assert_eq!(handler.call("parse_log_reviews", &message(&order, 1), &[]).0, 200);
    assert_eq!(handler.call("build_fact_movie_analytics", &timer(), &[]).0, 200);
    let mut said = ["dashboard", "status"]
        .map(|page| handler.call(page, &get(page), &[]).1.to_string())
        .concat();
    assert!(said.contains("Mobile"), "the page shows who is left");
    let (stdout, stderr) = handler.stop();
    said += &[stdout, stderr].concat().join("\n");
    said += &serde_json::Value::from(ingestion.sent()).to_string();
    assert!(said.contains("erase: 1 customer on the list"), "it is sent");
    let told: Vec<_> = TRACES.iter().filter(|trace| said.contains(**trace)).collect();
    assert!(told.is_empty(), "{told:?}");
    // The message for the purchases was lost: what it asked for is found anyway.
    call(&place, &["run"], SETTINGS);
    assert!(place.facts().keys().all(|grain| grain.customer == OTHER));
}
