//! Memory does not grow with the files.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[path = "common/mod.rs"]
mod common;

use std::{fmt::Write, fs, io::Write as _, iter};

use common::{app::command, place::Place, watched::watched};
use movie_analytics::sample::{REAL, Sample};
use serde_json::Value;

const MIB: u64 = 1 << 20;

/// What the program takes beside `ENGINE_MEMORY_MB`.
const BESIDE: u64 = 64 * MIB;

/// `run --json` with this `ENGINE_MEMORY_MB`; its report, and its peak resident memory in bytes.
fn run(place: &Place, engine_mb: u64) -> (Value, u64) {
    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    let words = ["run", "--lake", &lake, "--warehouse", &warehouse, "--json"];
    let mut command = command(place.folder(), &words);
    command.env("ENGINE_MEMORY_MB", engine_mb.to_string());
    let (ran, peak) = watched(command);
    (ran.ends_with(0).json(), peak)
}

/// As [`run`], within the budget.
#[track_caller]
fn run_within(place: &Place, engine_mb: u64) -> Value {
    let (report, peak) = run(place, engine_mb);
    println!("{} MiB, of which {engine_mb} MiB for the engine", peak / MIB);
    assert!(peak < engine_mb * MIB + BESIDE, "{} MiB", peak / MIB);
    report
}

/// Reviews of these ids, with a thousand customers.
fn reviews(ids: impl Iterator<Item = i64>) -> String {
    let mut text = String::from("cid,review_str,id_review\n");
    ids.for_each(|id| writeln!(text, "{},good,{id}", id.rem_euclid(1_000)).unwrap());
    text
}

/// Logs of these ids on a day of May 2021, with this suffix to all texts.
fn logs(ids: impl Iterator<Item = i64>, day: u32, suffix: impl Fn(i64) -> String) -> String {
    let mut text = String::from("id_review,log\n");
    for id in ids {
        let own = suffix(id);
        writeln!(
            text,
            "{id},<reviewlog><log><logDate>05-{day:02}-2021</logDate><device>d{own}</device>\
             <location>l{own}</location><os>o{own}</os><browser>b{own}</browser></log></reviewlog>"
        )
        .unwrap();
    }
    text
}

fn gzip(text: &str) -> Vec<u8> {
    let mut file = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    file.write_all(text.as_bytes()).unwrap();
    file.finish().unwrap()
}

fn same(_: i64) -> String {
    String::new()
}

/// Peak resident memory of `run` on single files with so many reviews, in bytes, and the size
/// of the file of reviews.
fn peak(reviews: u64) -> (u64, u64) {
    let place = Place::new();
    let sample = Sample { reviews, review_bytes: REAL, purchases: reviews, ..Sample::default() };
    let files = sample.write_single(&place.raw()).unwrap();
    let size = fs::metadata(place.raw().join(&files[0])).unwrap().len();
    (run(&place, 256).1, size)
}

#[test]
fn four_times_the_reviews_take_hardly_more_memory() {
    let (small, small_size) = peak(16_000);
    let (large, large_size) = peak(64_000);
    let mib = |bytes: u64| bytes / MIB;
    let shown = format!(
        "{} MiB for a file of {} MiB, {} MiB for one of {} MiB",
        mib(small),
        mib(small_size),
        mib(large),
        mib(large_size)
    );
    println!("{shown}");
    assert!(small_size > 19 * MIB && large_size > 75 * MIB, "{shown}");
    // Facts, not reviews, may take memory: a log row of the days to build takes about 100 bytes.
    assert!(large < 256 * MIB && large < small + 24 * MIB, "{shown}");
}

/// The whole day again in each export: 35 times what the budget holds, of 100,000 ids.
#[test]
fn a_day_in_growing_exports_stays_within_the_budget() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(0..100_000));
    let export = gzip(&logs(0..100_000, 1, same));
    (1..=29).for_each(|day| place.drop(&format!("log_reviews/2021-05-{day:02}.csv.gz"), &export));
    let summary = &run_within(&place, 8)["summary"];
    assert_eq!((&summary["reviews"], &summary["days"]), (&100_000.into(), &1.into()));
    assert_eq!(summary["facts"], 1_000);
}

/// Ids of its own for each log, and no order in them.
#[test]
fn a_day_of_many_logs_stays_within_the_budget() {
    let place = Place::new();
    let ids = || (0..400_000_i64).map(|n| n * 7_919 % 400_000 * 1_000);
    place.drop("movie_review/a.csv", reviews(ids().map(|id| id + 1)));
    place.drop("movie_review/b.csv", reviews(ids()));
    place.drop("log_reviews/a.csv.gz", gzip(&logs(ids(), 1, same)));
    let summary = &run_within(&place, 4)["summary"];
    assert_eq!((&summary["reviews"], &summary["facts"]), (&400_000.into(), &1.into()));
}

/// Texts are 2.3 KB a log: 47 MB of them.
#[test]
fn texts_stay_within_the_budget() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(0..20_000));
    let own = |id| format!("{id:06}{}", "\u{3042}".repeat(193));
    place.drop("log_reviews/a.csv", logs(0..20_000, 1, own));
    let summary = &run_within(&place, 32)["summary"];
    assert_eq!((&summary["reviews"], &summary["facts"]), (&20_000.into(), &20_000.into()));
    assert_eq!(summary["devices"], 20_000);
}

/// A million members of dimensions, all short.
#[test]
fn many_members_stay_within_the_budget() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(0..250_000));
    place.drop("log_reviews/a.csv", logs(0..250_000, 1, |id| id.to_string()));
    let summary = &run_within(&place, 64)["summary"];
    assert_eq!((&summary["facts"], &summary["browsers"]), (&250_000.into(), &250_000.into()));
}

/// Every day has ids far off.
#[test]
fn wild_ids_do_not_make_a_new_day_read_the_history() {
    let place = Place::new();
    let far = 9_000_000_000_000_000_000;
    let drop = |day: i64| {
        let dense = day * 100_000..day * 100_000 + 1_000;
        let ids = || iter::once(day - far).chain(dense.clone()).chain([far + day]);
        let (review, log) = (reviews(ids()), logs(ids(), 1 + day as u32, same));
        place.drop(&format!("movie_review/{day:02}.csv"), review);
        place.drop(&format!("log_reviews/{day:02}.csv"), log);
    };
    (0..25).for_each(drop);
    run_within(&place, 1);
    drop(25);
    let report = run_within(&place, 1);
    assert_eq!(report["work"]["parquet_files_read"], 2, "its logs and its reviews");
    assert_eq!(report["summary"]["reviews"], 26 * 1_002);
}
