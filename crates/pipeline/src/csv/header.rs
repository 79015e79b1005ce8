//! The first record of a file: is this CSV at all, and where does each column stand?

use std::borrow::Cow;

use super::record::Record;
use crate::{FileReason, FileRefusal, blanks::is_blank};

/// A column of the contract: its name in errors, and every name that vendors give it
/// (compared without case).
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// As errors and refusals call it.
    pub name: &'static str,
    /// As headers call it; `name` is not among them by itself.
    pub aliases: &'static [&'static str],
    /// What stands in it.
    pub form: Form,
}

/// What a column, or an element of a log, holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole number of 64 bits.
    Whole64,
    /// A whole number of 32 bits.
    Whole32,
    /// A whole number of 64 bits, or nothing.
    WholeOrEmpty,
    /// A decimal number with a point: nine digits before it, three behind.
    Price,
    /// A date with a time.
    Time,
    /// A date `MM-dd-yyyy`.
    Date,
    /// Any text, or nothing.
    Text,
    /// A text of so many characters at most.
    Member,
    /// An XML document with a log.
    Log,
}

impl Form {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole64 => "whole number",
            Self::Whole32 => "whole number of 32 bits",
            Self::WholeOrEmpty => "whole number, may be empty",
            Self::Price => "decimal number with a point",
            Self::Time => "date with a time",
            Self::Date => "date, MM-dd-yyyy",
            Self::Text => "text, may be empty",
            Self::Member => "text of 1 to 200 characters",
            Self::Log => "XML of one log",
        }
    }
}

/// Where the contract's columns stand in this file.
#[derive(Debug, Default)]
pub struct Header {
    /// Position of each column of the contract, in its order.
    pub positions: Vec<usize>,
    /// Fields of every record.
    pub width: usize,
    /// Names that the contract does not know.
    pub extra: Vec<String>,
}

/// Finds the contract's columns in the header record.
pub fn read(record: &Record<'_>, columns: &[Column]) -> Result<Header, FileRefusal> {
    let mut scratch = Vec::new();
    let mut names = Vec::with_capacity(record.fields.len());
    let mut is_text = true;
    for i in 0..record.fields.len() {
        let name = String::from_utf8_lossy(record.value(i, &mut scratch));
        is_text &= matches!(name, Cow::Borrowed(_));
        names.push(name.trim_matches(is_blank).to_owned());
    }
    let is = |name: &str, column: &Column| {
        column.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    };
    if !is_text && !columns.iter().any(|column| names.iter().any(|name| is(name, column))) {
        let detail = "its first line is neither UTF-8 nor a header: this is a binary file";
        return Err(FileRefusal::new(FileReason::NotCsv, detail));
    }
    if !is_text {
        let detail = "the header is not UTF-8 (Windows-1252?): save the file as UTF-8";
        return Err(FileRefusal::new(FileReason::WrongEncoding, detail));
    }
    let mut positions = Vec::with_capacity(columns.len());
    let mut missing = Vec::new();
    for column in columns {
        let mut found = (0..names.len()).filter(|&i| is(&names[i], column));
        match (found.next(), found.next()) {
            (Some(position), None) => positions.push(position),
            (Some(_), Some(_)) => {
                let detail = format!("column {} appears twice in the header", column.name);
                return Err(FileRefusal::new(FileReason::MissingColumn, detail));
            }
            _ => missing.push(column.name),
        }
    }
    if !missing.is_empty() {
        return Err(refuse(&missing, &names, columns));
    }
    let extra = names
        .iter()
        .filter(|name| !columns.iter().any(|column| is(name, column)))
        .map(|name| shown(name).to_owned())
        .collect();
    Ok(Header { positions, width: names.len(), extra })
}

fn refuse(missing: &[&str], names: &[String], columns: &[Column]) -> FileRefusal {
    let expected = columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",");
    if names.len() == 1 && missing.len() == columns.len() {
        let separator = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")]
            .into_iter()
            .find(|(separator, _)| names[0].contains(*separator));
        let found = match separator {
            Some((_, name)) => format!("its fields are separated by {name}"),
            None => "its first line has a single field".to_owned(),
        };
        let detail = format!("{found}: expected a header {expected}, separated by commas");
        return FileRefusal::new(FileReason::NotCsv, detail);
    }
    let found = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(",");
    let (missing, plural) = (missing.join(", "), if missing.len() == 1 { "" } else { "s" });
    FileRefusal::new(
        FileReason::MissingColumn,
        format!("column{plural} {missing} missing: expected {expected}, found {found}"),
    )
}

/// A header name as far as it may be shown: a file without a header has data in its place.
fn shown(name: &str) -> &str {
    let plain = |c: char| c.is_alphabetic() || matches!(c, '_' | ' ' | '-' | '.');
    if !name.is_empty() && name.len() <= 40 && name.chars().all(plain) { name } else { "(no name)" }
}

/// Refuses what is no CSV in UTF-8 by its first bytes, before any record is looked for.
pub fn sniff(start: &[u8]) -> Result<(), FileRefusal> {
    let utf16 = "the file is UTF-16: save it as UTF-8";
    let wrong = |detail: &str| Err(FileRefusal::new(FileReason::WrongEncoding, detail));
    let not_csv = |detail: &str| Err(FileRefusal::new(FileReason::NotCsv, detail));
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return wrong(utf16);
    }
    let start = &start[..start.len().min(512)];
    // Plain ASCII in UTF-16 without a mark: every other byte is zero, and hardly any between.
    let zeros = |first: usize| start.iter().skip(first).step_by(2).filter(|b| **b == 0).count();
    let (more, fewer) = (zeros(0).max(zeros(1)), zeros(0).min(zeros(1)));
    if start.len() >= 8 && more * 10 >= start.len() * 4 && fewer * 10 < start.len() {
        return wrong(utf16);
    }
    let line = memchr::memchr(b'\n', start).map_or(start, |end| &start[..end]);
    let text = line.trim_ascii_start();
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sep=")) && line.len() <= 10 {
        return not_csv("its first line is `sep=`, which only spreadsheets know: remove the line");
    }
    if line.iter().any(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127)) {
        return not_csv("its first line has control characters: this is a binary file");
    }
    let lone_return = |pair: &[u8]| pair[0] == b'\r' && pair[1] != b'\r';
    if line.windows(2).any(lone_return) {
        return not_csv("its lines end in carriage returns alone: end them with line feeds");
    }
    match start.trim_ascii_start().first() {
        Some(b'{' | b'[') => not_csv("this looks like JSON"),
        Some(b'<') => not_csv("this looks like XML or HTML"),
        _ => Ok(()),
    }
}
