//! What the fuzz targets begin with, and what once broke them, whole and cut off anywhere.

#[path = "../../fuzz/checks/csv.rs"]
mod csv;
#[path = "../../fuzz/checks/events.rs"]
mod events;
#[path = "../../fuzz/checks/host.rs"]
mod host;
#[path = "../../fuzz/checks/xml.rs"]
mod xml;

use std::{fs, path::Path};

/// Longest part that is checked at each of its lengths.
const SHORT: usize = 2_000;

#[track_caller]
fn check(target: &str, check: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut checked = 0;
    for folder in ["seeds", "artifacts"] {
        // Artifacts are there only where a target was broken on this machine.
        let Ok(entries) = fs::read_dir(fuzz.join(folder).join(target)) else { continue };
        for entry in entries {
            let bytes = fs::read(entry.expect("an entry").path()).expect("a seed");
            check(&bytes);
            (0..bytes.len().min(SHORT)).for_each(|len| check(&bytes[..len]));
            checked += 1;
        }
    }
    assert!(checked > 2, "there are no seeds for {target}");
}

#[test]
fn vendor_files() {
    check("csv", csv::check);
}

#[test]
fn session_logs() {
    check("xml", xml::check);
}

#[test]
fn queue_messages() {
    check("events", events::check);
}

#[test]
fn bodies_of_the_host() {
    check("host", host::check);
}
