//! `check` reads vendors' files without a lake and says what the app would do with them.

use std::{fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::common::{
    app::{Ran, command, movie_analytics},
    drop::{logs, reviews},
    place::Place,
};

/// What `check` says of a file of this name and content, alone in a folder.
fn check(name: &str, content: impl AsRef<[u8]>, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
    let ran = movie_analytics(folder.path(), &[&["check", name], more].concat());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is made beside the file: {left:?}");
    ran
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn good_files_of_each_dataset_are_told_by_their_header_and_exit_with_0() {
    let purchases = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n\
                     1,A,B,1,2010-12-01,2.55,,EIRE\n";
    for (content, dataset) in [
        (reviews(&[(1, "good", 1)]), "classified_movie_review"),
        (logs(&[(1, "2021-04-19", "Mobile")]), "review_logs"),
        (purchases.to_owned(), "user_purchase"),
    ] {
        for (name, content) in
            [("a.csv", content.clone().into_bytes()), ("a.CSV.gz", gzip(&content))]
        {
            let report = check(name, content, &["--json"]).ends_with(0).json();
            let file = &report["files"][0];
            assert_eq!((&file["dataset"], &file["outcome"]), (&json!(dataset), &json!("accepted")));
            assert_eq!(file["rows"]["staged"], json!(1), "{file}");
        }
    }
}

#[test]
fn a_refused_row_is_shown_with_line_column_reason_form_and_protected_text() {
    let content =
        "cid,review_str,id_review\n1,fine,1\n2,fine,2\n3,fine,3\nx77,call 821-540-5777,4\n";
    let ran = check("reviews.csv", content, &[]).ends_with(3);
    for word in [
        "reviews.csv: accepted, movie_review",
        "4 rows: 3 staged, 1 refused, 0 duplicate",
        "line 5, cid: not_an_integer, expected a whole number such as 17850",
    ] {
        assert!(ran.stdout.contains(word), "`{word}` is missing: {ran:?}");
    }
    assert!(!ran.stdout.contains("5777"), "personal data are shown: {ran:?}");
}

#[test]
fn a_rejected_file_exits_with_3_and_says_what_to_do() {
    for (name, content, words) in [
        ("a.csv", "cid;review_str;id_review\n1;x;1\n", "separated by semicolons"),
        ("a.csv", "cid,id_review\n1,1\n", "column review_str missing"),
        ("a.csv.gz", "cid,review_str,id_review\n1,x,1\n", "bad_gzip"),
        ("a.csv", "a,b\n1,2\n", "its header has no column of any dataset"),
        ("a.txt", "cid,review_str,id_review\n1,x,1\n", "send it as `movie_review/a.csv`"),
        ("_a.csv", "cid,review_str,id_review\n1,x,1\n", "are ignored"),
        ("movie_review/a.csv", "id_review,log\n1,x\n", "column"),
    ] {
        let ran = check(name, content, &[]).ends_with(3);
        assert!(ran.stdout.contains(words), "`{words}` is missing: {ran:?}");
    }
}

#[test]
fn the_option_wins_over_folder_and_header() {
    let ran =
        check("log_reviews/a.csv", reviews(&[(1, "good", 1)]), &["--dataset", "movie_review"]);
    ran.ends_with(0);
}

#[test]
fn what_check_says_is_what_a_run_does() {
    let place = Place::new();
    let content =
        format!("{}x,y,9\n", reviews(&[(1, "a", 1), (2, "b", 2), (3, "c", 3), (4, "d", 2)]));
    place.drop("movie_review/a.csv", &content);
    let ran = place.call("run").ends_with(0).json()["files"][0]["rows"].clone();
    let checked = check("a.csv", &content, &["--json"]).ends_with(3).json();
    assert_eq!(checked["files"][0]["rows"], ran);
}

#[test]
fn a_file_that_is_not_there_is_an_error_and_none_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    movie_analytics(folder.path(), &["check", "a.csv"]).ends_with(1).says("cannot read a.csv");
    movie_analytics(folder.path(), &["check"]).ends_with(2).says("<FILE>");
}

#[test]
fn settings_of_reading_hold_for_check_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.csv"), logs(&[(1, "2021-04-19", "Mobile")])).unwrap();
    let check = |from: &str| -> Ran {
        let mut check = command(folder.path(), &["check", "a.csv"]);
        check.env("DATES_FROM", from).output().unwrap().into()
    };
    check("2021-01-01").ends_with(0);
    assert!(check("2022-01-01").ends_with(3).stdout.contains("a day from 2022-01-01"));
}

#[test]
fn the_contract_names_every_column_that_a_good_file_has() {
    let print = |more: &[&str]| -> Value {
        movie_analytics(Path::new("."), &[&["check", "--contract"], more].concat())
            .ends_with(0)
            .json()
    };
    let contract = print(&[]);
    for (dataset, header) in [
        ("movie_review", "cid,review_str,id_review"),
        ("log_reviews", "id_review,log"),
        (
            "user_purchase",
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        ),
    ] {
        let required = &contract["$defs"][dataset]["required"];
        assert_eq!(*required, json!(header.split(',').collect::<Vec<_>>()));
    }
    let log = &contract["$defs"]["log_reviews"]["properties"]["log"]["x-elements"];
    assert_eq!(log["required"], json!(["logDate", "device", "os", "location"]));
    assert!(contract["x-refused-rows"]["not_an_integer"].is_string());
    let one = print(&["--dataset", "log_reviews"]);
    assert_eq!(one["$defs"].as_object().unwrap().len(), 1);
}
