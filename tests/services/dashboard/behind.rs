//! The pages behind the numbers: the data dictionary, and what was refused.

use std::fs;

use serde_json::{Value, json};
use warehouse::dictionary;

use super::{Demo, Served};
use crate::common::{
    app::movie_analytics,
    drop,
    handler::{self, Handler},
    place::Place,
};

/// Status, content type and body.
async fn get(served: &Served, path: &str) -> (u16, String, String) {
    let answer = reqwest::get(format!("{}{path}", served.origin)).await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

#[tokio::test]
async fn the_dictionary_explains_every_column_and_reason() {
    let demo = Demo::start();
    let (status, _, page) = get(&demo.served, "/dashboard/dictionary").await;
    assert_eq!(status, 200);
    for dictionary::Table { name, columns, .. } in dictionary::tables() {
        assert!(page.contains(&format!("<h2>{name}</h2>")), "{name}");
        for column in columns {
            assert!(page.contains(&format!("<code>{}</code>", column.name)), "{}", column.name);
            assert!(page.contains(&column.about), "{}", column.about);
        }
    }
    for word in ["review_str", "logDate", "CustomerID", "not_an_integer"] {
        assert!(page.contains(&format!("<code>{word}</code>")), "{word}");
    }
    let (_, kind, json) = get(&demo.served, "/dashboard/dictionary?format=json").await;
    assert_eq!(kind, "application/json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["name"], "fact_movie_analytics");
    assert_eq!(json[0]["columns"][0]["kind"], "whole");
    assert_eq!(json.as_array().unwrap().len(), dictionary::tables().len());
    assert_eq!(get(&demo.served, "/dashboard/other").await.0, 404);
}

#[tokio::test]
async fn what_was_refused_is_listed_as_the_command_lists_it() {
    let demo = Demo::start();
    let (_, _, page) = get(&demo.served, "/").await;
    assert!(page.contains("href=\"dashboard/refused\""));
    let lake = format!("file:{}", demo.folder.path().join("demo/lake").display());
    let warehouse = format!("sqlite:{}", demo.warehouse().display());
    let command = |words: &[&str]| {
        let places = ["--lake", &lake, "--warehouse", &warehouse];
        let args: Vec<&str> = ["refused"].iter().chain(words).chain(&places).copied().collect();
        movie_analytics(demo.folder.path(), &args).ends_with(0).stdout
    };
    // Rows of purchases name customers, so that the page has them without their texts.
    let all = |words: &[&str]| -> Vec<Value> {
        let said = command(&[words, &["--format", "json"]].concat());
        let mut rows: Vec<Value> = serde_json::from_str(&said).unwrap();
        let purchases = |row: &&mut Value| row["file"].as_str().unwrap().contains("purchase");
        rows.iter_mut().filter(purchases).for_each(|row| row["text"] = Value::Null);
        rows
    };
    let listed = async |query: &str| -> Vec<Value> {
        let query = format!("/dashboard/refused?format=json{query}");
        serde_json::from_str(&get(&demo.served, &query).await.2).unwrap()
    };
    let everything = listed("").await;
    assert_eq!(everything, all(&[]));
    let texts = everything.iter().filter(|row| row["text"].is_string()).count();
    assert!(texts > 3 && texts < everything.len(), "{everything:?}");
    let reason = everything[0]["reason"].as_str().unwrap();
    let of_reason = listed(&format!("&of={reason}")).await;
    assert_eq!(of_reason, all(&[reason]));
    assert!(of_reason.len() < everything.len() && !of_reason.is_empty(), "{everything:?}");
    let of_logs = listed("&of=log_reviews").await;
    assert_eq!(of_logs, all(&["log_reviews"]));
    let (_, kind, csv) = get(&demo.served, "/dashboard/refused?of=log_reviews&format=csv").await;
    assert_eq!(kind, "text/csv; charset=utf-8");
    assert_eq!(csv, command(&["log_reviews", "--format", "csv"]));

    let (status, _, page) = get(&demo.served, &format!("/dashboard/refused?of={reason}")).await;
    assert_eq!((status, page.matches("<td class=\"raw\">").count()), (200, of_reason.len()));
    let (status, _, page) = get(&demo.served, "/dashboard/refused?of=%3Cb%3E").await;
    assert_eq!(status, 404);
    assert!(page.contains("`&lt;b&gt;` is no reason"), "{page}");
    assert_eq!(get(&demo.served, "/dashboard/refused?format=svg").await.0, 400);
}

#[test]
fn the_list_on_the_page_is_bounded_and_says_so() {
    let place = Place::new();
    let good: String = (0..2_000).map(|id| format!("{id},good,{id}\n")).collect();
    let bad: String = (0..201).map(|id| format!("x,secret,{id}\n")).collect();
    place.drop("movie_review/a.csv", format!("cid,review_str,id_review\n{good}{bad}"));
    place.run();
    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    let handler = Handler::start(place.folder(), &[("LAKE", &lake), ("WAREHOUSE", &warehouse)]);
    // As the Functions host calls it.
    let get = |path: &str| {
        let (status, answer) = handler.call("dashboard", &handler::get(path), &[]);
        assert_eq!(status, 200, "{answer}");
        answer["Outputs"]["response"]["body"].as_str().unwrap().to_owned()
    };
    let page = get("dashboard/refused");
    assert!(page.contains("The first 200 are shown."), "{page}");
    assert!(page.contains("201 refused rows") && !page.contains("secret"), "{page}");
    assert_eq!(page.matches("<td class=\"raw\">").count(), 200);
    let rows: Value = serde_json::from_str(&get("dashboard/refused?format=json")).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 201);
}

#[test]
fn a_count_of_rejected_files_leads_to_them_and_rows_outlive_their_quarantine() {
    let place = Place::new();
    place.drop("movie_review/a.csv", drop::reviews(&[(1, "good", 1), (2, "good", 2)]) + "x,y,3\n");
    place.drop("log_reviews/a.csv", drop::logs(&[(1, "2021-04-19", "Mobile")]));
    place.drop("log_reviews/b.csv", "id_review\n7\n");
    let ran = place.call("run").ends_with(3).json();
    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    let handler = Handler::start(place.folder(), &[("LAKE", &lake), ("WAREHOUSE", &warehouse)]);
    let get = |path: &str| {
        let (_, answer) = handler.call("dashboard", &handler::get(path), &[]);
        answer["Outputs"]["response"]["body"].as_str().unwrap().to_owned()
    };
    let link = "href=\"dashboard/refused?of=log_reviews\">1 rejected";
    assert!(get("dashboard").contains(link), "{}", get("dashboard"));
    let page = get("dashboard/refused?of=log_reviews");
    assert!(page.contains("log_reviews/b.csv") && page.contains("missing_column"), "{page}");
    assert!(!page.contains("movie_review/a.csv"), "{page}");

    // As the sweep does after `RETENTION_DAYS`.
    let row = |rows: &str| serde_json::from_str::<Vec<Value>>(rows).unwrap().pop().unwrap();
    let before = row(&get("dashboard/refused?of=movie_review&format=json"));
    assert_eq!((&before["line"], &before["text"]), (&json!(4), &json!("#,#,#")));
    let files = ran["files"].as_array().unwrap().iter();
    let parquet = files.filter_map(|file| file["quarantine"].as_str()).next().unwrap();
    let parquet = place.quarantine().join(parquet);
    fs::remove_file(&parquet).unwrap();
    let after = row(&get("dashboard/refused?of=movie_review&format=json"));
    let mut expected = before;
    expected["text"] = Value::Null;
    assert_eq!(after, expected);
    let command = place.call_with(&["refused", "movie_review", "--format", "json"]).ends_with(0);
    assert_eq!(row(&command.stdout), expected);

    // A lake that cannot be read is no warehouse that resumes.
    fs::write(&parquet, "no Parquet").unwrap();
    assert!(get("dashboard/refused").contains("The lake cannot be read"));
}

#[tokio::test]
async fn a_page_without_a_lake_says_which_command_lists_what_was_refused() {
    let place = Place::new();
    place.drop("movie_review/a.csv", drop::reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/a.csv", drop::logs(&[(1, "2021-04-19", "Mobile")]));
    place.run();
    let served = Served::of(place.folder(), &place.warehouse());
    let (_, _, page) = get(&served, "/").await;
    assert!(page.contains("<code>movie-analytics refused</code>"));
    assert!(!page.contains("dashboard/refused"));
    let (status, _, page) = get(&served, "/dashboard/refused").await;
    assert_eq!(status, 404);
    assert!(page.contains("<code>movie-analytics refused</code>"), "{page}");
}

#[tokio::test]
async fn the_command_looks_into_the_lake_of_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    movie_analytics(folder.path(), &["init"]).ends_with(0);
    let file = folder.path().join("lake/raw/movie_review/a.csv");
    fs::write(file, drop::reviews(&[(1, "good", 1), (2, "good", 2)]) + "x,y,3\n").unwrap();
    movie_analytics(folder.path(), &["run"]).ends_with(0);
    let served = Served::start(folder.path(), &["dashboard", "--port", "0"]);
    let (status, _, page) = get(&served, "/dashboard/refused").await;
    assert_eq!(status, 200);
    assert!(page.contains("1 refused row in files that count"), "{page}");
}
