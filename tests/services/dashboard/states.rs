//! What the page says of the state of its numbers, and texts of vendors in it.

use serde_json::{Value, json};

use super::{Demo, Served, numbers::press, step};
use crate::common::{browser, drop, place::Place};

#[test]
fn what_is_wrong_with_the_numbers_is_said_first() {
    let demo = Demo::start();
    let change = |sql: &str| {
        rusqlite::Connection::open(demo.warehouse()).unwrap().execute_batch(sql).unwrap();
    };
    change(
        "UPDATE ops_load_history SET written_at = '2021-04-26T06:15:04Z' WHERE dataset = 'review_logs';
         UPDATE ops_publish_log SET publish_id = 2",
    );
    let late = demo.served.read("/");
    let came = "The newest file of logs came 2021-04-26 06:15 UTC";
    assert!(late["badge"] == "Late: Logs" && late["notices"].to_string().contains(came), "{late}");
    change(
        "INSERT INTO ops_refused_day VALUES (20210420, 3, 'day_shrink', '<b>3</b> instead of 400');
         UPDATE ops_load_history SET written_at = strftime('%Y-%m-%dT%H:%M:%SZ');
         UPDATE ops_publish_log SET publish_id = 3",
    );
    let refused = demo.served.read("/");
    assert_eq!(refused["badge"], "Some days are held back");
    let says = refused["notices"][0].as_str().unwrap();
    assert!(says.contains("2021-04-20: day_shrink, <b>3</b> instead of 400"), "{says}");

    let empty = demo.without_warehouse().read("/");
    assert_eq!(empty["badge"], "Nothing published yet");
    let failing = demo.with_wrong_file().read("/");
    assert_eq!((&failing["badge"], &failing["tiles"]), (&json!("Not available"), &json!({})));
    let says = failing["notices"][0].as_str().unwrap();
    assert!(says.contains("cannot be read") && !says.contains("notes.txt"), "{says}");
    let nothing = demo.served.read("/?from=2021-04-25&to=2021-04-19");
    let says = nothing["notices"].as_array().unwrap().last().unwrap().as_str().unwrap();
    assert!(says.contains("The first day is after the last day."), "{says}");
}

#[test]
fn texts_of_vendors_stay_texts() {
    const TEXTS: [&str; 4] =
        ["<script>alert(1)</script>", "' OR 1=1 --", "\"><img src=x onerror=alert(2)>", "a&amp;b"];
    let place = Place::new();
    let reviews: Vec<_> = (0..6).map(|id| (id, "good", id)).collect();
    place.drop("movie_review/a.csv", drop::reviews(&reviews));
    let xml = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let mut logs = "id_review,log\n".to_owned();
    for (id, text) in TEXTS.iter().enumerate() {
        let log = drop::log("2021-04-19", "Mobile", None).replace("Kansas", &xml(text));
        logs += &format!("{id},\"{}\"\n", log.replace('"', "\"\""));
    }
    place.drop("log_reviews/a.csv", logs);
    place.run();
    let served = Served::of(place.folder(), &place.warehouse());
    let mut steps = vec![served.open("/"), step("read")];
    for text in TEXTS {
        steps.extend([served.open("/"), press("state", text), step("read")]);
    }
    let found = browser::run(steps);
    let bars = |read: &Value| -> Vec<String> {
        serde_json::from_value(read["bars"]["Reviews by location"].clone()).unwrap()
    };
    let mut all = bars(&found[1]);
    all.sort();
    let mut expected = TEXTS.map(|text| format!("{text} 1 25.0%"));
    expected.sort();
    assert_eq!(all, expected);
    for (text, read) in TEXTS.iter().zip(found[2..].chunks(2).map(|found| &found[1])) {
        assert_eq!(read["chosen"], json!([format!("Remove the filter {text} ×")]));
        assert_eq!(bars(read), [format!("{text} 1 100.0%")]);
        assert_eq!(read["scripts"], 0);
    }
}
