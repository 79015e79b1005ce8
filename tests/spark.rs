//! The whole product with its aggregation on a cluster: a Sail server with a driver and workers,
//! reading the lake from a local folder.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod common;
#[path = "../crates/engine/tests/sail/mod.rs"]
mod sail;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use common::{
    app,
    drop::{logs, purchases, reviews},
    lab::settle,
    oracle::Oracle,
    warehouse,
};
use movie_analytics::{deps::Deps, settings::Settings};
use pipeline::Dataset;
use sail::Sail;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf},
};

/// A lake and a warehouse in a folder.
struct Home {
    dir: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn file(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn warehouse(&self) -> PathBuf {
        self.file("warehouse.db")
    }

    fn drop_file(&self, path: &str, content: &str) {
        let path = self.file("lake/raw").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Another process with this engine.
    fn deps(&self, engine: &str) -> Deps {
        self.deps_into(engine, &self.warehouse())
    }

    fn deps_into(&self, engine: &str, warehouse: &Path) -> Deps {
        let settings = Settings::read(|name| match name {
            "LAKE" => Some(format!("file:{}", self.file("lake").display())),
            "WAREHOUSE" => Some(format!("sqlite:{}", warehouse.display())),
            "ENGINE" => Some(engine.to_owned()),
            _ => None,
        });
        Deps::new(settings.unwrap()).unwrap()
    }

    fn oracle(&self) -> Oracle {
        let mut contents = BTreeMap::new();
        let mut folders = vec![self.file("lake/raw")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => {
                        let name = path.strip_prefix(self.file("lake/raw")).unwrap();
                        let name = name.to_str().unwrap().to_owned();
                        contents.insert(name, fs::read(&path).unwrap());
                    }
                }
            }
        }
        Oracle::of_contents(contents)
    }

    #[track_caller]
    fn holds_the_files(&self) {
        let oracle = self.oracle();
        warehouse::assert_same(&warehouse::facts(&self.warehouse()), &oracle.facts);
        assert_eq!(warehouse::spend(&self.warehouse()), oracle.spend);
    }
}

const ALWAYS: &str = "from_rows=0";

/// Several files with ids in common, then a restatement that moves some to other days.
fn first(home: &Home) {
    let good = |ids: std::ops::Range<i64>| {
        reviews(
            &ids.map(|id| (id % 7, if id % 3 == 0 { "good" } else { "bad" }, id))
                .collect::<Vec<_>>(),
        )
    };
    home.drop_file("movie_review/1.csv", &good(0..200));
    home.drop_file("movie_review/2.csv", &good(150..300));
    let days = ["2021-04-19", "2021-04-20", "2021-04-21"];
    let rows = |ids: std::ops::Range<i64>, shift: i64| {
        logs(&ids.map(|id| (id, days[((id + shift) % 3) as usize], "Mobile")).collect::<Vec<_>>())
    };
    home.drop_file("log_reviews/1.csv", &rows(0..200, 0));
    home.drop_file("log_reviews/2.csv", &rows(180..320, 1));
    home.drop_file("user_purchase/1.csv", &purchases(&[("1", 3, "0.005"), ("2", -1, "12.345")]));
}

fn second(home: &Home) {
    let moved: Vec<_> = (100..330).map(|id| (id, "2021-04-22", "Tablet")).collect();
    home.drop_file("log_reviews/2.csv", &logs(&moved));
    // Ids that stand in the other file too keep its customer.
    let restated = (0..250).map(|id| (if id < 150 { 3 } else { id % 7 }, "good", id));
    home.drop_file("movie_review/1.csv", &reviews(&restated.collect::<Vec<_>>()));
    home.drop_file("user_purchase/1.csv", &purchases(&[("1", 3, "0.004"), ("3", 7, "0.1")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drop_becomes_the_same_facts_on_a_cluster() {
    let sail = Sail::start(None).await;
    let home = Home::new();
    let engine = format!("{}/;{ALWAYS}", sail.address());
    first(&home);
    settle(&home.deps(&engine)).await.unwrap();
    home.holds_the_files();
    second(&home);
    settle(&home.deps(&engine)).await.unwrap();
    home.holds_the_files();
    // Another warehouse of the same lake, built by this process alone.
    let other = home.file("other.db");
    settle(&home.deps_into("embedded", &other)).await.unwrap();
    warehouse::assert_same(&warehouse::facts(&home.warehouse()), &warehouse::facts(&other));
    assert_eq!(warehouse::spend(&home.warehouse()), warehouse::spend(&other));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_set_wakes_no_cluster() {
    let home = Home::new();
    first(&home);
    // Nothing listens there.
    settle(&home.deps("sc://127.0.0.1:1")).await.unwrap();
    home.holds_the_files();
}

/// The server is stopped after ever more of its answers: while it counts rows, finds dirty days,
/// sends facts. Each time the warehouse has the facts of before, and the next run those of now.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_in_the_middle_leaves_no_half_publish() {
    let sail = Sail::start(None).await;
    let direct = format!("{}/;{ALWAYS}", sail.address());
    let mut failed = 0;
    let mut answers = 1;
    loop {
        let home = Home::new();
        first(&home);
        settle(&home.deps(&direct)).await.unwrap();
        let before = warehouse::facts(&home.warehouse());
        let spend = warehouse::spend(&home.warehouse());
        second(&home);
        let door = Door::to(sail.port(), answers, false).await;
        match settle(&home.deps(&format!("sc://127.0.0.1:{}/;{ALWAYS}", door.port))).await {
            Ok(()) => {
                home.holds_the_files();
                break;
            }
            Err(error) => {
                failed += 1;
                let text = format!("{error:#}");
                assert!(text.contains("the cluster at sc://127.0.0.1"), "{text}");
                warehouse::assert_same(&warehouse::facts(&home.warehouse()), &before);
                assert_eq!(warehouse::spend(&home.warehouse()), spend);
                settle(&home.deps(&direct)).await.unwrap();
                home.holds_the_files();
            }
        }
        answers *= 3;
    }
    assert!(failed >= 2, "it was stopped {failed} times only");
}

/// The connection breaks again and again, and the server is still there. Most breaks are mended
/// within the run; where the server has forgotten the query, the next run does it.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_costs_a_run_at_most() {
    let sail = Sail::start(None).await;
    let home = Home::new();
    first(&home);
    let door = Door::to(sail.port(), 9, true).await;
    let engine = format!("sc://127.0.0.1:{}/;{ALWAYS}", door.port);
    let mut runs = 1;
    while let Err(error) = settle(&home.deps(&engine)).await {
        assert!(!warehouse::has_facts(&home.warehouse()), "half a publish");
        assert!(runs < 20, "{error:#}");
        runs += 1;
    }
    home.holds_the_files();
    assert!(door.closed.load(SeqCst) > 0, "no connection was broken");
}

/// A cluster that has another lake.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_find_the_files_fails_the_run() {
    let sail = Sail::start(None).await;
    let home = Home::new();
    first(&home);
    let elsewhere = tempfile::tempdir().unwrap();
    let engine = format!("{}/;{ALWAYS};lake={}", sail.address(), elsewhere.path().display());
    let error = settle(&home.deps(&engine)).await.unwrap_err();
    assert!(!warehouse::has_facts(&home.warehouse()), "{error:#}");
    settle(&home.deps("embedded")).await.unwrap();
    home.holds_the_files();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_takes_too_long_fails_the_run() {
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let home = Home::new();
    first(&home);
    let engine = format!("sc://127.0.0.1:{port}/;{ALWAYS};deadline_s=1");
    let error = format!("{:#}", settle(&home.deps(&engine)).await.unwrap_err());
    assert!(error.contains("within 1 s") && error.contains("deadline_s"), "{error}");
    assert!(!warehouse::has_facts(&home.warehouse()));
}

/// Sweeps run beside publishes on the cluster and beside those of a second warehouse, which comes later:
/// whatever a publish reads is there.
#[tokio::test(flavor = "multi_thread")]
async fn sweeps_beside_publishes_take_nothing_that_is_read() {
    let sail = Sail::start(None).await;
    let home = Home::new();
    let engine = format!("{}/;{ALWAYS}", sail.address());
    let sweeper = home.deps("embedded");
    // Longer than a publish here, and short enough that rounds find something old.
    let grace = Duration::from_secs(4);
    let late = home.file("late.db");
    let mut swept = 0;
    for round in 0..8 {
        if round % 2 == 0 {
            first(&home)
        } else {
            second(&home)
        }
        let publisher = home.deps(&engine);
        let done = AtomicBool::new(false);
        let publish = async {
            let published = settle(&publisher).await;
            done.store(true, SeqCst);
            published
        };
        let sweeps = async {
            let mut swept = 0;
            while !done.load(SeqCst) {
                for dataset in Dataset::ALL {
                    swept += sweeper.lake.sweep(dataset, grace).await.unwrap().parquet;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            swept
        };
        let (published, taken) = tokio::join!(publish, sweeps);
        published.unwrap();
        swept += taken;
        home.holds_the_files();
        if round % 3 == 2 {
            settle(&home.deps_into("embedded", &late)).await.unwrap();
            warehouse::assert_same(&warehouse::facts(&late), &home.oracle().facts);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(swept > 0, "nothing was old enough");
}

/// The facts of one day do not fit: it is held back, and what `status` says to do is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_does_not_fit_is_held_back_until_the_budget_is_raised_and_it_is_accepted() {
    let sail = Sail::start(None).await;
    let home = Home::new();
    let (large, small) = ("2021-04-19", "2021-04-20");
    // 48 bytes each, where the budget has 1 MiB.
    let ids = 0..25_000;
    home.drop_file(
        "movie_review/1.csv",
        &reviews(&ids.clone().map(|n| (n, "good", n)).collect::<Vec<_>>()),
    );
    let day = |id| if id < 3 { small } else { large };
    home.drop_file("log_reviews/1.csv", &logs(&ids.map(|n| (n, day(n), "TV")).collect::<Vec<_>>()));
    let (lake, warehouse) = (home.file("lake"), home.warehouse());
    let (lake, warehouse) =
        (format!("file:{}", lake.display()), format!("sqlite:{}", warehouse.display()));
    let run = |words: &[&str], memory_mb: &str| {
        let mut args = words.to_vec();
        args.extend(["--lake", &lake, "--warehouse", &warehouse]);
        let mut command = app::command(home.dir.path(), &args);
        let engine = format!("{}/;{ALWAYS}", sail.address());
        command.env("ENGINE", engine).env("ENGINE_MEMORY_MB", memory_mb);
        let ran = command.output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    let (code, _) = run(&["run", "--create"], "1");
    assert_eq!(code, Some(3));
    assert_eq!(warehouse::facts(&home.warehouse()).len(), 3, "those of the other day");
    let (code, status) = run(&["status"], "1");
    assert_eq!(code, Some(3));
    let held = format!("{large} has been held back since publish 1");
    assert!(
        status.lines().any(|line| line.contains(&held) && line.contains("fits_memory")),
        "{status}"
    );
    assert!(status.contains("raise ENGINE_MEMORY_MB and accept them"), "{status}");
    let accept = status.split('`').find(|text| text.starts_with("publish --accept")).unwrap();
    let (code, ran) = run(&accept.split(' ').collect::<Vec<_>>(), "64");
    assert_eq!(code, Some(0), "{ran}");
    home.holds_the_files();
    assert_eq!(run(&["status"], "64").0, Some(0));
}

/// A stand-in for the network between us and the server: it closes a connection after so many
/// pieces of the server's answers.
struct Door {
    port: u16,
    closed: Arc<AtomicUsize>,
}

impl Door {
    /// `reopens`: later connections are served, up to as many pieces each; else they are refused.
    async fn to(server: u16, pieces: usize, reopens: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let closed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&closed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                let count = Arc::clone(&count);
                let passing = tokio::spawn(pass(client, server, pieces, count));
                if !reopens {
                    let _ = passing.await;
                    // Nobody listens any more.
                    break;
                }
            }
        });
        Self { port, closed }
    }
}

async fn pass(client: TcpStream, server: TcpStream, pieces: usize, closed: Arc<AtomicUsize>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = tokio::spawn(async move { while copy(&mut from_client, &mut to_server).await {} });
    for _ in 0..pieces {
        if !copy(&mut from_server, &mut to_client).await {
            break;
        }
    }
    closed.fetch_add(1, SeqCst);
    up.abort();
}

/// Hands one piece on; `false` when either side is closed.
async fn copy(from: &mut OwnedReadHalf, to: &mut (impl AsyncWriteExt + Unpin)) -> bool {
    let mut piece = vec![0; 64 << 10];
    match from.read(&mut piece).await {
        Ok(read) if read > 0 => to.write_all(&piece[..read]).await.is_ok(),
        _ => false,
    }
}
