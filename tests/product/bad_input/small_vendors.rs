//! What small and careless vendors send: nothing of it becomes a wrong fact without a word.

use serde_json::{Value, json};

use crate::{
    common::{
        drop::{log, logs, purchases, reviews},
        place::Place,
    },
    with_settings,
};

const REVIEWS: &str = "movie_review/d.csv";
const LOGS: &str = "log_reviews/d.csv";
const PURCHASES: &str = "user_purchase/d.csv";
const DAY: &str = "2021-04-19";

/// Good files of so many rows each.
fn place(rows: i64) -> Place {
    let place = Place::new();
    let ids = || 1..=rows;
    place.drop(REVIEWS, reviews(&ids().map(|id| (id % 7, "good", id)).collect::<Vec<_>>()));
    place.drop(LOGS, logs(&ids().map(|id| (id, DAY, "Mobile")).collect::<Vec<_>>()));
    place.drop(PURCHASES, purchases(&ids().map(|_| ("1", 2, "1.25")).collect::<Vec<_>>()));
    place.run();
    place
}

/// The good file with the first rows spoilt.
fn spoilt(place: &Place, path: &str, rows: usize, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(place.raw().join(path)).unwrap();
    let (header, lines) = text.split_once('\n').unwrap();
    let lines = lines.lines().enumerate().map(|(n, line)| match n < rows {
        true => line.replacen(from, to, 1) + "\n",
        false => line.to_owned() + "\n",
    });
    format!("{header}\n{}", lines.collect::<String>())
}

/// How each kind of file is spoilt, and the line that tells so.
const SPOILT: [(&str, &str, &str, &str); 4] = [
    (REVIEWS, ",", "x,", "line 2, cid: not_an_integer, expected a whole number"),
    (LOGS, "04-19-2021", "2021-04-19", "line 2, logDate: bad_date, expected MM-dd-yyyy"),
    (LOGS, "04-19-2021", "04-19-21", "line 2, logDate: bad_date, expected a year of four digits"),
    (PURCHASES, "/2010 ", "/10 ", "line 2, InvoiceDate: bad_date, expected a year of four digits"),
];

/// Restates files so and expects that they are rejected, told, and change nothing.
fn rejects(rows: i64, bad: usize) {
    for (path, from, to, told) in SPOILT {
        let place = place(rows);
        let (facts, spend) = (place.facts(), place.spend());
        place.drop(path, spoilt(&place, path, bad, from, to));
        let ran = place.call("run").ends_with(3);
        let report = ran.json();
        let file = &report["files"][0];
        let what = format!("{path}, {bad} of {rows}: {file}");
        assert_eq!(
            (&file["outcome"], &file["reason"]),
            (&json!("rejected"), &json!("too_many_refused")),
            "{what}"
        );
        assert!(file["detail"].as_str().unwrap().contains(told), "{what}");
        assert_eq!((place.facts(), place.spend()), (facts, spend), "{what}");
        let status = place.call("status").json();
        let refused = status["datasets"].as_array().unwrap().iter();
        let refused: Vec<&Value> = refused.flat_map(|d| d["refused"].as_array().unwrap()).collect();
        assert_eq!((refused.len(), &refused[0]["path"]), (1, &json!(path)));
        let first = refused[0]["first_rows"].as_array().unwrap();
        assert_eq!((first.len(), &first[0]["line"]), (bad.min(5), &json!(2)));
        let text = place.call_with(&["status"]).stdout;
        assert!(text.contains(told), "{text}");
        // Staged again, it is rejected again.
        place.call_with(&["replay", path]).ends_with(3);
        assert_eq!(place.facts().len(), status["summary"]["facts"].as_u64().unwrap() as usize);
    }
}

#[test]
fn a_restatement_without_a_good_row_is_rejected_at_any_size_and_changes_nothing() {
    [1, 3, 99].iter().for_each(|rows| rejects(*rows, *rows as usize));
}

#[test]
fn a_restatement_that_loses_most_of_its_rows_to_refusals_is_rejected_however_small() {
    for (rows, bad) in [(3, 2), (5, 3), (10, 4), (99, 60)] {
        rejects(rows, bad);
    }
}

#[test]
fn a_few_bad_rows_among_more_good_ones_are_left_out_and_told() {
    for (path, from, to, told) in SPOILT {
        let place = place(8);
        place.drop(path, spoilt(&place, path, 2, from, to));
        let report = place.call("run").ends_with(0).json();
        assert_eq!(
            (&report["files"][0]["rows"]["staged"], &report["files"][0]["rows"]["refused"]),
            (&json!(6), &json!(2))
        );
        let text = place.call_with(&["status"]).ends_with(0).stdout;
        assert!(text.contains(told), "{text}");
    }
}

/// Purchases of customer 1 on these dates.
fn on(dates: &[&str]) -> String {
    let rows = dates.iter().map(|date| format!("1,A,x,1,{date},1,1,F\n"));
    purchases(&[]) + &rows.collect::<String>()
}

#[test]
fn day_first_purchases_are_rejected_and_doubtful_files_named_until_the_setting_says_so() {
    let [open, sure, shows] =
        ["open", "sure", "shows"].map(|name| format!("user_purchase/{name}.csv"));
    for day_first in ["31/12/2010 8:26", "1/12/2010 8:26|25/12/2010 8:26", "2010-12-01|13/1/2011"] {
        let place = Place::new();
        place.drop(&open, on(&["01/12/2010 08:26", "2/12/2010 8:26"]));
        place.drop(&sure, on(&["2010-12-01 08:26", "5/5/2010 8:26"]));
        place.run();
        let named = |setting: &[(&str, &str)]| {
            let status = with_settings(&place, &["status", "--json"], setting).json();
            status["datasets"][2]["open_dates"].clone()
        };
        let nothing_shown = json!({"read": "month-first", "files": [open]});
        assert_eq!(named(&[]), nothing_shown);
        place.drop(&shows, on(&day_first.split('|').collect::<Vec<_>>()));
        let report = place.call("run").ends_with(3).json();
        assert_eq!(report["files"][0]["reason"], "date_order", "{report}");
        let detail = report["files"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("set PURCHASE_DATE_ORDER=day-first"), "{detail}");
        let expected = json!({"read": "month-first", "shown_by": shows, "files": [open]});
        assert_eq!(named(&[]), expected);
        let text = place.call_with(&["status"]).stdout;
        let told = format!("but {shows} fits day-first only: check PURCHASE_DATE_ORDER");
        assert!(text.contains(&told) && text.contains(&open), "{text}");
        // The setting stages all purchases again.
        let setting = [("PURCHASE_DATE_ORDER", "day-first")];
        let report = with_settings(&place, &["run", "--json"], &setting).ends_with(0).json();
        assert_eq!(report["files"].as_array().unwrap().len(), 3);
        assert_eq!(named(&setting), Value::Null);
        assert_eq!(place.spend()[&1], 1_000 * (4 + day_first.split('|').count() as i128));
    }
}

#[test]
fn doubtful_dates_are_no_doubt_where_another_file_shows_the_order_of_the_setting() {
    for (setting, shows) in [("month-first", "12/31/2010 8:26"), ("day-first", "31/12/2010 8:26")] {
        let place = Place::new();
        place.drop("user_purchase/a.csv", on(&["01/12/2010 08:26"]));
        place.drop("user_purchase/b.csv", on(&[shows]));
        let setting = [("PURCHASE_DATE_ORDER", setting)];
        with_settings(&place, &["run"], &setting).ends_with(0);
        let status = with_settings(&place, &["status", "--json"], &setting).json();
        assert_eq!(status["datasets"][2]["open_dates"], Value::Null);
    }
}

#[test]
fn a_change_of_the_window_of_dates_stages_the_files_that_it_concerns_again() {
    let soon = chrono::Utc::now().date_naive() + chrono::TimeDelta::days(9);
    let place = Place::new();
    place.drop(REVIEWS, reviews(&[(1, "good", 1), (1, "good", 2), (1, "good", 3)]));
    let late = soon.format("%Y-%m-%d").to_string();
    place.drop(LOGS, logs(&[(1, DAY, "TV"), (2, &late, "TV"), (3, "1991-04-19", "TV")]));
    place.drop(PURCHASES, purchases(&[("1", 2, "1.25")]));
    let days = |settings: &[(&str, &str)]| {
        let report = with_settings(&place, &["run", "--json"], settings).ends_with(0).json();
        let days = place.facts().keys().map(|grain| grain.day.clone()).collect::<Vec<_>>();
        (days, report["files"].as_array().unwrap().len())
    };
    assert_eq!(days(&[]), (vec!["1991-04-19".to_owned(), DAY.to_owned()], 3));
    let all = vec!["1991-04-19".to_owned(), DAY.to_owned(), late.clone()];
    assert_eq!(days(&[("DATES_TO", &late)]), (all, 2));
    let narrow = [("DATES_FROM", "2000-01-01"), ("DATES_TO", "2021-04-19")];
    let (found, read) = days(&[narrow[0], ("DATES_TO", &late)]);
    assert_eq!((found, read), (vec![DAY.to_owned(), late], 2));
    assert_eq!(days(&[]), (vec!["1991-04-19".to_owned(), DAY.to_owned()], 2));
}

#[test]
fn texts_of_a_dimension_that_differ_in_case_or_blanks_alone_are_listed_in_status() {
    let place = Place::new();
    let devices = ["Mobile", "mobile", "MOBILE", "Smart TV", "Smart\u{a0}TV", "Tablet"];
    let rows: Vec<_> = devices.iter().zip(1..).collect();
    place.drop(REVIEWS, reviews(&rows.iter().map(|(_, id)| (1, "good", *id)).collect::<Vec<_>>()));
    place.drop(LOGS, logs(&rows.iter().map(|(text, id)| (*id, DAY, **text)).collect::<Vec<_>>()));
    place.run();
    let status = place.call("status").ends_with(0).json();
    let expected = json!([
        {"dimension": "device", "texts": ["MOBILE", "Mobile", "mobile"]},
        {"dimension": "device", "texts": ["Smart TV", "Smart\u{a0}TV"]},
    ]);
    assert_eq!(status["summary"]["variants"], expected);
    let text = place.call_with(&["status"]).stdout;
    assert!(
        text.contains("device is written in several ways: `MOBILE`, `Mobile`, `mobile`"),
        "{text}"
    );
}

#[test]
fn browsers_come_from_the_operating_system_where_the_setting_has_it_and_go_with_the_setting() {
    let place = Place::new();
    place.drop(REVIEWS, reviews(&[(1, "good", 1), (2, "good", 2), (3, "good", 3)]));
    let with_os =
        |os: &str, browser| log(DAY, "TV", browser).replace("<os>Linux", &format!("<os>{os}"));
    let rows =
        [with_os("Apple iOS", None), with_os("Linux", None), with_os("Apple iOS", Some("Edge"))];
    let rows: String = rows.iter().zip(1..).map(|(log, id)| format!("{id},{log}\n")).collect();
    place.drop(LOGS, format!("id_review,log\n{rows}"));
    let nth = pipeline::dimensions::place("browser");
    let browsers = |settings: &[(&str, &str)]| {
        with_settings(&place, &["run"], settings).ends_with(0);
        let browser = |grain: &crate::common::warehouse::Grain| grain.texts[nth].clone();
        place.facts().keys().map(browser).collect::<Vec<_>>()
    };
    assert_eq!(browsers(&[]), ["Unknown", "Unknown", "Edge"]);
    let list = [("BROWSER_BY_OS", "Apple iOS=Safari;Android=Chrome")];
    assert_eq!(browsers(&list), ["Safari", "Unknown", "Edge"]);
    assert_eq!(browsers(&[("BROWSER_BY_OS", "Linux=Firefox")]), ["Unknown", "Firefox", "Edge"]);
    assert_eq!(browsers(&[]), ["Unknown", "Unknown", "Edge"]);
}
