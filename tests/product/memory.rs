//! Memory does not grow with the files.

#![cfg(target_os = "linux")]

use std::fs;

use crate::{
    common::{place::Place, watched::watched},
    on,
};
use movie_analytics::sample::{REAL, Sample};

const MIB: u64 = 1 << 20;

/// Peak resident memory of `run` on single files with so many reviews, in bytes, and the size
/// of the file of reviews.
fn peak(reviews: u64) -> (u64, u64) {
    let place = Place::new();
    let sample = Sample { reviews, review_bytes: REAL, purchases: reviews, ..Sample::default() };
    let files = sample.write_single(&place.raw()).unwrap();
    let size = fs::metadata(place.raw().join(&files[0])).unwrap().len();
    let (ran, peak) = watched(on(&place, &["run", "--json"]));
    ran.ends_with(0);
    (peak, size)
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
