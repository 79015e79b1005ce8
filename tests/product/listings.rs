//! `refused` and `facts` show rows without any other tool.

use std::{
    fs::{self, File},
    io::Read,
    process::Stdio,
};

use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

use crate::common::{
    app::{Ran, command, movie_analytics},
    drop::{logs, reviews},
    place::Place,
};

/// With three facts, a refused row with a phone number in it, and a rejected file.
fn place() -> Place {
    let place = Place::new();
    let good = reviews(&[(7, "good", 1), (8, "bad", 2), (7, "good", 3)]);
    place.drop("movie_review/a.csv", format!("{good}x,call 821-540-5777,4\n"));
    let days =
        [(1, "2021-04-19", "Mobile"), (2, "2021-04-19", "Tablet"), (3, "2021-04-20", "Mobile")];
    place.drop("log_reviews/a.csv", logs(&days));
    place.drop("log_reviews/b.csv", "no,such\n1,2\n");
    place.call("run").ends_with(3);
    place
}

fn facts(place: &Place, more: &[&str]) -> Ran {
    let warehouse = place.warehouse_option();
    let args = ["facts", "--warehouse", &warehouse];
    movie_analytics(place.folder(), &[&args[..], more].concat()).ends_with(0)
}

fn refused(place: &Place, more: &[&str]) -> Vec<Value> {
    let args = [&["refused"], more, &["--format", "json"]].concat();
    let rows = place.call_with(&args).ends_with(0).json();
    rows.as_array().unwrap().clone()
}

/// As `| head` does: more is written than a pipe holds.
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let place = Place::new();
    let ids = 0..3_000;
    let rows: Vec<_> = ids.clone().map(|id| (id, "good", id)).collect();
    place.drop("movie_review/a.csv", reviews(&rows));
    let rows: Vec<_> = ids.map(|id| (id, "2021-04-19", "Mobile")).collect();
    place.drop("log_reviews/a.csv", logs(&rows));
    place.run();
    for format in ["csv", "json"] {
        let warehouse = place.warehouse_option();
        let args = ["facts", "--warehouse", &warehouse, "--format", format];
        let mut facts = command(place.folder(), &args);
        facts.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut facts = facts.spawn().unwrap();
        facts.stdout.take().unwrap().read_exact(&mut [0; 100]).unwrap();
        let ended = facts.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{format}");
        assert_eq!(ended.status.code(), Some(0), "{format}");
    }
}

#[test]
fn refused_rows_and_rejected_files_are_listed_with_protected_texts() {
    let place = place();
    let all = refused(&place, &[]);
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(
        (&all[0]["file"], &all[0]["reason"]),
        (&json!("log_reviews/b.csv"), &json!("missing_column"))
    );
    assert!(all[0]["detail"].as_str().unwrap().contains("missing: expected id_review,log"));
    let row = &all[1];
    assert_eq!((&row["line"], &row["column"]), (&json!(5), &json!("cid")));
    assert_eq!(row["detail"], json!("expected a whole number such as 17850"));
    let text = row["text"].as_str().unwrap();
    assert_eq!(text, "#,#### ###-###-####,#");
    let table = place.call_with(&["refused"]).ends_with(0).stdout;
    assert!(table.contains("movie_review/a.csv") && table.contains("not_an_integer"), "{table}");
    let csv = place.call_with(&["refused", "--format", "csv"]).ends_with(0).stdout;
    assert!(csv.starts_with("file,reason,column,detail,text,line\n"), "{csv}");
}

#[test]
fn refused_is_narrowed_by_file_folder_or_reason_and_an_unknown_word_is_wrong() {
    let place = place();
    for (word, rows) in [
        ("movie_review/a.csv", 1),
        ("raw/movie_review", 1),
        ("log_reviews/b.csv", 1),
        ("missing_column", 1),
        ("not_an_integer", 1),
        ("bad_date", 0),
    ] {
        assert_eq!(refused(&place, &[word]).len(), rows, "{word}");
    }
    place.call_with(&["refused", "movie_review/c.csv"]).ends_with(2).says("is no reason");
    let clean = Place::new();
    let said = clean.call_with(&["refused"]).ends_with(0).stdout;
    assert_eq!(said, "nothing is refused\n");
}

#[test]
fn facts_are_shown_in_every_format_with_exact_amounts() {
    let place = place();
    let csv = facts(&place, &["--format", "csv"]).stdout;
    let mut lines = csv.lines();
    let header = "log_date,device,os,location,browser,insert_date,customerid,amount_spent,\
                  review_score,review_count";
    assert_eq!(lines.next(), Some(header));
    let first = lines.next().unwrap();
    assert!(
        first.starts_with("2021-04-19,Mobile,") && first.ends_with(",7,0.00000,1,1"),
        "{first}"
    );
    assert_eq!(lines.count(), 2);
    let json = facts(&place, &["--format", "json"]).json();
    assert_eq!(json.as_array().unwrap().len(), 3);
    assert_eq!((&json[1]["customerid"], &json[1]["review_score"]), (&json!(8), &json!(0)));
    assert!(facts(&place, &[]).stdout.contains("2021-04-20"));
    let file = place.folder().join("facts.parquet");
    facts(&place, &["--format", "parquet", "--output", file.to_str().unwrap()]);
    let parquet = SerializedFileReader::new(File::open(&file).unwrap()).unwrap();
    assert_eq!(parquet.metadata().file_metadata().num_rows(), 3);
}

#[test]
fn facts_are_narrowed_by_day_and_customer() {
    let place = place();
    let rows = |more: &[&str]| {
        facts(&place, &[more, &["--format", "json"]].concat()).json().as_array().unwrap().len()
    };
    assert_eq!(rows(&["--day", "2021-04-19"]), 2);
    assert_eq!(rows(&["--from", "2021-04-20"]), 1);
    assert_eq!(rows(&["--to", "2021-04-19", "--customer", "7"]), 1);
    assert_eq!(rows(&["--customer", "9"]), 0);
    let warehouse = place.warehouse_option();
    let turned = ["facts", "--warehouse", &warehouse, "--from", "2021-04-20", "--to", "2021-04-19"];
    movie_analytics(place.folder(), &turned).ends_with(2).says("is after the last day");
}

#[test]
fn a_warehouse_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    movie_analytics(folder.path(), &["facts", "--warehouse", "sqlite:w.db"]).ends_with(2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
