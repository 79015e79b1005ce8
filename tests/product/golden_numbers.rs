//! One file of numbers that every report of this repository is held against: the page in
//! `tests/services/dashboard`, the Power BI model by whoever opens it. They come from the demo's raw
//! files and the oracle, so nothing of the product can make them agree with a mistake of its own.
//!
//! `UPDATE_GOLDEN=1 cargo test --test product golden_numbers` writes them anew, after the sample changed.

use std::{env, fs, path::Path};

use crate::common::{numbers::Golden, oracle::Oracle};
use movie_analytics::sample::Sample;

const ABOUT: &str = "Numbers of the drop that `movie-analytics demo` makes, by the names of the \
    measures, computed by tests/product/golden_numbers.rs from the raw files; that file says how to write \
    them anew.";

#[test]
fn the_golden_numbers_are_those_of_the_demo() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden_dashboard.json");
    let raw = tempfile::tempdir().unwrap();
    Sample::default().write(raw.path()).unwrap();
    let numbers = Golden::of(ABOUT, &Oracle::of_folder(raw.path()));
    let text = serde_json::to_string_pretty(&numbers).unwrap() + "\n";
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}
