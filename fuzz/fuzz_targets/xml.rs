//! Session logs of any text: staged or refused, and no digit of an address leaves unmasked.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pipeline::{Dataset, Options, parser};

fuzz_target!(|document: &str| {
    let row = format!("1,\"{}\"\n", document.replace('"', "\"\""));
    let mut parser = parser(Dataset::ReviewLogs, &Options::default());
    let bytes = [b"id_review,log\n", row.as_bytes()].concat();
    for chunk in bytes.chunks(4096) {
        parser.space()[..chunk.len()].copy_from_slice(chunk);
        if parser.filled(chunk.len()).is_err() {
            return;
        }
    }
    if parser.finish().is_err() {
        return;
    }
    let tally = parser.tally();
    assert_eq!(tally.rows_in, 1);
    let (staged, refused) = (parser.take_rows(), parser.take_refused());
    assert!(staged.is_some() != refused.is_some());
});
