//! Finds one RFC 4180 record in a buffer, strictly: a quoted field ends at its closing quote and
//! doubles the quotes within. A quote inside an unquoted field is an ordinary character.

use memchr::{memchr, memchr2};
use wide::u8x16;

/// One field: its bytes without the enclosing quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub start: usize,
    pub end: usize,
    /// Quoted, with doubled quotes inside that stand for one each.
    pub doubled: bool,
}

/// What stands at a position of the buffer.
#[derive(Debug, PartialEq, Eq)]
pub enum Scan {
    /// A record; the next one begins at `end`.
    Record { end: usize },
    /// The buffer ends before the record does, within the field that begins at `field`.
    Incomplete { field: usize },
    /// Something other than a separator follows a closing quote, or a quote is never closed.
    /// `seen` is where the fault became clear.
    Malformed { seen: usize },
}

/// Scans the record that begins at `start` and lists its fields. If `complete`, nothing follows the
/// buffer.
pub fn scan(bytes: &[u8], start: usize, complete: bool, fields: &mut Vec<Field>) -> Scan {
    fields.clear();
    let mut at = start;
    loop {
        if bytes.get(at) == Some(&b'"') {
            let open = at + 1;
            let mut doubled = false;
            let mut from = open;
            let close = loop {
                let Some(offset) = memchr(b'"', &bytes[from..]) else {
                    return match complete {
                        true => Scan::Malformed { seen: bytes.len() },
                        false => Scan::Incomplete { field: at },
                    };
                };
                let quote = from + offset;
                if bytes.get(quote + 1) != Some(&b'"') {
                    break quote;
                }
                doubled = true;
                from = quote + 2;
            };
            fields.push(Field { start: open, end: close, doubled });
            match bytes.get(close + 1..) {
                Some([b',', ..]) => at = close + 2,
                Some([b'\n', ..]) => return Scan::Record { end: close + 2 },
                Some([b'\r', b'\n', ..]) => return Scan::Record { end: close + 3 },
                Some([] | [b'\r']) if complete => return Scan::Record { end: bytes.len() },
                Some([] | [b'\r']) => return Scan::Incomplete { field: at },
                _ => return Scan::Malformed { seen: close + 2 },
            }
        } else {
            match unquoted(bytes, at, complete, fields) {
                Unquoted::Quote { at: quote } => at = quote,
                Unquoted::End(scan) => return scan,
            }
        }
    }
}

/// What stands behind fields without quotes.
enum Unquoted {
    /// The next field, which begins with a quote.
    Quote { at: usize },
    /// The record's end, or the buffer's.
    End(Scan),
}

/// Lists the fields from `start` on that have no quotes. Most are shorter than what a search takes
/// to begin, so bytes are looked at a few at a time, whichever field they belong to.
fn unquoted(bytes: &[u8], mut start: usize, complete: bool, fields: &mut Vec<Field>) -> Unquoted {
    let mut at = start;
    while at < bytes.len() {
        let mut found = separators(&block(bytes, at));
        while found != 0 {
            let end = at + found.trailing_zeros() as usize;
            if bytes[end] == b'\n' {
                let field = Field { start, end: without_cr(bytes, start, end), doubled: false };
                fields.push(field);
                return Unquoted::End(Scan::Record { end: end + 1 });
            }
            fields.push(Field { start, end, doubled: false });
            start = end + 1;
            if bytes.get(start) == Some(&b'"') {
                return Unquoted::Quote { at: start };
            }
            found &= found - 1;
        }
        at += BLOCK;
        if at - start >= BLOCK {
            let rest = bytes.get(at..).unwrap_or_default();
            at += memchr2(b',', b'\n', rest).unwrap_or(rest.len());
        }
    }
    if !complete {
        return Unquoted::End(Scan::Incomplete { field: start });
    }
    let end = bytes.len();
    fields.push(Field { start, end: without_cr(bytes, start, end), doubled: false });
    Unquoted::End(Scan::Record { end })
}

/// Bytes looked at together. In a field that has this many, a search looks for its end.
const BLOCK: usize = 16;

/// The bytes from `at` on; zeros behind the end of the buffer.
fn block(bytes: &[u8], at: usize) -> [u8; BLOCK] {
    let rest = &bytes[at..];
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut block = [0; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        block
    })
}

/// A bit for each byte that is a comma or a line break, the first in the lowest place.
fn separators(block: &[u8; BLOCK]) -> u32 {
    let bytes = u8x16::new(*block);
    let (comma, line_break) = (u8x16::splat(b','), u8x16::splat(b'\n'));
    (bytes.simd_eq(comma) | bytes.simd_eq(line_break)).to_bitmask()
}

fn without_cr(bytes: &[u8], start: usize, end: usize) -> usize {
    if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end }
}

/// The fields of one record, by the order of the contract's columns.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) fields: &'a [Field],
    /// Position in the file of each column of the contract.
    pub(super) positions: &'a [usize],
    /// Whether it is known to hold nothing beyond ASCII.
    pub is_ascii: bool,
}

impl<'a> Record<'a> {
    /// A column's bytes as they stand in the file: doubled quotes are still doubled.
    #[inline]
    pub fn raw(&self, column: usize) -> &'a [u8] {
        let field = self.fields[self.positions[column]];
        &self.bytes[field.start..field.end]
    }

    /// A column's value. `scratch` is written only where quotes must be halved.
    #[inline(always)]
    pub fn value<'b>(&self, column: usize, scratch: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        let field = self.fields[self.positions[column]];
        let raw = &self.bytes[field.start..field.end];
        if field.doubled { halved(raw, scratch) } else { raw }
    }
}

/// A field's text without the quotes that double others.
#[cold]
fn halved<'b>(raw: &[u8], scratch: &'b mut Vec<u8>) -> &'b [u8] {
    scratch.clear();
    let mut rest = raw;
    while let Some(quote) = memchr(b'"', rest) {
        scratch.extend_from_slice(&rest[..=quote]);
        rest = &rest[quote + 2..];
    }
    scratch.extend_from_slice(rest);
    scratch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> (Scan, Vec<String>) {
        let mut fields = Vec::new();
        let scan = scan(text.as_bytes(), 0, true, &mut fields);
        let positions: Vec<usize> = (0..fields.len()).collect();
        let (bytes, fields, positions) = (text.as_bytes(), &fields[..], &positions[..]);
        let record = Record { bytes, fields, positions, is_ascii: false };
        let mut scratch = Vec::new();
        let texts = (0..fields.len())
            .map(|i| String::from_utf8(record.value(i, &mut scratch).to_vec()).unwrap())
            .collect();
        (scan, texts)
    }

    #[test]
    fn records_end_at_line_breaks_outside_quotes() {
        let record = |end, texts: &[&str]| {
            (Scan::Record { end }, texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(fields("1,a,2\n3"), record(6, &["1", "a", "2"]));
        assert_eq!(fields("1,a,2\r\n3"), record(7, &["1", "a", "2"]));
        assert_eq!(fields("1,\"a\nb\",2\n"), record(10, &["1", "a\nb", "2"]));
        assert_eq!(fields("\"a\"\"b\",\"\"\r\n"), record(11, &["a\"b", ""]));
        assert_eq!(fields("1,2"), record(3, &["1", "2"]));
        assert_eq!(fields("1,"), record(2, &["1", ""]));
        assert_eq!(fields("1,\"2\""), record(5, &["1", "2"]));
        assert_eq!(fields("5\" tv,a\"b\n"), record(10, &["5\" tv", "a\"b"]));
        assert_eq!(fields("\"\"\"\"\n"), record(5, &["\""]));
    }

    #[test]
    fn separators_are_found_wherever_they_stand() {
        for length in 0..40 {
            // Bytes next to the separators, which a careless comparison takes for them.
            let clean: Vec<u8> = (0..length).map(|n| b"+-\x0b\x09\xac\x8a"[n % 6]).collect();
            for (first, second) in (0..length).flat_map(|a| (a..length).map(move |b| (a, b))) {
                let mut text = clean.clone();
                text[first] = b',';
                text[second] = b'\n';
                let expected: &[(usize, usize)] = match first == second {
                    true => &[(0, second)],
                    false => &[(0, first), (first + 1, second)],
                };
                let mut fields = Vec::new();
                assert_eq!(scan(&text, 0, false, &mut fields), Scan::Record { end: second + 1 });
                let found: Vec<_> = fields.iter().map(|field| (field.start, field.end)).collect();
                assert_eq!(found, expected, "{length}");
            }
            assert_eq!(scan(&clean, 0, false, &mut Vec::new()), Scan::Incomplete { field: 0 });
        }
    }

    #[test]
    fn a_quoted_field_must_end_at_its_closing_quote() {
        for text in ["\"a\"b,c\n", "\"a\" ,c\n", "\"a,b\nc,d\n", "x,\"", "\"a\"\rb\n"] {
            assert!(matches!(fields(text).0, Scan::Malformed { .. }), "{text:?}");
        }
    }

    #[test]
    fn the_end_of_the_buffer_is_not_the_end_of_the_file() {
        for text in ["", "1,a", "1,\"a", "1,\"a\"", "1,\"a\"\r", "1,\"a\"\""] {
            let scan = scan(text.as_bytes(), 0, false, &mut Vec::new());
            assert!(matches!(scan, Scan::Incomplete { .. }), "{text:?}");
        }
    }
}
