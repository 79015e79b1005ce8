//! The pages behind the numbers: the data dictionary, and what was refused.

use serde_json::Value;
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
    let (_, kind, csv) = get(&demo.served, "/dashboard/refused?format=csv").await;
    assert_eq!(kind, "text/csv; charset=utf-8");
    assert_eq!(csv, command(&["--format", "csv"]));
    assert!(csv.lines().count() > 3, "{csv}");

    let listed: Vec<Value> =
        serde_json::from_str(&get(&demo.served, "/dashboard/refused?format=json").await.2).unwrap();
    let reason = listed[0]["reason"].as_str().unwrap();
    let of_reason =
        get(&demo.served, &format!("/dashboard/refused?of={reason}&format=json")).await.2;
    let of_reason: Vec<Value> = serde_json::from_str(&of_reason).unwrap();
    let expected: Vec<Value> =
        serde_json::from_str(&command(&[reason, "--format", "json"])).unwrap();
    assert_eq!(of_reason, expected);
    assert!(of_reason.len() < listed.len() && !of_reason.is_empty(), "{listed:?}");

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
