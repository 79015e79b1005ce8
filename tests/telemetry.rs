//! What operators see: one JSON line a piece of work, failures on stderr, traces below the host's.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::Duration,
};

use common::{
    drop::{logs, reviews},
    handler::{Handler, message, timer},
    place::Place,
};
use serde_json::{Value, json};

const PATH: &str = "movie_review/1.csv";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// A stand-in for the ingestion endpoint of Application Insights: every envelope that it is sent.
fn ingestion() -> (u16, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let sender = sender.clone();
            thread::spawn(move || {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if stream.read_exact(&mut byte).is_err() {
                        return;
                    }
                    head.push(byte[0]);
                }
                let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                let mut body = vec![0; length.unwrap().trim().parse().unwrap()];
                stream.read_exact(&mut body).unwrap();
                let mut text = String::new();
                flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
                let envelopes: Vec<Value> = serde_json::from_str(&text).unwrap();
                let count = envelopes.len();
                envelopes.into_iter().for_each(|envelope| sender.send(envelope).unwrap());
                let answer = json!({"itemsReceived": count, "itemsAccepted": count, "errors": []});
                let answer = answer.to_string();
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\
                     Content-Length: {}\r\n\r\n{answer}",
                    answer.len()
                )
                .unwrap();
            });
        }
    });
    (port, receiver)
}

fn with_a_file() -> Place {
    let place = Place::new();
    place.drop(PATH, reviews(&[(1, "good", 1), (2, "dull", 2)]));
    place
}

fn start(place: &Place, more: &[(&str, &str)]) -> Handler {
    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    let given = [("LAKE", &*lake), ("WAREHOUSE", &*warehouse)];
    Handler::start(place.folder(), &[&given, more].concat())
}

#[test]
fn a_span_is_sent_below_the_hosts_with_the_numbers_of_the_file() {
    let (port, envelopes) = ingestion();
    let connection = format!(
        "InstrumentationKey=00000000-0000-0000-0000-000000000001;\
         IngestionEndpoint=http://127.0.0.1:{port}/"
    );
    let place = with_a_file();
    let handler = start(&place, &[("APPLICATIONINSIGHTS_CONNECTION_STRING", &connection)]);
    let traceparent = format!("00-{TRACE}-{PARENT}-00");
    let order = json!({ "path": PATH }).to_string();
    let headers =
        [("traceparent", &*traceparent), ("X-Azure-Functions-InvocationId", "the-invocation")];
    let (status, _) = handler.call("classify_movie_review", &message(&order, 1), &headers);
    assert_eq!(status, 200);
    // The answer came after the flush, so a kill now loses nothing.
    handler.stop();
    let sent: Vec<Value> =
        std::iter::from_fn(|| envelopes.recv_timeout(Duration::from_millis(300)).ok()).collect();
    let span = sent
        .iter()
        .find(|envelope| envelope["data"]["baseData"]["name"] == "classify_movie_review")
        .unwrap_or_else(|| panic!("no span in {sent:#?}"));
    assert_eq!(span["tags"]["ai.operation.id"], TRACE);
    assert_eq!(span["tags"]["ai.operation.parentId"], PARENT);
    assert_eq!(span["data"]["baseData"]["properties"]["invocation_id"], "the-invocation");
    let staged = sent.iter().any(|envelope| {
        let metric = &envelope["data"]["baseData"]["metrics"][0];
        metric["name"] == "rows_staged" && metric["value"] == 2.0
    });
    assert!(staged, "no metric in {sent:#?}");
}

#[test]
fn an_endpoint_that_is_away_fails_no_work() {
    let place = with_a_file();
    let connection = "InstrumentationKey=00000000-0000-0000-0000-000000000001;\
                      IngestionEndpoint=http://127.0.0.1:1/";
    let handler = start(&place, &[("APPLICATIONINSIGHTS_CONNECTION_STRING", connection)]);
    let order = json!({ "path": PATH }).to_string();
    let (status, answer) = handler.call("classify_movie_review", &message(&order, 1), &[]);
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn each_piece_of_work_is_one_json_line_with_its_invocation_and_no_row() {
    let place = with_a_file();
    place.drop("log_reviews/1.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    let handler = start(&place, &[]);
    for (function, path) in
        [("classify_movie_review", PATH), ("parse_log_reviews", "log_reviews/1.csv")]
    {
        let order = json!({ "path": path }).to_string();
        let headers = [("X-Azure-Functions-InvocationId", path)];
        let (status, answer) = handler.call(function, &message(&order, 1), &headers);
        assert_eq!(status, 200);
        let log = answer["Logs"][0].as_str().unwrap().to_owned();
        assert!(log.starts_with(&format!("accepted {path}: ")), "{log}");
    }
    let (status, answer) = handler.call("build_fact_movie_analytics", &timer(), &[]);
    assert_eq!((status, &answer["Logs"][0]), (200, &json!("publish 1: 1 days, 1 facts")));
    let (stdout, stderr) = handler.stop();
    assert_eq!(stderr, Vec::<String>::new());
    let lines: Vec<Value> =
        stdout.iter().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(lines.len(), 3, "{stdout:#?}");
    let line = &lines[0];
    assert_eq!(line["invocation_id"], PATH);
    assert_eq!(line["function"], "classify_movie_review");
    assert_eq!(line["file.path"], PATH);
    assert_eq!((&line["rows.read"], &line["rows.staged"]), (&json!(2), &json!(2)));
    assert!(line["file.etag"].is_string() && line["duration_ms"].is_u64(), "{line}");
    assert_eq!(lines[2]["rows.inserted"], 1);
    for secret in ["dull", "Mobile", "9.200"] {
        assert!(!stdout.concat().contains(secret), "{secret} is in {stdout:#?}");
    }
}

#[test]
fn a_failure_is_one_line_on_stderr_with_the_invocation() {
    let place = with_a_file();
    let handler = start(&place, &[]);
    std::fs::remove_dir_all(place.raw().parent().unwrap().join("staging")).unwrap();
    std::fs::write(place.raw().parent().unwrap().join("staging"), "in the way").unwrap();
    let order = json!({ "path": PATH }).to_string();
    let headers = [("X-Azure-Functions-InvocationId", "the-invocation")];
    let (status, answer) = handler.call("classify_movie_review", &message(&order, 1), &headers);
    assert!(status >= 500, "{status} {answer}");
    let (_, stderr) = handler.stop();
    let lines: Vec<&String> =
        stderr.iter().filter(|line| line.contains("invocation_id=the-invocation")).collect();
    assert_eq!(lines.len(), 1, "{stderr:#?}");
}
