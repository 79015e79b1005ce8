//! A warehouse or a lake that cannot be reached: the page and `status` say so soon, with all that
//! can be read, and without what nobody should read.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use crate::common::{
    app::movie_analytics,
    drop::{logs, reviews},
    handler::{Handler, get, timer},
    place::Place,
};
use rusqlite::Connection;
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(60);

/// A lake with one file that waits.
fn place() -> Place {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    place
}

/// The same, with a fact that is published.
fn published() -> Place {
    let place = place();
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    place.run();
    place
}

/// As on a machine with one core, where a thread that blocks could hold up all others.
fn handler(place: &Place, lake: &str, warehouse: &str) -> Handler {
    let one_core = ("TOKIO_WORKER_THREADS", "1");
    Handler::start(place.folder(), &[("LAKE", lake), ("WAREHOUSE", warehouse), one_core])
}

/// The answer that the host passes on.
#[track_caller]
fn answer(handler: &Handler, function: &str) -> Value {
    let (status, outcome) = handler.call(function, &get(function), &[]);
    assert_eq!(status, 200, "{outcome}");
    outcome["Outputs"]["response"].clone()
}

#[track_caller]
fn assert_page(page: &Value, status: u16, words: &str) {
    assert_eq!(page["statusCode"], status, "{page}");
    let html = page["body"].as_str().unwrap();
    assert!(html.contains(words), "`{words}`: {html}");
    let retry = if status == 503 { json!("30") } else { json!(null) };
    assert_eq!(page["headers"]["Retry-After"], retry);
}

/// What `status` cannot reach, and why.
#[track_caller]
fn unreachable(answer: &Value, what: &str) -> String {
    assert_eq!(answer["statusCode"], 503, "{answer}");
    assert_eq!(answer["headers"]["Retry-After"], "30", "{answer}");
    let parts = answer["body"]["unreachable"].as_array().unwrap();
    assert_eq!((parts.len(), &parts[0]["what"]), (1, &json!(what)), "{answer}");
    parts[0]["why"].as_str().unwrap().to_owned()
}

#[test]
fn a_warehouse_that_cannot_be_opened_is_not_one_without_a_publish() {
    let place = place();
    fs::write(place.folder().join("file"), "").unwrap();
    fs::create_dir(place.folder().join("folder.db")).unwrap();
    for file in ["file/w.db", "folder.db", "/dev/null/w.db"] {
        let warehouse = format!("sqlite:{file}");
        let handler = handler(&place, &place.lake_option(), &warehouse);
        let page = answer(&handler, "dashboard");
        assert_page(&page, 503, "The numbers cannot be read");
        assert!(!page["body"].as_str().unwrap().contains(file), "details are hidden: {page}");
        let status = answer(&handler, "status");
        let why = unreachable(&status, "warehouse");
        assert!(why.contains(file) && why.contains("name a file in a folder that you"), "{why}");
        assert_eq!(status["body"]["datasets"][0]["waiting"], json!(["movie_review/a.csv"]));
        assert_eq!(status["body"]["summary"], json!(null));
        let (_, stderr) = handler.stop();
        for (line, function) in stderr.iter().zip(["dashboard", "status"]) {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["function"], function);
            assert_eq!(line["invocation_id"], "unknown");
        }
        assert_eq!(stderr.len(), 2, "{stderr:#?}");
    }
    let handler = handler(&place, &place.lake_option(), "sqlite:not/yet/there.db");
    assert_page(&answer(&handler, "dashboard"), 200, "Nothing is published yet");
    let status = answer(&handler, "status");
    assert_eq!((&status["statusCode"], &status["body"]["summary"]), (&json!(200), &json!(null)));
    assert!(status["body"].get("unreachable").is_none(), "{status}");
    assert!(!place.folder().join("not").exists(), "looking makes nothing");
}

/// Accepts connections and never answers; counts them.
fn silent() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    thread::spawn(move || {
        let mut open: Vec<TcpStream> = Vec::new();
        for stream in listener.incoming() {
            counted.fetch_add(1, SeqCst);
            open.push(stream.unwrap());
        }
    });
    (port, connections)
}

fn sql_server(port: u16) -> String {
    format!("Server=tcp:127.0.0.1,{port};Database=films;User ID=etl;Password=hidden;Encrypt=False")
}

#[test]
fn nobody_waits_for_a_silent_server_and_one_attempt_serves_all_who_look() {
    let place = place();
    let (port, connections) = silent();
    let handler = handler(&place, &place.lake_option(), &sql_server(port));
    thread::scope(|scope| {
        let pages: Vec<_> = (0..3).map(|_| scope.spawn(|| answer(&handler, "dashboard"))).collect();
        let status = answer(&handler, "status");
        let why = unreachable(&status, "warehouse");
        assert!(why.contains("has not answered within 2 s"), "{why}");
        assert_eq!(status["body"]["datasets"].as_array().unwrap().len(), 3);
        for page in pages {
            let page = page.join().unwrap();
            assert_page(&page, 503, "The database may be resuming");
            let html = page["body"].as_str().unwrap();
            assert!(!html.contains("127.0.0.1") && !html.contains("films"), "{html}");
        }
        assert!(!status.to_string().contains("hidden"), "{status}");
    });
    assert_page(&answer(&handler, "dashboard"), 503, "Reload the page");
    assert_eq!(connections.load(SeqCst), 1, "the attempt goes on when nobody waits any more");
}

#[test]
fn a_port_where_nothing_listens_is_named() {
    let place = place();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let handler = handler(&place, &place.lake_option(), &sql_server(port));
    let why = unreachable(&answer(&handler, "status"), "warehouse");
    assert!(why.contains("nothing listens at the database films on 127.0.0.1"), "{why}");
    assert!(!why.contains("hidden"), "{why}");
}

#[test]
fn a_reload_finds_a_warehouse_that_has_come_back() {
    let place = published();
    let busy = Connection::open(place.warehouse()).unwrap();
    busy.execute_batch("PRAGMA locking_mode = EXCLUSIVE; UPDATE ops_publish_log SET receipts = 1")
        .unwrap();
    let handler = handler(&place, &place.lake_option(), &place.warehouse_option());
    assert_page(&answer(&handler, "dashboard"), 503, "Reload the page");
    drop(busy);
    let began = Instant::now();
    while answer(&handler, "dashboard")["statusCode"] != 200 {
        assert!(began.elapsed() < LONG, "the page does not come back");
    }
    assert_page(&answer(&handler, "dashboard"), 200, "Total reviews");
}

#[test]
fn a_silent_or_closed_storage_leaves_the_numbers_of_the_warehouse() {
    let place = published();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for port in [silent().0, closed] {
        let lake = format!(
            "DefaultEndpointsProtocol=http;AccountName=films;AccountKey=aGlkZGVu;\
             BlobEndpoint=http://127.0.0.1:{port}/films"
        );
        let handler = handler(&place, &lake, &place.warehouse_option());
        let status = answer(&handler, "status");
        let why = unreachable(&status, "lake");
        assert!(why.contains("the storage has not answered within 2 s"), "{why}");
        assert_eq!(status["body"]["summary"]["facts"], 1, "{status}");
        assert_eq!(status["body"]["datasets"], json!([]));
        assert!(!status.to_string().contains("aGlkZGVu"), "{status}");
        assert_page(&answer(&handler, "dashboard"), 200, "Total reviews");
    }
}

#[test]
fn status_does_not_wait_for_a_publish() {
    let place = published();
    let handler = handler(&place, &place.lake_option(), &place.warehouse_option());
    place.drop("log_reviews/b.csv", logs(&[(1, "2021-04-20", "Mobile")]));
    place.call("reconcile").ends_with(0);
    let busy = Connection::open(place.warehouse()).unwrap();
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    thread::scope(|scope| {
        let publish = scope.spawn(|| handler.call("build_fact_movie_analytics", &timer(), &[]));
        // It waits for the lock now.
        thread::sleep(Duration::from_secs(1));
        let status = answer(&handler, "status");
        assert_eq!(status["statusCode"], 200, "{status}");
        assert_eq!(status["body"]["summary"]["publish_id"], 1);
        assert!(!publish.is_finished(), "the publish was under way");
        busy.execute_batch("COMMIT").unwrap();
        assert_eq!(publish.join().unwrap().0, 200);
    });
    assert_eq!(answer(&handler, "status")["body"]["summary"]["publish_id"], 2);
}

#[test]
fn the_command_prints_what_it_can_and_exits_with_1() {
    let place = place();
    fs::write(place.folder().join("file"), "").unwrap();
    let lake = place.lake_option();
    let args = ["status", "--lake", &lake, "--warehouse", "sqlite:file/w.db"];
    let table = movie_analytics(place.folder(), &args).ends_with(1);
    table.says("error: cannot reach the warehouse: the folder of the warehouse file/w.db");
    assert!(table.stdout.contains("classified_movie_review"), "{table:?}");
    assert!(!table.stdout.contains("nothing is published yet"), "{table:?}");
    let json = movie_analytics(place.folder(), &[&args[..], &["--json"]].concat()).ends_with(1);
    assert_eq!(json.json()["unreachable"][0]["what"], "warehouse");
    assert_eq!(json.json()["datasets"][0]["waiting"], json!(["movie_review/a.csv"]));
}
