//! Memory does not grow with the files.

#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

mod common;

use std::{fs, process::Stdio, thread::sleep, time::Duration};

use common::{app::command, place::Place};
use movie_analytics::sample::{REAL, Sample};

const MIB: u64 = 1 << 20;

/// Peak resident memory of `run` on single files with so many reviews, in bytes, and the size
/// of the file of reviews.
fn peak(reviews: u64) -> (u64, u64) {
    let place = Place::new();
    let sample = Sample { reviews, review_bytes: REAL, purchases: reviews, ..Sample::default() };
    let files = sample.write_single(&place.raw()).unwrap();
    let size = fs::metadata(place.raw().join(&files[0])).unwrap().len();
    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    let args = ["run", "--lake", &lake, "--warehouse", &warehouse, "--json"];
    let mut child = command(place.folder(), &args).stdout(Stdio::null()).spawn().unwrap();
    // The kernel keeps the high-water mark, so it is only the last moments that may be missed.
    let mut peak = 0;
    let status = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        peak = peak.max(high_water_mark(&status).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        sleep(Duration::from_millis(2));
    };
    assert!(status.success(), "{status}");
    assert!(peak > 0, "the peak was not seen");
    (peak, size)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[test]
fn four_times_the_reviews_take_hardly_more_memory() {
    let (small, small_size) = peak(16_000);
    let (large, large_size) = peak(64_000);
    let mib = |bytes: u64| bytes / MIB;
    println!("{} MiB: {} MiB", mib(small_size), mib(small));
    println!("{} MiB: {} MiB", mib(large_size), mib(large));
    assert!(small_size > 19 * MIB && large_size > 75 * MIB, "{small_size} {large_size}");
    assert!(large < 256 * MIB, "{} MiB for a file of {} MiB", mib(large), mib(large_size));
    // Facts, not reviews, may take memory: a log row of the days to build takes about 100 bytes.
    let margin = 24 * MIB;
    assert!(
        large < small + margin,
        "{} MiB for a file of {} MiB, {} MiB for one of {} MiB",
        mib(small),
        mib(small_size),
        mib(large),
        mib(large_size)
    );
}
