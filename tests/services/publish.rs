//! Facts within seconds of a file: each accepted file orders a publish, without a timer.

use std::{process::Command, time::Duration};

use crate::{
    common::drop::{logs, reviews},
    world::{NEVER, World},
};
use serde_json::Value;
use tokio::sync::Mutex;

const FILES: i64 = 100;
const PAUSE: Duration = Duration::from_millis(200);

/// Drops so many files within 20 s and kills the handler at some of them. Returns what `status`
/// tells once all are in the facts.
async fn after_a_burst(kills: &[i64]) -> Value {
    // One after the other: what is measured is time.
    static TURN: Mutex<()> = Mutex::const_new(());
    let _turn = TURN.lock().await;
    let world = World { schedules: [NEVER, NEVER], ..World::new().await };
    let host = world.host().await;
    for nth in 0..FILES {
        let id = nth / 2;
        let began = tokio::time::Instant::now();
        match nth % 2 {
            0 => world.drop(&format!("movie_review/{id}.csv"), reviews(&[(id, "good", id)])).await,
            _ => {
                let log = [(id, "2021-04-19", "Mobile")];
                world.drop(&format!("log_reviews/{id}.csv"), logs(&log)).await;
            }
        }
        if kills.contains(&nth) {
            host.kill_handler();
        }
        tokio::time::sleep_until(began + PAUSE).await;
    }
    world.holds().await;
    let failed: Vec<_> = host.invocations().into_iter().filter(|one| !one.succeeded).collect();
    assert!(kills.is_empty() || !failed.is_empty(), "killed when nothing ran: this proves nothing");
    assert!(!kills.is_empty() || failed.is_empty(), "{failed:?}");
    host.stop().await;
    let status = Command::new(env!("CARGO_BIN_EXE_movie-analytics"))
        .args(["status", "--json"])
        .current_dir(world.dir.path())
        .envs(world.settings())
        .output()
        .unwrap();
    serde_json::from_slice(&status.stdout).unwrap()
}

#[track_caller]
fn assert_soon_and_few(status: &Value) {
    let summary = &status["summary"];
    let publishes = summary["publishes"].as_array().unwrap();
    println!("{} publishes; {}", publishes.len(), summary["latency"]);
    assert!((1..=3).contains(&publishes.len()), "{publishes:#?}");
    let latency = summary["latency"].as_array().unwrap();
    let files: i64 = latency.iter().map(|of| of["files"].as_i64().unwrap()).sum();
    assert_eq!((files, latency.len()), (FILES, 2));
    for of in latency {
        assert!(of["published"]["p95"].as_u64().unwrap() <= 15, "{of}");
    }
}

#[tokio::test]
async fn a_burst_of_files_is_in_the_facts_soon_by_few_publishes() {
    assert_soon_and_few(&after_a_burst(&[]).await);
}

#[tokio::test]
async fn so_it_is_when_the_handler_is_killed_twice() {
    assert_soon_and_few(&after_a_burst(&[15, 75]).await);
}
