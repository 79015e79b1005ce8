//! Which files their refused rows reject, and what such a file is told.

use crate::common::{Read, read_with};
use pipeline::{
    Dataset::{ClassifiedMovieReview as REVIEWS, ReviewLogs as LOGS, UserPurchase as PURCHASES},
    FileReason, FileRefusal, Limits, Options,
};

/// A file of reviews with so many good and bad rows.
fn rows(good: usize, bad: usize) -> String {
    let rows = "1,a,1\n".repeat(good) + &"x,a,1\n".repeat(bad);
    format!("cid,review_str,id_review\n{rows}")
}

fn read(text: impl AsRef<[u8]>) -> Result<Read, FileRefusal> {
    let chunks = [7, usize::MAX];
    let [read, whole] =
        chunks.map(|chunk| read_with(REVIEWS, &Options::default(), text.as_ref(), chunk));
    assert_eq!(read.as_ref().err(), whole.as_ref().err());
    whole
}

#[test]
fn a_file_without_a_good_row_is_rejected_at_any_size_and_whatever_the_share_may_be() {
    let takes_nearly_all = Limits { refused_share: 0.999, ..Limits::default() };
    for limits in [Limits::default(), takes_nearly_all] {
        let options = Options { limits, ..Options::default() };
        for bad in [1, 2, 3, 99, 100, 5_000] {
            let read = read_with(REVIEWS, &options, rows(0, bad).as_bytes(), usize::MAX);
            assert_eq!(read.unwrap_err().reason, FileReason::TooManyRefused, "{bad}");
        }
    }
    let log = "<reviewlog><log><logDate>2021-04-25</logDate><device>M</device><location>K</location>\
               <os>O</os></log></reviewlog>";
    let purchase = "1,A,x,6,12/1/10 8:26,2.55,17850,France\n";
    for (dataset, text) in [
        (LOGS, format!("id_review,log\n1,{log}\n")),
        (
            PURCHASES,
            format!(
                "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,\
                             CustomerID,Country\n{purchase}"
            ),
        ),
    ] {
        let read = read_with(dataset, &Options::default(), text.as_bytes(), usize::MAX);
        assert_eq!(read.unwrap_err().reason, FileReason::TooManyRefused, "{dataset}");
    }
}

#[test]
fn a_small_file_is_rejected_by_the_same_share_as_a_large_one() {
    for (good, bad, rejected) in [
        (80, 20, false),
        (79, 21, true),
        (8_000, 2_000, false),
        (7_999, 2_001, true),
        (16, 4, false),
        (15, 4, true),
        (1, 98, true),
        (2, 3, true),
        // Few rows, and not most of the file.
        (7, 3, false),
        (3, 3, false),
        (1, 1, false),
        (4, 0, false),
    ] {
        assert_eq!(read(rows(good, bad)).is_err(), rejected, "{good} good, {bad} bad");
    }
}

#[test]
fn a_rejected_file_is_told_the_first_refused_rows_and_nothing_of_their_contents() {
    let text = "cid,review_str,id_review\n1,a,1\nSECRET,a,2\n3,SECRET\n4,\"SECRET\"x,4\n,a,5\n\
                6,a,SECRET\n7,a,7.5\n";
    let refusal = read(text).unwrap_err();
    let expected = "too_many_refused: 6 of 7 rows are refused, more than a share of 0.2: \
        not_an_integer 3, malformed_record 1, field_count 1, missing_value 1; \
        line 3, cid: not_an_integer, expected a whole number such as 17850; \
        line 4: field_count, expected as many fields as the header has; quote a text that holds a \
        comma; \
        line 5: malformed_record, expected each quoted field ends at its closing quote, inner quotes \
        are doubled; \
        line 6, cid: missing_value, expected a value; \
        line 7, id_review: not_an_integer, expected a whole number such as 17850";
    assert_eq!(refusal.to_string(), expected);
    let all = read(rows(0, 2)).unwrap_err().to_string();
    assert!(all.starts_with("too_many_refused: no row is good: 2 of 2 rows are refused"), "{all}");
}

#[test]
fn the_first_refused_rows_of_an_accepted_file_are_known_as_well() {
    let tally = read(rows(100, 7)).unwrap().tally;
    let lines: Vec<_> = tally.first_refused.iter().map(|row| row.line).collect();
    assert_eq!(lines, [102, 103, 104, 105, 106]);
}

/// Rows of reviews in Windows-1252, or with another text.
fn windows(good: usize, bad: usize, text: &[u8]) -> Vec<u8> {
    let mut file = b"cid,review_str,id_review\n".to_vec();
    for row in 0..good + bad {
        // Spread over the file.
        let is_bad = row * bad / (good + bad) != (row + 1) * bad / (good + bad);
        let text = if is_bad { &b"caf\xe9"[..] } else { text };
        file.extend_from_slice(&[b"1,", text, b",1\n"].concat());
    }
    file
}

#[test]
fn a_windows_1252_file_is_named_as_such_whatever_its_share_of_other_characters() {
    for (good, bad) in [(0, 1), (0, 3), (3, 3), (57, 3), (93_055, 6_945), (99_997, 3)] {
        let refusal =
            read_with(REVIEWS, &Options::default(), &windows(good, bad, b"a"), usize::MAX);
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.reason, FileReason::WrongEncoding, "{good} good, {bad} bad");
        assert!(refusal.detail.contains("Windows-1252"), "{refusal}");
    }
}

#[test]
fn rows_that_are_not_utf8_among_others_that_are_cost_themselves_alone() {
    let utf8 = "café".as_bytes();
    for (good, bad, text) in [(57, 3, utf8), (9_000, 50, utf8), (4, 1, b"a"), (98, 2, b"a")] {
        let read = read(windows(good, bad, text)).unwrap();
        assert_eq!(read.tally.rows_refused, bad as u64, "{good} good, {bad} bad");
    }
}
