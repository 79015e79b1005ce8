//! See `checks/csv.rs`.

#![no_main]

#[path = "../checks/csv.rs"]
mod csv;

libfuzzer_sys::fuzz_target!(|data: &[u8]| csv::check(data));
