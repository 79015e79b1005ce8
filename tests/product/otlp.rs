//! Traces, logs and metrics at a collector of OpenTelemetry, beside Application Insights.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::metrics::v1::{
    HistogramDataPoint, NumberDataPoint, metric::Data, number_data_point::Value,
};
use serde_json::json;

use crate::{
    common::{
        collector::{Collector, Sent, text},
        drop::{logs, reviews},
        handler::{Handler, message, timer},
        ingestion::Ingestion,
        place::Place,
    },
    serve,
};

const PATH: &str = "movie_review/1.csv";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const HEADERS: [(&str, &str); 2] =
    [("traceparent", TRACEPARENT), ("X-Azure-Functions-InvocationId", "the-invocation")];

/// Two reviews, and a log of one of them.
fn with_files() -> Place {
    let place = Place::new();
    place.drop(PATH, reviews(&[(1, "good", 1), (2, "dull", 2)]));
    place.drop("log_reviews/1.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    place
}

fn order(path: &str) -> serde_json::Value {
    message(&json!({ "path": path }).to_string(), 1)
}

fn call(handler: &Handler, function: &str, body: &serde_json::Value) {
    let (status, answer) = handler.call(function, body, &HEADERS);
    assert_eq!(status, 200, "{answer}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The newest points of a histogram.
fn histogram(sent: &Sent, name: &str) -> Vec<HistogramDataPoint> {
    match sent.metrics.iter().rfind(|metric| metric.name == name).map(|metric| &metric.data) {
        Some(Some(Data::Histogram(histogram))) => histogram.data_points.clone(),
        other => panic!("{name} is no histogram: {other:?}"),
    }
}

/// The newest points of a gauge or a sum.
fn numbers(sent: &Sent, name: &str) -> Vec<NumberDataPoint> {
    match sent.metrics.iter().rfind(|metric| metric.name == name).map(|metric| &metric.data) {
        Some(Some(Data::Gauge(gauge))) => gauge.data_points.clone(),
        Some(Some(Data::Sum(sum))) => sum.data_points.clone(),
        other => panic!("{name} has no numbers: {other:?}"),
    }
}

/// The sum of the points whose attribute says so; there must be one.
fn value(points: &[NumberDataPoint], attribute: &str, is: &str) -> i64 {
    let says_so =
        |point: &&NumberDataPoint| text(&point.attributes, attribute).as_deref() == Some(is);
    let values: Vec<i64> = points
        .iter()
        .filter(says_so)
        .map(|point| match point.value {
            Some(Value::AsInt(value)) => value,
            other => panic!("{attribute} {is}: {other:?}"),
        })
        .collect();
    assert!(!values.is_empty(), "{attribute} {is}: {points:#?}");
    values.iter().sum()
}

#[test]
fn traces_logs_and_metrics_reach_the_collector_before_the_answer() {
    let (place, collector) = (with_files(), Collector::start());
    // A file whose event was lost, and one that nobody reads.
    place.drop("movie_review/2.csv", reviews(&[(3, "good", 3)]));
    place.drop("movie_review/a\tb.csv", "not read");
    let endpoint = collector.endpoint();
    let handler = serve(
        &place,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=the-key"),
        ],
    );
    call(&handler, "classify_movie_review", &order(PATH));
    call(&handler, "parse_log_reviews", &order("log_reviews/1.csv"));
    call(&handler, "build_fact_movie_analytics", &timer());
    call(&handler, "reconcile", &timer());
    // Killed, so that what came later than the answer is lost.
    let (stdout, _) = handler.stop();
    assert!(!stdout.concat().contains("the-key"), "{stdout:#?}");
    let sent = collector.sent();
    assert!(sent.services.iter().all(|service| service == "movie-analytics"));
    assert!(sent.keys.iter().all(|key| key.as_deref() == Some("the-key")), "{:?}", sent.keys);

    let names: Vec<_> = sent.spans.iter().map(|span| &*span.name).collect();
    let functions =
        ["classify_movie_review", "parse_log_reviews", "build_fact_movie_analytics", "reconcile"];
    assert_eq!(names, functions);
    for span in &sent.spans {
        assert_eq!(hex(&span.trace_id), TRACE, "below the host's request");
        assert_eq!(hex(&span.parent_span_id), "b7ad6b7169203331");
        assert!(span.events.is_empty(), "events are logs: {:?}", span.events);
    }

    let file =
        sent.logs.iter().find(|log| text(&log.attributes, "file.path").as_deref() == Some(PATH));
    let file = file.expect("the log of the file");
    assert_eq!(text(&file.attributes, "outcome").as_deref(), Some("accepted"));
    assert_eq!(text(&file.attributes, "rows.staged").as_deref(), Some("2"));
    assert_eq!((hex(&file.trace_id), &file.span_id), (TRACE.to_owned(), &sent.spans[0].span_id));

    let durations = histogram(&sent, "movie_analytics.invocation.duration");
    assert_eq!(durations.len(), 4, "{durations:#?}");
    assert!(durations.iter().all(|point| point.count == 1 && point.sum.unwrap() > 0.0));
    assert!(durations.iter().all(|point| text(&point.attributes, "failed").unwrap() == "false"));
    assert_eq!(histogram(&sent, "movie_analytics.file.duration").len(), 2);
    let rows = numbers(&sent, "movie_analytics.rows");
    assert_eq!(value(&rows, "state", "staged"), 3, "two reviews and a log");

    let backlog = numbers(&sent, "movie_analytics.files");
    let states = ["waiting", "left", "failed", "unread", "withdrawn"];
    let found = states.map(|state| value(&backlog, "state", state));
    assert_eq!(found.iter().sum::<i64>(), 2, "{found:?}");
    assert_eq!(found[0] + found[1], 1, "the file whose event was lost");
    assert_eq!(found[3], 1, "the file that nobody reads");
    let latency = histogram(&sent, "movie_analytics.file.latency");
    let files = |to: &str| {
        let of = |point: &&HistogramDataPoint| text(&point.attributes, "to").as_deref() == Some(to);
        latency.iter().filter(of).map(|point| point.count).sum::<u64>()
    };
    assert_eq!((files("staged"), files("published")), (2, 2), "{latency:#?}");
    let newest = numbers(&sent, "movie_analytics.feed.newest");
    for feed in ["classify_movie_review", "parse_log_reviews"] {
        assert!(value(&newest, "function", feed) > 1_700_000_000);
    }
    assert_eq!(numbers(&sent, "movie_analytics.facts.built").len(), 1);
    assert!(numbers(&sent, "movie_analytics.days.held").len() == 1);
}

#[test]
fn a_failed_build_is_counted_as_failed_and_makes_no_facts_fresh() {
    let (place, collector) = (with_files(), Collector::start());
    let endpoint = collector.endpoint();
    let handler = serve(&place, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    let staging = place.folder().join("lake/staging");
    std::fs::remove_dir_all(&staging).unwrap();
    std::fs::write(staging, "in the way").unwrap();
    let (status, _) = handler.call("build_fact_movie_analytics", &timer(), &HEADERS);
    assert_eq!(status, 500);
    handler.stop();
    let sent = collector.sent();
    let [point] = &histogram(&sent, "movie_analytics.invocation.duration")[..] else {
        panic!("one invocation")
    };
    assert_eq!(text(&point.attributes, "failed").as_deref(), Some("true"));
    assert!(sent.metrics.iter().all(|metric| metric.name != "movie_analytics.facts.built"));
    let [span] = &sent.spans[..] else { panic!("one span: {:#?}", sent.spans) };
    assert_eq!(span.events.len(), 1, "the failure stands in its span");
    assert_eq!(sent.logs.len(), 1, "and among the logs: {:#?}", sent.logs);
}

#[test]
fn application_insights_gets_what_it_got_before() {
    let (place, collector, ingestion) = (with_files(), Collector::start(), Ingestion::start());
    let (endpoint, connection) = (collector.endpoint(), ingestion.connection_string());
    let handler = serve(
        &place,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("APPLICATIONINSIGHTS_CONNECTION_STRING", &connection),
        ],
    );
    call(&handler, "classify_movie_review", &order(PATH));
    assert_eq!(handler.stop().0.len(), 0, "what is sent is not paid twice");
    let items = ingestion.sent();
    let of_kind = |kind: &str| items.iter().filter(|item| item["data"]["baseType"] == kind).count();
    assert_eq!((of_kind("RemoteDependencyData"), of_kind("MessageData")), (1, 1), "{items:#?}");
    let sent = collector.sent();
    assert_eq!((sent.spans.len(), sent.logs.len()), (1, 1));
}

#[test]
fn a_collector_that_is_away_fails_no_work_and_keeps_nothing_from_the_portal() {
    let (place, ingestion) = (with_files(), Ingestion::start());
    let connection = ingestion.connection_string();
    let handler = serve(
        &place,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
            ("APPLICATIONINSIGHTS_CONNECTION_STRING", &connection),
        ],
    );
    let began = Instant::now();
    call(&handler, "classify_movie_review", &order(PATH));
    assert!(began.elapsed() < Duration::from_secs(20), "the end of an invocation waits little");
    handler.stop();
    let names = ingestion.sent();
    let has_span =
        names.iter().any(|item| item["data"]["baseData"]["name"] == "classify_movie_review");
    assert!(has_span, "{names:#?}");
}
