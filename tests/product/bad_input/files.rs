//! Classes of files: what vendors send beside plain files, good and bad.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

/// A class of files: its name (`.gz` where it is named so), its content, and the reason why it
/// is refused, or none where its rows count. These are positive reviews of customer 1 with the
/// ids that a content is made for.
pub type Class = (&'static str, fn(&[i64]) -> Vec<u8>, Option<&'static str>);

/// A limit that the test sets: `MAX_FILE_BYTES`.
pub const FILE_BYTES: usize = 16 << 20;

pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

fn rows(ids: &[i64]) -> String {
    ids.iter().map(|id| format!("1,good,{id}\n")).collect()
}

fn file(ids: &[i64]) -> String {
    format!("cid,review_str,id_review\n{}", rows(ids))
}

/// A file whose second half, from a hundred rows on, is made by `bad`.
fn half(ids: &[i64], bad: fn(i64) -> Vec<u8>) -> Vec<u8> {
    let mut text = file(&ids[..1]).into_bytes();
    (0..60).for_each(|n| text.extend_from_slice(format!("1,good,{}\n", 700_000 + n).as_bytes()));
    (0..60).for_each(|n| text.extend_from_slice(&bad(800_000 + n)));
    text
}

fn utf16(ids: &[i64], mark: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("{mark}{}", file(ids)).encode_utf16().flat_map(unit).collect()
}

pub const FILES: &[Class] = &[
    ("header-only", |_| file(&[]).into(), None),
    ("bom", |ids| format!("\u{feff}{}", file(ids)).into(), None),
    ("crlf", |ids| file(ids).replace('\n', "\r\n").into(), None),
    ("blank-lines", |ids| file(ids).replace('\n', "\n\r\n\n").into(), None),
    ("no-last-newline", |ids| file(ids).trim_end().into(), None),
    (
        "other-order",
        |ids| {
            let rows = ids.iter().map(|id| format!("{id},,1,good\n"));
            format!("ID_REVIEW, note ,CID,\"review_str\"\n{}", rows.collect::<String>()).into()
        },
        None,
    ),
    ("gzip.gz", |ids| gzip(file(ids).as_bytes()), None),
    ("gzip-by-its-bytes", |ids| gzip(file(ids).as_bytes()), None),
    (
        "gzip-members.gz",
        |ids| {
            let (head, tail) = ids.split_at(1);
            [gzip(file(head).as_bytes()), gzip(rows(tail).as_bytes())].concat()
        },
        None,
    ),
    ("empty", |_| Vec::new(), Some("empty_file")),
    ("empty-lines", |_| b"\n\r\n".into(), Some("empty_file")),
    ("empty.gz", |_| gzip(b""), Some("empty_file")),
    (
        "column-missing",
        |ids| file(ids).replacen("review_str", "text", 1).into(),
        Some("missing_column"),
    ),
    (
        "column-twice",
        |ids| file(ids).replacen("review_str", "CID", 1).into(),
        Some("missing_column"),
    ),
    ("no-header", |ids| rows(ids).into(), Some("missing_column")),
    ("utf-16", |ids| utf16(ids, "\u{feff}", u16::to_le_bytes), Some("wrong_encoding")),
    ("utf-16-big", |ids| utf16(ids, "\u{feff}", u16::to_be_bytes), Some("wrong_encoding")),
    ("utf-16-no-mark", |ids| utf16(ids, "", u16::to_le_bytes), Some("wrong_encoding")),
    (
        "windows-1252",
        |ids| {
            half(ids, |id| [b"1,good caf\xe9,".as_slice(), format!("{id}\n").as_bytes()].concat())
        },
        Some("wrong_encoding"),
    ),
    (
        "windows-1252-header",
        |ids| {
            let name = b"cid,review_str,id_review,caf\xe9\n".as_slice();
            [name, rows(ids).replace('\n', ",\n").as_bytes()].concat()
        },
        Some("wrong_encoding"),
    ),
    ("json", |_| b"[{\"cid\": 1}]\n".into(), Some("not_csv")),
    ("html", |_| b"<!doctype html>\n".into(), Some("not_csv")),
    ("zip", |_| b"PK\x03\x04\x14\0\0\0\x08\0 and so on\n".into(), Some("not_csv")),
    ("png", |_| b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01".into(), Some("not_csv")),
    ("tabs", |ids| file(ids).replace(',', "\t").into(), Some("not_csv")),
    ("carriage-returns", |ids| file(ids).replace('\n', "\r").into(), Some("not_csv")),
    (
        "long-line",
        |ids| format!("{}1,{},2\n", file(ids), "good ".repeat(1 << 20)).into(),
        Some("not_csv"),
    ),
    (
        "every-line-opens-a-quote",
        |_| format!("cid,review_str,id_review\n{}", "\",x\",\"a\n".repeat(600_000)).into(),
        Some("not_csv"),
    ),
    (
        "truncated.gz",
        |ids| {
            let whole = gzip(file(ids).as_bytes());
            whole[..whole.len() - 6].to_vec()
        },
        Some("bad_gzip"),
    ),
    (
        "damaged.gz",
        |ids| {
            let mut whole = gzip(file(ids).as_bytes());
            let last = whole.len() - 6;
            whole[last] ^= 0xff;
            whole
        },
        Some("bad_gzip"),
    ),
    ("trailing.gz", |ids| [gzip(file(ids).as_bytes()), b"junk".into()].concat(), Some("bad_gzip")),
    ("no-gzip.gz", |ids| file(ids).into(), Some("bad_gzip")),
    ("bomb.gz", |ids| gzip(&half(ids, |_| b"1,\n".repeat(FILE_BYTES / 100))), Some("too_large")),
    ("sep-line", |ids| format!("sep=,\n{}", file(ids)).into(), Some("not_csv")),
    ("no-good-row", |ids| file(ids).replace(",good", ",,good").into(), Some("too_many_refused")),
    (
        "many-refused",
        |ids| half(ids, |id| format!("1,good,one,{id}\n").into()),
        Some("too_many_refused"),
    ),
];
