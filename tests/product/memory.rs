//! Memory does not grow with the files.

#![cfg(target_os = "linux")]

use std::fs;

use crate::common::{app::command, place::Place, watched::watched};
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
    let (ran, peak) = watched(command(place.folder(), &args));
    ran.ends_with(0);
    (peak, size)
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
