//! What operators see: one JSON line for each fact, by its level on stdout or stderr; traces below
//! the host's, and failures with their reason.

use std::{collections::BTreeSet, fs};

use crate::{
    common::{
        drop::{logs, reviews},
        handler::{Handler, message, timer},
        ingestion::Ingestion,
        place::Place,
    },
    serve,
};
use serde_json::{Value, json};

const PATH: &str = "movie_review/1.csv";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const ID: (&str, &str) = ("X-Azure-Functions-InvocationId", "the-invocation");

fn with_a_file() -> Place {
    let place = Place::new();
    place.drop(PATH, reviews(&[(1, "good", 1), (2, "dull", 2)]));
    place
}

/// From now on the lake cannot be read: every invocation fails.
fn break_lake(place: &Place) {
    let staging = place.folder().join("lake/staging");
    fs::remove_dir_all(&staging).unwrap();
    fs::write(staging, "in the way").unwrap();
}

fn start_sending(place: &Place, ingestion: &Ingestion) -> Handler {
    let connection = ingestion.connection_string();
    serve(place, &[("APPLICATIONINSIGHTS_CONNECTION_STRING", &connection)])
}

fn order(path: &str) -> Value {
    message(&json!({ "path": path }).to_string(), 1)
}

fn json_lines(lines: &[String]) -> Vec<Value> {
    let parse = |line: &String| serde_json::from_str(line).expect("a JSON line");
    lines.iter().map(parse).collect()
}

/// `baseData` of the items of a kind: `MessageData`.
fn items<'a>(sent: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let of_kind = sent.iter().filter(|item| item["data"]["baseType"] == kind);
    of_kind.map(|item| &item["data"]["baseData"]).collect()
}

#[test]
fn a_span_is_sent_below_the_hosts_with_the_numbers_of_the_file() {
    let (place, ingestion) = (with_a_file(), Ingestion::start());
    let handler = start_sending(&place, &ingestion);
    let headers = [("traceparent", TRACEPARENT), ID];
    let (status, answer) = handler.call("classify_movie_review", &order(PATH), &headers);
    assert_eq!((status, &answer["Logs"]), (200, &json!([])));
    // The answer came after the flush, so a kill now loses nothing.
    let (stdout, stderr) = handler.stop();
    assert_eq!((stdout.len(), stderr.len()), (0, 0), "what is sent is not paid twice");
    let sent = ingestion.sent();
    let is_span = |item: &&Value| item["data"]["baseData"]["name"] == "classify_movie_review";
    let span = sent.iter().find(is_span).unwrap_or_else(|| panic!("no span in {sent:#?}"));
    assert_eq!(span["tags"]["ai.operation.id"], TRACE);
    assert_eq!(span["tags"]["ai.operation.parentId"], PARENT);
    assert_eq!(span["data"]["baseData"]["properties"]["invocation_id"], ID.1);
    let messages = items(&sent, "MessageData");
    let [file] = messages[..] else { panic!("one line for one file: {messages:#?}") };
    let properties = &file["properties"];
    assert_eq!(properties["file.path"], PATH);
    assert_eq!(properties["outcome"], "accepted");
    assert_eq!(properties["rows.staged"], "2");
    assert_eq!(properties["InvocationId"], ID.1, "the portal filters by it");
}

#[test]
fn a_failure_ends_its_span_with_the_reason_in_the_operation_of_the_host() {
    let (place, ingestion) = (with_a_file(), Ingestion::start());
    let handler = start_sending(&place, &ingestion);
    break_lake(&place);
    let headers = [("traceparent", TRACEPARENT), ID];
    let fifth = message(&json!({ "path": PATH }).to_string(), 5);
    let (status, _) = handler.call("classify_movie_review", &fifth, &headers);
    assert_eq!(status, 500);
    assert_eq!(handler.call("classify_movie_review", &json!({}), &headers).0, 400);
    handler.stop();
    let sent = ingestion.sent();
    let spans = items(&sent, "RemoteDependencyData");
    let failed: Vec<_> = spans.iter().map(|span| &span["success"]).collect();
    assert_eq!(failed, [false, false], "{spans:#?}");
    let exceptions: Vec<_> =
        sent.iter().filter(|item| item["data"]["baseType"] == "ExceptionData").collect();
    for (exception, (kind, reason)) in exceptions.iter().zip([
        ("try_again", "cannot read"),
        ("undecodable", "expected a JSON object with `Data` and `Metadata`"),
    ]) {
        assert_eq!(exception["tags"]["ai.operation.id"], TRACE);
        let data = &exception["data"]["baseData"];
        assert_eq!(data["exceptions"][0]["typeName"], kind);
        let message = data["exceptions"][0]["message"].as_str().unwrap();
        assert!(message.starts_with(reason), "{message}");
        assert_eq!(data["properties"]["InvocationId"], ID.1);
    }
    assert_eq!(exceptions.len(), 2, "{sent:#?}");
    let file = &exceptions[0]["data"]["baseData"]["properties"];
    assert_eq!((&file["subject"], &file["delivery"]), (&json!(PATH), &json!("5")));
    assert_eq!(items(&sent, "MessageData").len(), 0, "reported once: {sent:#?}");
}

/// The kind of an item, and the names of its properties.
fn shape(item: &Value) -> (String, Vec<String>) {
    let data = &item["data"];
    let names = data["baseData"]["properties"].as_object().unwrap().keys().cloned().collect();
    (data["baseType"].as_str().unwrap().to_owned(), names)
}

#[test]
fn what_is_sent_has_the_shape_of_the_items_that_the_queries_are_tested_on() {
    let items = fs::read_to_string("tests/fixtures/telemetry/current.ndjson").unwrap();
    let items: Vec<String> = items.lines().map(str::to_owned).collect();
    let known: BTreeSet<_> = json_lines(&items).iter().map(shape).collect();
    let (place, ingestion) = (with_a_file(), Ingestion::start());
    place.drop("log_reviews/1.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    place.drop("movie_review/2.csv", "cid;review_str;id_review\n1;good;1\n");
    let handler = start_sending(&place, &ingestion);
    for (function, body) in [
        ("classify_movie_review", order(PATH)),
        ("classify_movie_review", order("movie_review/2.csv")),
        ("classify_movie_review", message("no event", 1)),
        ("parse_log_reviews", order("log_reviews/1.csv")),
        ("build_fact_movie_analytics", timer()),
        ("build_fact_movie_analytics", timer()),
        ("reconcile", timer()),
        ("extract_user_purchase", timer()),
    ] {
        let (status, answer) = handler.call(function, &body, &[ID]);
        assert_eq!(status, 200, "{answer}");
    }
    break_lake(&place);
    assert_eq!(handler.call("build_fact_movie_analytics", &timer(), &[ID]).0, 500);
    assert_eq!(handler.call("classify_movie_review", &order(PATH), &[ID]).0, 500);
    handler.stop();
    let sent: BTreeSet<_> = ingestion.sent().iter().map(shape).collect();
    let unknown: Vec<_> = sent.difference(&known).collect();
    assert!(unknown.is_empty(), "record them, and look at the queries: {unknown:#?}");
    assert!(sent.len() >= 6, "events, spans, an exception: {sent:#?}");
}

#[test]
fn an_endpoint_that_is_away_fails_no_work() {
    let place = with_a_file();
    let connection = "InstrumentationKey=00000000-0000-0000-0000-000000000001;\
                      IngestionEndpoint=http://127.0.0.1:1/";
    let handler = serve(&place, &[("APPLICATIONINSIGHTS_CONNECTION_STRING", connection)]);
    let (status, answer) = handler.call("classify_movie_review", &order(PATH), &[]);
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn each_piece_of_work_is_one_json_line_with_its_invocation_and_no_row() {
    let place = with_a_file();
    place.drop("log_reviews/1.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    let handler = serve(&place, &[]);
    for (function, path) in
        [("classify_movie_review", PATH), ("parse_log_reviews", "log_reviews/1.csv")]
    {
        let headers = [("X-Azure-Functions-InvocationId", path)];
        let (status, answer) = handler.call(function, &order(path), &headers);
        assert_eq!((status, &answer["Logs"]), (200, &json!([])), "a terminal shows both");
    }
    assert_eq!(handler.call("build_fact_movie_analytics", &timer(), &[]).0, 200);
    let (stdout, stderr) = handler.stop();
    assert_eq!(stderr, Vec::<String>::new());
    let lines = json_lines(&stdout);
    assert_eq!(lines.len(), 3, "{stdout:#?}");
    let line = &lines[0];
    assert_eq!(line["invocation_id"], PATH);
    assert_eq!(line["function"], "classify_movie_review");
    assert_eq!(line["file.path"], PATH);
    assert_eq!((&line["rows.read"], &line["rows.staged"]), (&json!(2), &json!(2)));
    assert!(line["file.etag"].is_string() && line["duration_ms"].is_u64(), "{line}");
    let message = line["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("accepted {PATH}: 2 rows read")), "{message}");
    assert_eq!(lines[2]["rows.inserted"], 1);
    for secret in ["dull", "Mobile", "9.200"] {
        assert!(!stdout.concat().contains(secret), "{secret} is in {stdout:#?}");
    }
}

#[test]
fn what_is_rejected_refused_or_held_back_is_a_warning_on_stderr() {
    let place = Place::new();
    let rows: Vec<(i64, &str, i64)> = (1..=4).map(|id| (id, "good", id)).collect();
    place.drop(PATH, reviews(&rows));
    let day = |id, day| (id, day, "Mobile");
    place.drop("log_reviews/1.csv", logs(&[1, 2, 3, 4].map(|id| day(id, "2021-04-19"))));
    place.run();
    // A greater path gives all but one another date: their day would shrink.
    place.drop("log_reviews/2.csv", logs(&[1, 2, 3].map(|id| day(id, "2021-04-20"))));
    place.drop("movie_review/2.csv", "cid;review_str;id_review\n1;good;1\n");
    let handler = serve(&place, &[]);
    let text = message("no event", 1);
    for (function, body) in [
        ("parse_log_reviews", &order("log_reviews/2.csv")),
        ("classify_movie_review", &order("movie_review/2.csv")),
        ("classify_movie_review", &text),
        ("build_fact_movie_analytics", &timer()),
    ] {
        assert_eq!(handler.call(function, body, &[ID]).0, 200, "{function}");
    }
    let (stdout, stderr) = handler.stop();
    assert_eq!(stdout.len(), 1, "the accepted file: {stdout:#?}");
    let lines = json_lines(&stderr);
    assert!(stderr.iter().all(|line| line.to_lowercase().contains("warn")), "{stderr:#?}");
    assert!(lines.iter().all(|line| line["invocation_id"] == ID.1), "{stderr:#?}");
    let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    let [rejected, refused, publish, first, second] = messages[..] else {
        panic!("five lines: {stderr:#?}")
    };
    assert!(rejected.starts_with("rejected movie_review/2.csv: not_csv: "), "{rejected}");
    assert_eq!(lines[0]["reason"], "not_csv");
    assert!(refused.starts_with("refused: the message of 8 bytes is not an event"), "{refused}");
    assert_eq!(lines[1]["ending"], "refused");
    assert_eq!(lines[1]["function"], "classify_movie_review");
    assert!(publish.ends_with(" 2 days and 0 customers held back"), "{publish}");
    assert_eq!(lines[2]["days.refused"], 2);
    assert_eq!(lines[2]["customers.held"], 0);
    assert_eq!((&lines[2]["days.held"], &lines[2]["days.held_from"]), (&json!(2), &json!(2)));
    for line in [first, second] {
        assert!(line.contains(" is held back by "), "{line}");
    }
}

#[test]
fn a_failure_is_one_json_line_on_stderr_with_the_invocation() {
    let place = with_a_file();
    let handler = serve(&place, &[]);
    break_lake(&place);
    let (status, answer) = handler.call("classify_movie_review", &order(PATH), &[ID]);
    assert_eq!(status, 500, "{answer}");
    let (stdout, stderr) = handler.stop();
    assert_eq!(stdout, Vec::<String>::new());
    let lines = json_lines(&stderr);
    let [line] = &lines[..] else { panic!("one line: {stderr:#?}") };
    assert_eq!((&line["level"], &line["invocation_id"]), (&json!("ERROR"), &json!(ID.1)));
    assert_eq!(line["exception.type"], "try_again");
    assert!(line["exception.message"].as_str().unwrap().starts_with("cannot read"), "{line}");
}

#[test]
fn a_key_of_a_function_stands_in_no_span_line_or_error() {
    const KEY: &str = "the-key-of-a-function";
    let (place, ingestion) = (with_a_file(), Ingestion::start());
    let handler = start_sending(&place, &ingestion);
    let quiet = serve(&place, &[]);
    break_lake(&place);
    let request = |method: &str, body: &str| {
        json!({
            "Data": { "request": {
                "Url": format!("http://127.0.0.1:7071/api/f?code={KEY}"), "Method": method,
                "Query": { "code": KEY }, "Headers": { "x-functions-key": [KEY] },
                "Params": {}, "Identities": [], "Body": body,
            } },
            "Metadata": { "Query": { "code": KEY }, "sys": { "MethodName": "f" } },
        })
    };
    let mut said = String::new();
    for handler in [&handler, &quiet] {
        for (function, request) in [
            ("dashboard", request("GET", "")),
            ("status", request("GET", "")),
            ("replay", request("POST", r#"{"dataset":"review_logs"}"#)),
            ("replay", request("POST", "nonsense")),
            ("classify_movie_review", request("GET", "")),
            ("unknown", request("GET", "")),
        ] {
            let headers = [("traceparent", TRACEPARENT), ("x-functions-key", KEY), ID];
            said += &handler.call(function, &request, &headers).1.to_string();
        }
    }
    for handler in [handler, quiet] {
        let (stdout, stderr) = handler.stop();
        said += &(stdout.concat() + &stderr.concat());
    }
    let sent = ingestion.sent();
    let failures = items(&sent, "ExceptionData");
    assert!(!failures.is_empty(), "failures are sent: {sent:#?}");
    said += &Value::from(sent).to_string();
    assert!(!said.contains(KEY), "{said}");
}
