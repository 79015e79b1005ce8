//! Accepted files order a publish, and one function takes the orders.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    common::{
        drop::{logs, reviews},
        handler::{Handler, message, timer},
        place::Place,
    },
    serve,
};

const REVIEWS: &str = "movie_review/1.csv";
const LOGS: &str = "log_reviews/1.csv";

fn place() -> Place {
    let place = Place::new();
    place.drop(REVIEWS, reviews(&[(1, "good", 1)]));
    place.drop(LOGS, logs(&[(1, "2021-04-19", "Mobile")]));
    place
}

fn call(handler: &Handler, function: &str, body: &Value) -> Value {
    let (status, answer) = handler.call(function, body, &[]);
    assert_eq!(status, 200, "{answer}");
    answer
}

/// What the answer to this delivery of a file puts on the queue of orders.
fn orders(handler: &Handler, path: &str, delivery: u32) -> Vec<Value> {
    let function = if path == LOGS { "parse_log_reviews" } else { "classify_movie_review" };
    let text = json!({ "path": path }).to_string();
    let answer = call(handler, function, &message(&text, delivery));
    answer["Outputs"]["publishRequested"].as_array().cloned().unwrap_or_default()
}

fn publishes(place: &Place) -> usize {
    let status = place.call("status").json();
    status["summary"]["publishes"].as_array().unwrap().len()
}

#[test]
fn a_file_that_is_accepted_orders_a_publish_and_no_other_does() {
    let place = place();
    let handler = serve(&place, &[]);
    assert_eq!(orders(&handler, REVIEWS, 1).len(), 1);
    assert_eq!(orders(&handler, REVIEWS, 1).len(), 0, "already done");
    assert_eq!(orders(&handler, REVIEWS, 2).len(), 1, "a death may have lost the first order");
    place.drop(REVIEWS, reviews(&[(1, "good", 1)]));
    assert_eq!(orders(&handler, REVIEWS, 1).len(), 0, "unchanged");
    place.drop(REVIEWS, "cid;review_str;id_review\n1;good;1\n");
    assert_eq!(orders(&handler, REVIEWS, 1).len(), 0, "rejected");
    let by_timer = serve(&place, &[("PUBLISH", "timer")]);
    assert_eq!(orders(&by_timer, LOGS, 1).len(), 0);
}

#[test]
fn an_order_publishes_what_was_accepted_and_one_that_was_covered_does_nothing() {
    let place = place();
    let handler = serve(&place, &[("PUBLISH_DELAY", "3")]);
    let mut sent = orders(&handler, REVIEWS, 1);
    sent.extend(orders(&handler, LOGS, 1));
    assert!(!place.has_facts());
    // Both wait at once, so one of them publishes for both.
    std::thread::scope(|scope| {
        for order in &sent {
            let text = order.as_str().unwrap();
            scope.spawn(|| call(&handler, "publish_requested", &message(text, 1)));
        }
    });
    assert_eq!(place.facts(), place.oracle().facts);
    assert_eq!(publishes(&place), 1);
    // Far older than that publish: acknowledged without a look at the lake, which is gone.
    std::fs::remove_dir_all(place.folder().join("lake")).unwrap();
    let accepted_at = Utc::now() - TimeDelta::hours(1);
    let old = json!({ "accepted_at": accepted_at }).to_string();
    call(&handler, "publish_requested", &message(&old, 1));
}

#[test]
fn an_order_that_finds_nothing_new_or_cannot_be_read_fails_nothing() {
    let place = place();
    let handler = serve(&place, &[("PUBLISH_DELAY", "1")]);
    let order = orders(&handler, LOGS, 1).remove(0);
    orders(&handler, REVIEWS, 1);
    call(&handler, "build_fact_movie_analytics", &timer());
    assert_eq!(place.facts(), place.oracle().facts, "the timer is the net");
    call(&handler, "publish_requested", &message(order.as_str().unwrap(), 2));
    call(&handler, "publish_requested", &message("no order", 1));
    assert_eq!(publishes(&place), 1);
    let (_, stderr) = handler.stop();
    assert!(stderr.len() == 1 && stderr[0].contains("refused"), "{stderr:#?}");
    // Left on the queue from before the setting was changed.
    let by_timer = serve(&place, &[("PUBLISH", "timer")]);
    call(&by_timer, "publish_requested", &message(order.as_str().unwrap(), 1));
}

#[test]
fn orders_of_two_instances_at_once_publish_everything_and_nothing_fails() {
    let place = place();
    let instances =
        [serve(&place, &[("PUBLISH_DELAY", "1")]), serve(&place, &[("PUBLISH_DELAY", "1")])];
    let sent = [orders(&instances[0], REVIEWS, 1), orders(&instances[1], LOGS, 1)];
    std::thread::scope(|scope| {
        for (handler, order) in instances.iter().zip(&sent) {
            let text = order[0].as_str().unwrap();
            scope.spawn(|| call(handler, "publish_requested", &message(text, 1)));
        }
    });
    assert_eq!(place.facts(), place.oracle().facts);
    for handler in instances {
        assert_eq!(handler.stop().1, Vec::<String>::new(), "nothing to warn of");
    }
}
