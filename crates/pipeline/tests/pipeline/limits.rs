//! What long records and unbalanced quotes cost, and what they are called.

use crate::common::read_with;
use pipeline::{Dataset, FileReason, Limits, Options, RowReason, parser};

const HEADER: &str = "cid,review_str,id_review\n";
const CHUNKS: [usize; 4] = [1, 99, 1_000, usize::MAX];

fn options() -> Options {
    let limits = Limits { field: 1_000, line: 4_000, refused_share: 1.0, ..Limits::default() };
    Options { limits, ..Options::default() }
}

/// The first refused row, by the name of its reason, however the bytes arrive.
#[track_caller]
fn first_refused(rows: &str) -> (u64, &'static str) {
    let text = format!("{HEADER}{rows}");
    let found = CHUNKS.map(|chunk| {
        let read = read_with(Dataset::ClassifiedMovieReview, &options(), text.as_bytes(), chunk);
        let read = read.expect("the file is read");
        let (line, reason, _) = read.refused[0].clone();
        (line, reason, read.tally)
    });
    assert!(found.iter().all(|other| *other == found[0]));
    let (line, reason, _) = &found[0];
    let reason = RowReason::ALL.iter().find(|known| known.name() == reason);
    (*line, reason.expect("a reason").name())
}

#[test]
fn a_quote_that_is_never_closed_is_malformed_however_much_follows() {
    let good = "1,good,1\n";
    for rows in [1, 10, 100, 300, 400, 1_000, 10_000] {
        let text = good.repeat(3) + "1,\"good,1\n" + &good.repeat(rows);
        assert_eq!(first_refused(&text), (5, "malformed_record"), "{rows} rows behind it");
    }
}

#[test]
fn a_field_that_ends_is_too_long() {
    for length in [1_001, 1_500, 3_900] {
        let text = format!("1,\"{}\",1\n", "x".repeat(length));
        assert_eq!(first_refused(&text), (2, "too_long"), "{length}");
    }
    for lines in [11, 25, 39] {
        let text = format!("1,\"{}\",1\n", ("x".repeat(99) + "\n").repeat(lines));
        assert_eq!(first_refused(&text), (2, "too_long"), "{lines} lines");
    }
}

#[test]
fn a_record_that_goes_on_beyond_a_line_is_too_long() {
    // Fields within the limit, each of several lines, and more of them than a record may hold.
    let field = format!("\"{}\",", "x\n".repeat(400));
    assert_eq!(first_refused(&format!("1,{}2\n", field.repeat(6))), (2, "too_long"));
}

/// Each line would be the first of a record that never ends: the field that begins in one line
/// ends in the next, where another begins.
const CHAIN: &str = "\",x\",\"a\n";

/// Bytes handed over until the file was refused for its quotes.
fn handed_over(text: &str) -> usize {
    let mut parser = parser(Dataset::ClassifiedMovieReview, &options());
    let mut at = 0;
    let pushed = text.as_bytes().chunks(1_000).try_for_each(|bytes| {
        at += bytes.len();
        parser.push(bytes)
    });
    let refusal = pushed.and_then(|()| parser.finish()).expect_err("accepted");
    assert_eq!(refusal.reason, FileReason::NotCsv);
    assert!(refusal.detail.starts_with("its quotes are unbalanced"), "{refusal}");
    at
}

#[test]
fn a_file_that_makes_us_read_twice_its_size_again_is_refused_early() {
    // Three such records cost twice the longest line that is free.
    let text = HEADER.to_owned() + &CHAIN.repeat(100_000);
    assert!(handed_over(&text) < 8_000, "{}", handed_over(&text));
    // Sound rows before them pay for some more, not for all.
    let sound = "1,a good film,1\n".repeat(2_000);
    let text = HEADER.to_owned() + &sound + &CHAIN.repeat(100_000);
    let allowed = HEADER.len() + sound.len() + 8_000;
    assert!((sound.len()..allowed).contains(&handed_over(&text)), "{}", handed_over(&text));
    // A small file is read to its end, and refused there.
    let text = HEADER.to_owned() + &CHAIN.repeat(50);
    assert_eq!(handed_over(&text), text.len());
}
