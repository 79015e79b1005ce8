//! Charts as files: their numbers as CSV and JSON, and their drawing.

use serde_json::{Value, json};

use super::{Demo, Served, golden};
use crate::common::{
    app::movie_analytics,
    browser, drop,
    numbers::{Golden, Numbers},
    place::Place,
};

#[tokio::test]
async fn each_chart_gives_its_numbers_and_an_unknown_value_is_named() {
    let (demo, golden) = (Demo::start(), golden());
    let get = async |query: &str| {
        let answer = reqwest::get(format!("{}/?{query}", demo.served.origin)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for (chart, column, groups) in [
        ("os", "os", &golden.by_os),
        ("date", "date", &golden.by_date),
        ("score", "date", &golden.by_date),
    ] {
        let (_, csv) = get(&format!("chart={chart}&format=csv")).await;
        let row =
            |(text, of): (&String, &Numbers)| format!("{text},{},{}", of.reviews, of.positive);
        let mut lines: Vec<_> = groups.iter().map(row).collect();
        lines.insert(0, format!("{column},reviews,positive"));
        assert_eq!(csv.lines().collect::<Vec<_>>(), lines, "{chart}");
    }
    let (_, json) = get("state=Ohio&chart=state&format=json").await;
    let ohio = json!([{"state": "Ohio", "reviews": golden.by_location["Ohio"].reviews,
        "positive": golden.by_location["Ohio"].positive}]);
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), ohio);
    assert_eq!((get("format=csv&chart=x").await.0, get("format=xml").await.0), (400, 400));
    let (_, page) = get("state=Ohio&state=Atlantis").await;
    assert!(page.contains("No state is called “Atlantis”.") && !page.contains("called “Ohio”"));
    for link in ["os&amp;format=csv", "device&amp;format=json", "score&amp;format=svg"] {
        assert!(
            page.contains(&format!("?state=Atlantis&amp;state=Ohio&amp;chart={link}")),
            "{link}"
        );
    }
}

/// The texts of a drawing, as a browser that opens the file finds them.
fn texts(drawing: &Value) -> Vec<String> {
    serde_json::from_value(drawing["texts"].clone()).unwrap()
}

#[tokio::test]
async fn each_chart_is_a_drawing_that_stands_alone() {
    let (demo, Golden { by_os, by_device, by_date, .. }) = (Demo::start(), golden());
    let address = |query: &str| format!("{}/?{query}", demo.served.origin);
    let answer = reqwest::get(address("chart=os&format=svg")).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/svg+xml");
    let svg = answer.text().await.unwrap();
    // The page's stylesheet is not there, and the policy allows none.
    assert!(!svg.contains("<style") && !svg.contains("style=") && svg.contains("fill=\"#1d5cb8\""));

    let charts = ["date", "score", "os", "device"];
    let steps = charts.iter().flat_map(|chart| {
        let url = address(&format!("chart={chart}&format=svg"));
        [json!({ "do": "open", "url": url }), json!({ "do": "drawing" })]
    });
    let found = browser::run(steps.collect());
    let drawings: Vec<&Value> = found.chunks(2).map(|found| &found[1]).collect();
    for (chart, drawing) in charts.iter().zip(&drawings) {
        assert_eq!(drawing["root"], "svg", "{chart} is well-formed");
    }
    let has = |drawing: &Value, text: &str| {
        assert!(texts(drawing).iter().any(|found| found == text), "{text}: {drawing}");
    };
    let (first, last) = (by_date.keys().next().unwrap(), by_date.keys().last().unwrap());
    for (drawing, title) in
        [(drawings[0], "Reviews by day"), (drawings[1], "Share of positive reviews by day")]
    {
        [title, first, last].into_iter().for_each(|text| has(drawing, text));
    }
    for (drawing, groups) in [(drawings[2], &by_os), (drawings[3], &by_device)] {
        let total: i64 = groups.values().map(|of| of.reviews).sum();
        for (text, of) in groups {
            has(drawing, text);
            let share = of.reviews as f64 / total as f64 * 100.0;
            let count = texts(drawing)
                .iter()
                .any(|found| found.replace(',', "") == format!("{} ({share:.1}%)", of.reviews));
            assert!(count, "{text}: {drawing}");
        }
    }
}

/// A text of a vendor, as a cell of a spreadsheet would run it.
const FORMULA: &str = "=1+1";

#[tokio::test]
async fn a_text_of_a_vendor_is_no_formula_in_any_csv() {
    let place = Place::new();
    let reviews: Vec<_> = (0..8).map(|id| (id, "good", id)).collect();
    place.drop("movie_review/a.csv", drop::reviews(&reviews) + "=9,good,99\n");
    let log = drop::log("2021-04-19", "Mobile", None).replace("Kansas", FORMULA);
    place.drop("log_reviews/a.csv", format!("id_review,log\n1,\"{}\"\n", log.replace('"', "\"\"")));
    place.run();
    let served = Served::of(place.folder(), &place.warehouse());
    let get = async |query: &str| {
        reqwest::get(format!("{}/?{query}", served.origin)).await.unwrap().text().await.unwrap()
    };
    assert_eq!(get("chart=state&format=csv").await, "state,reviews,positive\n'=1+1,1,1\n");
    let json = get("chart=state&format=json").await;
    assert!(json.contains("\"state\":\"=1+1\""), "{json}");

    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    let say = |args: &[&str]| movie_analytics(place.folder(), args).ends_with(0).stdout;
    let facts = say(&["facts", "--warehouse", &warehouse, "--format", "csv"]);
    assert!(facts.contains(",'=1+1,"), "{facts}");
    let facts = say(&["facts", "--warehouse", &warehouse, "--format", "json"]);
    assert!(facts.contains("\"location\":\"=1+1\""), "{facts}");
    let refused = ["refused", "--lake", &lake, "--warehouse", &warehouse, "--format", "csv"];
    let refused = say(&refused);
    assert!(refused.contains(",\"'=#,####,##\",10\n"), "{refused}");
}
