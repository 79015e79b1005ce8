//! A drop of vendor files becomes exactly the facts that an independent computation finds.

use std::collections::BTreeMap;

use crate::{
    common::{
        drop::{log, logs, purchases, reviews},
        oracle::{FileRows, Oracle},
        place::Place,
        warehouse::{assert_same, insert_dates},
    },
    with_settings,
};
use movie_analytics::sample::Sample;
use serde_json::{Value, json};

fn small(days: u32, dirty: bool) -> Sample {
    Sample { reviews: 150 * u64::from(days), purchases: 1_500, days, dirty, ..Sample::default() }
}

/// Rows of each file as the report has them.
fn rows_of(report: &Value) -> BTreeMap<String, FileRows> {
    let files = report["files"].as_array().expect("files");
    let rows = |file: &Value| {
        let rows = &file["rows"];
        let refused = rows.get("refused_by_reason").and_then(Value::as_object);
        let count = |value: &Value| value.as_u64().expect("a count");
        let by_reason = refused.into_iter().flatten().map(|(r, n)| (r.clone(), count(n))).collect();
        let sum = count(&rows["staged"]) + count(&rows["refused"]) + count(&rows["duplicate"]);
        assert_eq!(count(&rows["read"]), sum, "{file}");
        let (read, duplicate) = (count(&rows["read"]), count(&rows["duplicate"]));
        FileRows { read, duplicate, refused: by_reason }
    };
    let path = |file: &Value| file["path"].as_str().expect("a path").to_owned();
    files.iter().map(|file| (path(file), rows(file))).collect()
}

/// The report tells the numbers that the oracle has counted.
fn assert_reported(report: &Value, oracle: &Oracle) {
    assert_eq!(rows_of(report), oracle.files, "rows of the files");
    let summary = &report["summary"];
    assert_eq!(summary["facts"], json!(oracle.facts.len()));
    assert_eq!(summary["reviews"], json!(oracle.matched));
    assert_eq!(summary["unmatched_logs"], json!(oracle.unmatched));
}

#[test]
fn a_dirty_week_of_daily_files_becomes_the_facts_of_the_oracle() {
    let place = Place::new();
    Sample::default().write(&place.raw()).unwrap();
    let oracle = place.oracle();
    let refused = |reason| oracle.files.values().any(|file| file.refused.contains_key(reason));
    let reasons = "bad_date bad_number field_count malformed_record malformed_xml missing_element \
                   missing_value not_an_integer";
    for reason in reasons.split(' ') {
        assert!(refused(reason), "the sample has no row to refuse as {reason}");
    }
    assert!(oracle.files.values().any(|file| file.duplicate > 0) && oracle.unmatched > 0);
    let report = place.run();
    assert_reported(&report, &oracle);
    place.holds(&oracle);
}

#[test]
fn one_file_of_each_kind_gives_the_same_facts_as_clean_daily_files() {
    let (single, daily) = (Place::new(), Place::new());
    let sample = small(5, false);
    sample.write_single(&single.raw()).unwrap();
    sample.write(&daily.raw()).unwrap();
    let oracle = single.oracle();
    assert!(oracle.files.values().all(|file| file.refused.is_empty()), "{:?}", oracle.files);
    assert_reported(&single.run(), &oracle);
    single.holds(&oracle);
    daily.run();
    daily.holds(&oracle);
}

#[test]
fn a_second_run_changes_nothing_and_reads_no_file() {
    let place = Place::new();
    small(3, true).write(&place.raw()).unwrap();
    let first = place.run();
    let warehouse = place.folder().join("warehouse.db");
    let (facts, dates) = (place.facts(), insert_dates(&warehouse));
    let second = place.run();
    assert_eq!(second["files"], json!([]));
    assert_eq!(second["files_covered"], json!(7));
    assert_eq!(second["publish"], Value::Null);
    for counter in ["files_read", "parquet_files_read", "days_rebuilt", "rows_written"] {
        assert_eq!(second["work"][counter], json!(0), "{counter}");
    }
    assert_eq!(second["summary"], first["summary"]);
    assert_same(&place.facts(), &facts);
    assert_eq!(insert_dates(&warehouse), dates);
}

/// A run that takes other customers of known reviews.
fn run(place: &Place) -> Value {
    with_settings(place, &["run", "--json"], &[("MAX_CUSTOMER_CHANGES", "1")]).ends_with(0).json()
}

#[test]
fn of_an_id_in_two_files_the_greater_path_wins_whichever_arrives_last() {
    let early = reviews(&[(1, "dull", 1), (2, "good one", 2)]);
    let late = reviews(&[(9, "good after all", 1)]);
    let log_early = logs(&[(1, "2021-04-19", "Mobile"), (2, "2021-04-19", "Mobile")]);
    let log_late = logs(&[(1, "2021-04-20", "Tablet")]);
    for late_first in [true, false] {
        let place = Place::new();
        let days = [("2021-04-20", &late, &log_late), ("2021-04-19", &early, &log_early)];
        let mut order = days.to_vec();
        if !late_first {
            order.reverse();
        }
        for (day, reviews, logs) in order {
            place.drop(&format!("movie_review/{day}/movie_review.csv"), reviews);
            place.drop(&format!("log_reviews/{day}/log_reviews.csv"), logs);
            run(&place);
        }
        place.holds(&place.oracle());
        let customers: Vec<i64> = place.facts().keys().map(|grain| grain.customer).collect();
        assert_eq!(customers, [2, 9]);
    }
}

#[test]
fn restated_purchases_build_no_day_again() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(4, "dull", 1), (2, "good now", 2)]));
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile"), (2, "2021-04-20", "TV")]));
    place.drop("user_purchase/a.csv", purchases(&[("1", 3, "1.05"), ("3", 1, "20")]));
    place.run();
    place.drop("user_purchase/a.csv", purchases(&[("2", -2, "0.125"), ("4", 7, "1.10")]));
    let report = place.run();
    assert_eq!(report["work"]["days_rebuilt"], json!(0));
    assert_eq!(report["publish"]["rows_respent"], json!(2));
    place.holds(&place.oracle());
    assert_eq!(place.spend(), BTreeMap::from([(2, -250), (4, 7_700)]));
}

#[test]
fn one_more_day_works_on_that_day_only() {
    let place = Place::new();
    let all = Place::new();
    let sample = Sample { days: 21, reviews: 4_200, ..small(21, false) };
    let files = sample.write(&all.raw()).unwrap();
    let is_last = |path: &String| path.contains("2021-05-09");
    let (last, before): (Vec<String>, Vec<String>) = files.into_iter().partition(is_last);
    assert_eq!((before.len(), last.len()), (41, 2));
    place.drop_from(&all.raw(), &before);
    place.run();
    let dates = insert_dates(&place.folder().join("warehouse.db"));
    place.drop_from(&all.raw(), &last);
    let report = place.run();
    let oracle = place.oracle();
    place.holds(&oracle);
    let of_day = oracle.facts.keys().filter(|grain| grain.day == "2021-05-09").count();
    let work = &report["work"];
    assert_eq!(report["files_covered"], json!(41));
    assert_eq!(work["files_read"], json!(2));
    assert_eq!(work["days_rebuilt"], json!(1));
    assert_eq!(work["rows_written"], json!(of_day));
    assert_eq!(report["publish"]["rows_respent"], json!(0));
    // The two new files, and those of the day before, whose ids reach into the new log file;
    // each may be looked at for its ids first and for its rows then.
    let opened = work["parquet_files_read"].as_u64().unwrap();
    assert!(opened <= 10, "{opened} staged files of 43 were opened for one more day");
    let now = insert_dates(&place.folder().join("warehouse.db"));
    assert_eq!(now.len(), dates.len() + of_day);
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let all = Place::new();
    let files = small(4, true).write(&all.raw()).unwrap();
    let oracle = all.oracle();
    let backwards: Vec<String> = files.iter().rev().cloned().collect();
    let mut by_kind = files.clone();
    by_kind.sort_by_key(|path| (!path.starts_with("user"), path.starts_with("movie")));
    for (order, files) in [(&files, 2), (&backwards, 3), (&by_kind, 4)] {
        let place = Place::new();
        for paths in order.chunks(files) {
            place.drop_from(&all.raw(), paths);
            place.run();
        }
        place.holds(&oracle);
    }
}

#[test]
fn a_rebuild_in_a_new_warehouse_gives_the_same_facts() {
    let place = Place::new();
    let sample = small(3, true);
    sample.write(&place.raw()).unwrap();
    place.run();
    place.drop("movie_review/2021-04-20/movie_review.csv", reviews(&[(1, "good", 1_160)]));
    run(&place);
    let (facts, spend) = (place.facts(), place.spend());
    let place = place.with_new_warehouse();
    let report = run(&place);
    assert_eq!(report["files"], json!([]), "what is staged is not read again");
    assert_same(&place.facts(), &facts);
    assert_eq!(place.spend(), spend);
    place.holds(&place.oracle());
}

#[test]
fn purchases_of_all_files_add_up_and_some_customers_have_none() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(17_850, "good", 1), (5, "dull", 2)]));
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile"), (2, "2021-04-19", "TV")]));
    let rows = [("17850", 6, "2.55"), ("17850.0", -1, "0.001"), ("", 100, "9"), ("8", 1, "-3")];
    place.drop("user_purchase/a.csv", purchases(&rows));
    place.drop("user_purchase/b/more.csv", purchases(&[("17850", 1, "4")]));
    place.run();
    place.holds(&place.oracle());
    assert_eq!(place.spend(), BTreeMap::from([(8, -3_000), (17_850, 19_299)]));
    let amounts: Vec<i128> = place.facts().values().map(|fact| fact.amount_milli).collect();
    assert_eq!(amounts, [0, 19_299]);
}

#[test]
fn an_absent_browser_is_unknown_and_a_named_one_is_kept() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1), (1, "dull", 2), (1, "dull", 3)]));
    let row = |id, browser| format!("{id},{}\n", log("2021-04-19", "Mobile", browser));
    let rows = [row(1, None), row(2, Some("Opera")), row(3, Some(""))];
    place.drop("log_reviews/a.csv", format!("id_review,log\n{}", rows.concat()));
    place.run();
    let facts = place.facts();
    let counts: Vec<(&str, i64)> =
        facts.iter().map(|(g, m)| (g.text("browser"), m.count)).collect();
    assert_eq!(counts, [("Opera", 1), ("Unknown", 2)]);
}

/// `cp -p`, `rsync -t --inplace`, `tar -x`: the copy keeps size and time of what it overwrites.
#[cfg(target_os = "linux")]
#[test]
fn a_restated_file_of_the_same_size_and_time_is_read() {
    for (path, from, to) in [
        ("movie_review/a.csv", "good", "evil"),
        ("log_reviews/a.csv", "Mobile", "Tablet"),
        ("user_purchase/a.csv", "2.5", "1.5"),
    ] {
        let place = Place::new();
        place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
        place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
        place.drop("user_purchase/a.csv", purchases(&[("1", 2, "2.5")]));
        place.run();
        let file = place.raw().join(path);
        let time = std::fs::metadata(&file).unwrap().modified().unwrap();
        let text = std::fs::read_to_string(&file).unwrap().replace(from, to);
        // Into the same inode.
        std::fs::write(&file, text).unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        let report = place.run();
        assert_eq!(report["files"].as_array().map(Vec::len), Some(1), "{path}: {report}");
        place.holds(&place.oracle());
        assert!(place.run()["publish"].is_null(), "{path}");
    }
}
