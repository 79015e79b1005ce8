//! The whole way without a further command: a file is dropped, its event is on the queue, the
//! functions fire. The storage is the emulator Azurite; the host is the stand-in
//! `functions_host::TestHost`, not the Functions host.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    common::drop::{logs, purchases, reviews},
    world::{EACH_SECOND, LONG, NEVER, PAUSE, World, said},
};
use functions_host::{Invocation, Options, TestHost};
use movie_analytics::sample::{REAL, Sample};
use serde_json::{Value, json};

/// Beside the runtime: with the thread blocked, nobody would see that the emulator closed idle
/// connections.
async fn write(sample: Sample, folder: &Path) -> Vec<String> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || sample.write_single(&folder).unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_host_lists_thirteen_functions_and_none_is_in_error() {
    let world = World::new().await;
    let host = world.host().await;
    let expected = [
        "build_fact_movie_analytics",
        "classify_movie_review",
        "dashboard",
        "erase",
        "extract_user_purchase",
        "load_user_purchase",
        "parse_log_reviews",
        "plan",
        "publish",
        "publish_requested",
        "reconcile",
        "replay",
        "status",
    ];
    assert_eq!(host.functions(), expected);
    assert_eq!(host.functions_in_error(), Default::default());
    host.stop().await;
}

#[tokio::test]
async fn three_dropped_files_become_facts_without_a_further_command() {
    let world = World { schedules: [EACH_SECOND, NEVER], ..World::new().await };
    let host = world.host().await;
    world.drop("movie_review/1.csv", reviews(&[(1, "good", 1), (2, "dull", 2)])).await;
    world
        .drop(
            "log_reviews/1.csv",
            logs(&[(1, "2021-04-19", "Mobile"), (2, "2021-04-20", "Tablet")]),
        )
        .await;
    world.drop("user_purchase/1.csv", purchases(&[("1", 2, "1.25")])).await;
    world.holds().await;
    for function in ["classify_movie_review", "parse_log_reviews", "load_user_purchase"] {
        let all = host.invocations();
        let ran = all.iter().find(|one| one.function == function).unwrap();
        assert!(ran.succeeded && said(&host, ran).await.starts_with("accepted "), "{ran}");
    }
    host.stop().await;
}

#[tokio::test]
async fn lost_events_are_found_by_reconcile_through_its_output_bindings() {
    let world = World { schedules: [EACH_SECOND, NEVER], ..World::new().await };
    let host = world.host().await;
    world.upload("movie_review/1.csv", reviews(&[(1, "good", 1)])).await;
    world.upload("log_reviews/1.csv", logs(&[(1, "2021-04-19", "Mobile")])).await;
    let reconciled = host.run("reconcile", "").await.unwrap();
    let line = said(&host, &reconciled).await;
    assert!(line.contains("2 files to read"), "{line}");
    world.holds().await;
    host.stop().await;
}

#[tokio::test]
async fn an_event_that_sets_its_own_count_of_deliveries_is_refused_and_reconcile_finds_the_file() {
    let world = World::new().await;
    let host = world.host().await;
    let path = "movie_review/1.csv";
    let mut event = world.upload(path, reviews(&[(1, "good", 1)])).await;
    event["DequeueCount"] = json!(1);
    world.queues.put(&World::queue_of(path), &event.to_string()).await.unwrap();
    let ran = host.wait_until(|all| !all.is_empty(), LONG).await.unwrap().remove(0);
    let line = said(&host, &ran).await;
    assert!(ran.succeeded && line.starts_with("refused: the message has a member"), "{line}");
    let reconciled = host.run("reconcile", "").await.unwrap();
    let line = said(&host, &reconciled).await;
    assert!(line.contains("1 files to read") || line.contains("1 file to read"), "{line}");
    host.stop().await;
}

#[tokio::test]
async fn a_handler_that_is_killed_in_the_middle_of_a_file_counts_it_once() {
    let world = World { schedules: [EACH_SECOND, NEVER], ..World::new().await };
    let sample = world.dir.path().join("sample");
    let drop = Sample { reviews: 80_000, review_bytes: REAL, purchases: 100, ..Sample::default() };
    let host = world.host().await;
    let pid = host.handler_pid().unwrap();
    let paths = write(drop, &sample).await;
    let (first, others) = paths.split_first().unwrap();
    world.drop(first, fs::read(sample.join(first)).unwrap()).await;
    // Taken from the queue and not deleted: the file is being read.
    while !world.queues.peek(&World::queue_of(first), 1).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    host.kill_handler();
    for path in others {
        world.drop(path, fs::read(sample.join(path)).unwrap()).await;
    }
    world.holds().await;
    assert_ne!(host.handler_pid(), Some(pid), "another process finished the work");
    let failed = host.invocations().iter().filter(|one| !one.succeeded).count();
    assert!(failed > 0, "the kill came when nothing ran, so this proved nothing");
    host.stop().await;
}

/// Were it to end with 0, the host would never start it again.
#[tokio::test]
async fn sigterm_to_the_handler_alone_starts_it_again_and_poisons_nothing() {
    let world = World::new().await;
    let datasets = ["movie_review/1.csv", "log_reviews/1.csv"];
    let poison = datasets.map(|path| format!("{}-poison", World::queue_of(path)));
    for name in &poison {
        world.queues.create(name).await.unwrap();
    }
    let host = world.host_with([(PAUSE, "00:00:02".to_owned())]).await;
    let pid = host.handler_pid().unwrap();
    world.drop(datasets[0], reviews(&[(1, "good", 1)])).await;
    assert!(Command::new("kill").arg(pid.to_string()).status().unwrap().success());
    world.drop(datasets[1], logs(&[(1, "2021-04-19", "Mobile")])).await;
    let staged = |all: &[Invocation]| {
        let done = all.iter().filter(|one| one.succeeded && one.function != "publish_requested");
        done.count() == 2
    };
    host.wait_until(staged, LONG).await.unwrap();
    let start = Instant::now();
    while host.handler_pid().is_none_or(|now| now == pid) {
        assert!(start.elapsed() < LONG, "the handler is not started again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let built = host.run("build_fact_movie_analytics", "").await.unwrap();
    assert!(built.succeeded, "{built}");
    world.holds().await;
    for name in &poison {
        assert_eq!(world.queues.len(name).await.unwrap(), 0, "{name}");
    }
    host.stop().await;
}

/// Not a test: a host in a process of its own, which is killed below. Its settings are the
/// environment.
#[tokio::test]
#[ignore = "run by another test, as a process"]
async fn a_host_to_kill() {
    let root = std::env::var("SCRIPT_ROOT").unwrap();
    let options = Options { print: false, ..Options::default() };
    let host = TestHost::start(Path::new(&root), [("", ""); 0], options).await.unwrap();
    println!("\nhandler {}", host.handler_pid().unwrap());
    tokio::time::sleep(LONG).await;
}

#[tokio::test]
async fn a_host_that_is_killed_leaves_no_handler_behind() {
    let world = World::new().await;
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "host::a_host_to_kill", "--ignored", "--nocapture"])
        .env("SCRIPT_ROOT", world.dir.path())
        .envs(world.settings())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(host.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let pid = lines.find_map(|line| line.strip_prefix("handler ").map(str::to_owned)).unwrap();
    // A zombie, which nobody waits for, has ended as well.
    let runs = || {
        let ps = Command::new("ps").args(["-o", "stat=", "-p", &pid]).output().unwrap();
        let state = String::from_utf8(ps.stdout).unwrap();
        !state.trim().is_empty() && !state.trim().starts_with('Z')
    };
    assert!(runs());
    host.kill().unwrap();
    host.wait().unwrap();
    let killed = Instant::now();
    while runs() {
        assert!(killed.elapsed() < Duration::from_secs(10), "the handler is an orphan");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The handler aborts when it has this file in hand.
const KILLER: &str = "movie_review/2.csv";

#[tokio::test]
async fn a_file_that_kills_the_process_each_time_is_given_up_and_the_others_are_accepted() {
    let world = World { schedules: [EACH_SECOND, NEVER], ..World::new().await };
    let poison = format!("{}-poison", World::queue_of(KILLER));
    world.queues.create(&poison).await.unwrap();
    let lethal = [("ABORT_AT", KILLER.to_owned()), (PAUSE, "00:00:02".to_owned())];
    let rows = [1, 2, 3, 4].map(|id| (id, "2021-04-19", "Mobile"));
    world.drop("log_reviews/1.csv", logs(&rows)).await;
    world.drop("movie_review/1.csv", reviews(&[(1, "good", 1)])).await;
    world.drop(KILLER, reviews(&[(2, "good", 2)])).await;
    let (start, mut hosts, mut deaths) = (Instant::now(), 0, 0);
    while world.queues.len(&poison).await.unwrap() == 0 {
        assert!(start.elapsed() < 3 * LONG, "the message is not in {poison}");
        // The host stops itself after three deaths; the platform starts it again.
        let host = world.host_with(lethal.clone()).await;
        let given_up = async {
            while world.queues.len(&poison).await.unwrap() == 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            () = given_up => {}
            _ = host.stopped() => {}
        }
        deaths += host.lines().iter().filter(|line| line.text.contains("SIGABRT")).count();
        host.stop().await;
        hosts += 1;
        if hosts == 1 {
            assert_eq!(world.queues.len(&poison).await.unwrap(), 0, "three deaths are too few");
            world.drop("movie_review/3.csv", reviews(&[(3, "good", 3)])).await;
        }
    }
    assert!((1..=5).contains(&deaths), "{deaths} deaths");

    // The file kills still. All the others count.
    let host = world.host_with(lethal).await;
    world.drop("movie_review/4.csv", reviews(&[(4, "good", 4)])).await;
    let killer = world.dir.path().join("raw").join(KILLER);
    let content = fs::read(&killer).unwrap();
    fs::remove_file(&killer).unwrap();
    world.holds().await;
    // Nothing is due, and both kinds of status name the file and what comes next.
    let reconciled = host.run("reconcile", "").await.unwrap();
    let line = said(&host, &reconciled).await;
    assert!(line.contains("0 files to read, 1 that killed the process before"), "{line}");
    let status = reqwest::get(host.url("/api/status")).await.unwrap();
    let status: Value = serde_json::from_slice(&status.bytes().await.unwrap()).unwrap();
    let [refused] = &status["datasets"][0]["refused"].as_array().unwrap()[..] else {
        panic!("{status}")
    };
    assert_eq!((&refused["path"], &refused["state"]), (&json!(KILLER), &json!("failed")));
    assert_eq!(refused["failure"]["times"], 1);
    let retry_at = refused["failure"]["retry_at"].as_str().unwrap();
    let text = Command::new(env!("CARGO_BIN_EXE_movie-analytics"))
        .arg("status")
        .current_dir(world.dir.path())
        .envs(world.settings())
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    let sentence =
        format!(": reading it killed the process; reconcile tries it again after {retry_at}");
    let line = text.lines().find(|line| line.starts_with(&format!("failed {KILLER} since ")));
    assert!(line.is_some_and(|line| line.ends_with(&sentence)), "{text}");
    assert_eq!(world.queues.len(&poison).await.unwrap(), 1);
    host.stop().await;

    // The cause is fixed, and an operator does not wait for reconcile.
    fs::write(&killer, content).unwrap();
    let host = world.host().await;
    let body = json!({ "failed": true }).to_string();
    let client = reqwest::Client::new();
    let request = client.post(host.url("/api/replay")).header("content-type", "application/json");
    assert_eq!(request.body(body).send().await.unwrap().status(), 202);
    world.holds().await;
    host.stop().await;
}

#[tokio::test]
async fn foreign_events_are_acknowledged_and_say_why() {
    let world = World::new().await;
    let host = world.host().await;
    let foreign = eventgrid::blob_created("another", "raw", "movie_review/1.csv", "0x1", 7);
    let ours =
        eventgrid::blob_created(world.account.name(), "staging", "movie_review/1.csv", "0x1", 7);
    for event in [foreign, ours] {
        let ran = host.run("classify_movie_review", &event.to_string()).await.unwrap();
        assert!(
            ran.succeeded && said(&host, &ran).await.starts_with("ignored an event: "),
            "{ran}"
        );
    }
    let gone = eventgrid::blob_created(world.account.name(), "raw", "movie_review/1.csv", "0x1", 7);
    let ran = host.run("classify_movie_review", &gone.to_string()).await.unwrap();
    assert!(ran.succeeded && said(&host, &ran).await.starts_with("gone "), "{ran}");
    let ran = host.run("classify_movie_review", "not an event").await.unwrap();
    assert!(ran.succeeded, "{ran}");
    host.stop().await;
}

/// Before the first publish and after it; a browser is not sent twice what it has.
#[tokio::test]
async fn the_dashboard_is_read_by_anybody_whom_the_host_lets_in() {
    let world = World::new().await;
    let host = world.host().await;
    let page = reqwest::get(host.url("/api/dashboard")).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Nothing is published yet"));

    world.upload("movie_review/1.csv", reviews(&[(1, "good", 1), (2, "dull", 2)])).await;
    let rows = [(1, "2021-04-19", "Mobile"), (2, "2021-04-20", "Smart &amp; TV")];
    world.upload("log_reviews/1.csv", logs(&rows)).await;
    host.run("reconcile", "").await.unwrap();
    let read = |all: &[Invocation]| {
        all.iter().filter(|one| one.function != "reconcile" && one.succeeded).count() >= 3
    };
    host.wait_until(read, LONG).await.unwrap();
    let built = host.run("build_fact_movie_analytics", "").await.unwrap();
    assert!(built.succeeded, "{built}");

    // The host joins values of one name; the page reads the address itself.
    let address = "/api/dashboard?device=Mobile&device=Smart+%26+TV&from=2021-04-20";
    let page = reqwest::get(host.url(address)).await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.headers().contains_key("content-security-policy"));
    let tag = page.headers()["etag"].clone();
    let html = page.text().await.unwrap();
    assert!(html.contains("Smart &amp; TV") && html.contains("1 day with reviews"), "{html}");
    let client = reqwest::Client::new();
    let head = client.head(host.url(address)).send().await.unwrap();
    assert_eq!((head.status().as_u16(), &head.headers()["etag"]), (200, &tag));
    assert_eq!(head.text().await.unwrap(), "");
    let again = client.get(host.url(address)).header("if-none-match", tag).send().await.unwrap();
    assert_eq!((again.status().as_u16(), again.text().await.unwrap()), (304, String::new()));
    // The pages behind it are of the same function, and the links between them are relative.
    assert!(html.contains("href=\"dashboard/dictionary\""));
    let dictionary = reqwest::get(host.url("/api/dashboard/dictionary")).await.unwrap();
    let dictionary = dictionary.text().await.unwrap();
    assert!(dictionary.contains("review_score") && dictionary.contains("href=\"../dashboard\""));
    host.stop().await;
}
