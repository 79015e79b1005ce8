//! Reviews: the CSV rules, and which review is positive.

use crate::common::{Read, read, read_with};
use arrow_array::{
    cast::AsArray,
    types::{Int32Type, Int64Type},
};
use pipeline::{Dataset::ClassifiedMovieReview as REVIEWS, Limits, Options, reviews::is_positive};

const HEADER: &str = "cid,review_str,id_review\n";

/// A file with these rows.
fn file(rows: &str) -> String {
    format!("{HEADER}{rows}")
}

/// Customer, positive and review id of each row.
fn rows(read: &Read) -> Vec<(i64, i32, i64)> {
    let mut rows = Vec::new();
    for batch in &read.rows {
        let customer = batch.column(0).as_primitive::<Int64Type>().values();
        let positive = batch.column(1).as_primitive::<Int32Type>().values();
        let id = batch.column(2).as_primitive::<Int64Type>().values();
        rows.extend((0..batch.num_rows()).map(|i| (customer[i], positive[i], id[i])));
    }
    rows
}

fn reasons(read: &Read) -> Vec<(u64, &str, &str)> {
    read.refused.iter().map(|(line, reason, column)| (*line, &**reason, &**column)).collect()
}

#[test]
fn columns_are_found_by_name_in_any_order_and_case() {
    for header in
        ["cid,review_str,id_review", "CID, Review_Str ,ID_REVIEW", "\"cid\",review_str,id_review"]
    {
        let read = read(REVIEWS, format!("{header}\n1,a good one,2\n")).unwrap();
        assert_eq!(rows(&read), [(1, 1, 2)], "{header}");
    }
    let read = read(REVIEWS, "note,id_review,cid,review_str\nx,2,1,good\n").unwrap();
    assert_eq!(rows(&read), [(1, 1, 2)]);
    assert_eq!(read.tally.extra_columns, ["note"]);
}

#[test]
fn bom_crlf_blank_lines_and_a_missing_last_line_break_are_fine() {
    let read =
        read(REVIEWS, "\u{feff}cid,review_str,id_review\r\n\r\n1,\"bad\r\ngood\",2\r\n\n3,,4")
            .unwrap();
    assert_eq!(rows(&read), [(1, 1, 2), (3, 0, 4)]);
    assert_eq!((read.tally.rows_in, read.tally.rows_refused), (2, 0));
}

#[test]
fn a_file_gives_the_same_rows_in_chunks_of_any_size() {
    let mut text = HEADER.to_owned();
    for id in 0..200 {
        let review =
            ["plain", "\"a, \"\"quoted\"\"\nreview\"", "\"broken\"x", "é good ü", ""][id % 5];
        text += &format!("{},{review},{id}\r\n", id * 7);
    }
    let whole = read(REVIEWS, &text).unwrap();
    assert_eq!(whole.tally.rows_refused, 40);
    for chunk in [1, 2, 3, 7, 64, 1_000] {
        let read = read_with(REVIEWS, &Options::default(), text.as_bytes(), chunk).unwrap();
        assert_eq!(rows(&read), rows(&whole), "{chunk}");
        assert_eq!(read.refused, whole.refused, "{chunk}");
        assert_eq!(read.tally, whole.tally, "{chunk}");
    }
}

#[test]
fn each_refused_row_names_its_line_reason_and_column_and_the_others_count() {
    let text = b"cid,review_str,id_review\n\
        1,good,1\n\
        x,good,2\n\
        3,\"two\nlines\",\n\
        4,good\n\
        5,good,5,extra\n\
        6,\"stray\" quote,6\n\
        7,b\xffd,7\n\
        8,a\0b,8\n\
        ,good,9\n\
        10,good,99999999999999999999\n\
        11,good,11\n\
        12,\"never closed,12\n";
    let read = read(REVIEWS, text).unwrap();
    assert_eq!(rows(&read), [(1, 1, 1), (11, 1, 11)]);
    let expected = [
        (3, "not_an_integer", "cid"),
        (4, "missing_value", "id_review"),
        (6, "field_count", ""),
        (7, "field_count", ""),
        (8, "malformed_record", ""),
        (9, "invalid_utf8", "review_str"),
        (10, "nul_byte", "review_str"),
        (11, "missing_value", "cid"),
        (12, "out_of_range", "id_review"),
        (14, "malformed_record", ""),
    ];
    assert_eq!(reasons(&read), expected);
    assert_eq!(read.raw[0].as_deref(), Some("#,####,#"));
    assert_eq!(read.tally.rows_in, 12);
}

#[test]
fn nothing_that_somebody_wrote_is_staged_or_set_aside() {
    let text = "Anna Ek, 821-540-5777, <os>Linux</os>, é\u{663} good";
    let rows = format!("1,\"{text}\",1\nx,\"{text}\",2\n2,\"{text},3\n{text}\n4,{text}\0,5\n");
    let read = read(REVIEWS, file(&rows)).unwrap();
    assert_eq!((self::rows(&read), read.refused.len()), (vec![(1, 1, 1)], 4));
    for raw in &read.raw {
        let raw = raw.as_deref().unwrap();
        assert!(raw.contains("####") && !raw.contains(char::is_alphanumeric), "{raw}");
    }
    let shown = format!("{:?} {:?} {:?}", read.rows, read.refused, read.tally);
    assert!(["Anna", "821", "Linux"].iter().all(|word| !shown.contains(word)), "{shown}");
}

#[test]
fn a_malformed_record_costs_its_first_line_only() {
    let read = read(REVIEWS, file("1,\"open,1\n2,good,2\n3,\"x\"y,3\n4,good,4\n")).unwrap();
    assert_eq!(rows(&read), [(2, 1, 2), (4, 1, 4)]);
    assert_eq!(reasons(&read), [(2, "malformed_record", ""), (4, "malformed_record", "")]);
}

#[test]
fn fields_over_the_limit_are_refused_and_lines_over_it_refuse_the_file() {
    let limits = Limits { field: 100, line: 400, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let x = |length: usize| "x".repeat(length);
    let (fits, over, far_over) = (x(100), x(101), x(150));
    let short = file(&format!("1,{fits},1\n2,\"{over}\",2\n3,{far_over},3\n4,good,4\n"));
    let long = file(&format!("1,a,1\n2,{},2\n", x(500)));
    for chunk in [1, 50, 10_000] {
        let read = read_with(REVIEWS, &options, short.as_bytes(), chunk).unwrap();
        assert_eq!(rows(&read), [(1, 0, 1), (4, 1, 4)]);
        assert_eq!(reasons(&read), [(3, "too_long", ""), (4, "too_long", "")]);
        let refusal = read_with(REVIEWS, &options, long.as_bytes(), chunk).unwrap_err();
        assert_eq!(refusal.to_string(), "not_csv: line 3 is longer than 400 bytes");
    }
}

#[test]
fn a_file_where_every_line_opens_a_quote_costs_each_line_once() {
    let limits = Limits { field: 4_000, line: 8_000, refused_share: 1.0, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let text = file(&"1,\"x,\"\"\n".repeat(100_000));
    let read = read_with(REVIEWS, &options, text.as_bytes(), usize::MAX).unwrap();
    assert_eq!((read.tally.rows_in, read.tally.rows_refused), (100_000, 100_000));
    assert!(read.refused.iter().all(|(_, reason, _)| reason == "malformed_record"));
    assert!(read.refused.iter().map(|(line, _, _)| *line).eq(2..=100_001));
}

#[test]
fn files_that_cannot_be_read_are_refused_with_a_sentence() {
    let empty = "empty_file: there is not even a header: send the header alone for a day without \
                 rows";
    let missing = "missing_column: column review_str missing: expected cid,review_str,id_review, \
                   found cid,id_review";
    let all_missing = "missing_column: columns cid, review_str, id_review missing: expected \
                       cid,review_str,id_review, found (no name),good,(no name)";
    let twice = "missing_column: column cid appears twice in the header";
    let semicolons = "not_csv: its fields are separated by semicolons: expected a header \
                      cid,review_str,id_review, separated by commas";
    let no_text = "not_csv: its first line is neither UTF-8 nor a header: this is a binary file";
    let binary = "not_csv: its first line has control characters: this is a binary file";
    let returns = "not_csv: its lines end in carriage returns alone: end them with line feeds";
    let quotes = "not_csv: its first line is no CSV header: its quotes do not close, or it is \
                  longer than a line may be";
    let utf16 = "wrong_encoding: the file is UTF-16: save it as UTF-8";
    let windows = "wrong_encoding: the header is not UTF-8 (Windows-1252?): save the file as UTF-8";
    for (text, message) in [
        (&b""[..], empty),
        (b"\n\n", empty),
        (b"cid,id_review\n1,2\n", missing),
        (b"1,good,2\n3,bad,4\n", all_missing),
        (b"cid,cid,review_str,id_review\n", twice),
        (b"cid;review_str;id_review\n1;a;2\n", semicolons),
        (b"{\"cid\": 1}", "not_csv: this looks like JSON"),
        (b"<html>", "not_csv: this looks like XML or HTML"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", no_text),
        (b"PAR1\x15\x04\x15\x10", binary),
        (b"a.csv\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0ustar", binary),
        (b"cid,review_str,id_review\r1,good,2\r", returns),
        (b"cid,\"review_str\"x,id_review\n", quotes),
        (b"\xff\xfec\0i\0d\0", utf16),
        (b"c\0i\0d\0,\0r\0", utf16),
        (b"cid,r\xe9view,id_review\n", windows),
    ] {
        let shown = String::from_utf8_lossy(text);
        let refusal = read(REVIEWS, text).map(|_| ()).expect_err(&shown);
        assert_eq!(refusal.to_string(), message, "{shown:?}");
    }
}

#[test]
fn a_header_alone_is_a_file_without_rows() {
    for text in ["cid,review_str,id_review", "cid,review_str,id_review\r\n"] {
        let read = read(REVIEWS, text).unwrap();
        assert_eq!((read.tally.rows_in, read.rows.len()), (0, 0));
    }
}

#[test]
fn the_tally_knows_ids_and_their_order() {
    let tally = |ids: &str| {
        let rows: String = ids.split(' ').map(|id| format!("1,a,{id}\n")).collect();
        let tally = read(REVIEWS, file(&rows)).unwrap().tally;
        (tally.ids.hull(), tally.ascending)
    };
    assert_eq!(tally("3 4 9"), (Some(3..=9), true));
    assert_eq!(tally("3 3"), (Some(3..=3), false));
    assert_eq!(tally("5 -2 7"), (Some(-2..=7), false));
}

#[test]
fn classification_equals_spark_on_all_golden_vectors() {
    let golden = include_str!("../../../../tests/fixtures/golden_tokenizer.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(golden).unwrap();
    assert_eq!(vectors.len(), 44);
    for vector in vectors {
        let text = vector["text"].as_str().unwrap();
        let expected = vector["positive_review"].as_i64() == Some(1);
        assert_eq!(is_positive(text.as_bytes()), expected, "{text:?}");
    }
}

/// The rule as it is written: lower-case, split, compare.
fn model(review: &str) -> bool {
    let separator = [' ', '\t', '\n', '\u{b}', '\u{c}', '\r'];
    review.to_lowercase().split(separator).any(|token| token == "good")
}

#[test]
fn classification_equals_the_plain_rule_on_random_text() {
    let pieces = "good|Good|GOOD|goo|d|g|od| |\t|\n|\u{b}|\u{c}|\r|.|,|ness|\u{a0}|\u{130}|\u{212a}|é|\
                  \u{1f600}|goodgood|G|O|D|x";
    let pieces: Vec<&str> = pieces.split('|').collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    let mut positive = 0;
    for _ in 0..50_000 {
        let text: String = (0..random(12)).map(|_| pieces[random(pieces.len())]).collect();
        assert_eq!(is_positive(text.as_bytes()), model(&text), "{text:?}");
        positive += u32::from(model(&text));
        // Through the file, where quotes of the text are doubled.
        if positive % 50 == 0 {
            let quoted = format!("\"{text}\"\" {text}\"");
            let read = read(REVIEWS, file(&format!("1,{quoted},1\n"))).unwrap();
            let expected = i32::from(model(&format!("{text}\" {text}")));
            assert_eq!(rows(&read), [(1, expected, 1)], "{quoted:?}");
        }
    }
    assert!(positive > 2_000, "{positive}");
}

/// The same records as an independent reader finds, on files that follow RFC 4180.
#[test]
fn sound_files_give_the_records_that_simd_csv_finds() {
    let mut state = 7_u64;
    let mut random = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % n
    };
    for round in 0..300 {
        let line_break = ["\n", "\r\n"][random(2) as usize];
        let mut text = format!("cid,review_str,id_review{line_break}");
        for id in 0..random(30) {
            let pieces = ["good", " ", "\"\"", ",", "\n", "\r\n", "é", "x"];
            let quoted: String = (0..random(9)).map(|_| pieces[random(8) as usize]).collect();
            let review = if random(2) == 0 { format!("\"{quoted}\"") } else { "a good one".into() };
            text += &format!("{id},{review},{id}{line_break}");
        }
        let mut reader = simd_csv::Reader::from_reader(text.as_bytes());
        let mut record = simd_csv::ByteRecord::new();
        let mut expected = Vec::new();
        while reader.read_byte_record(&mut record).unwrap() {
            let number = |field: &[u8]| std::str::from_utf8(field).unwrap().parse().unwrap();
            let positive = model(std::str::from_utf8(&record[1]).unwrap());
            expected.push((number(&record[0]), i32::from(positive), number(&record[2])));
        }
        assert_eq!(rows(&read(REVIEWS, &text).unwrap()), expected, "round {round}: {text:?}");
    }
}
