//! Bulk load: what the columns of a temporary table are, and what the rows of a message hold.

use std::{collections::BTreeMap, sync::LazyLock};

use pipeline::dimensions::{all, fill};

use super::short;

/// What the program makes its temporary tables with.
static TABLES: LazyLock<String> =
    LazyLock::new(|| fill(include_str!("../../../../sql/sqlserver/staging/make.sql"), all()));

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(i128),
    Text(String),
    Null,
}

impl Value {
    /// The number that it must be.
    pub fn number(&self) -> i128 {
        match self {
            Self::Number(number) => *number,
            other => panic!("{other:?}"),
        }
    }
}

impl From<i128> for Value {
    fn from(number: i128) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// Bytes of it, and whether each value says its length.
    Int(u8, bool),
    /// The most bytes of it; without a limit `MAX`.
    Text(u16),
}

const MAX: u16 = 0xFFFF;

/// The table of a statement that begins with `before`.
pub fn table(statement: &str, before: &str) -> Option<String> {
    let name = statement.split_once(before)?.1;
    Some(name.chars().take_while(|c| c.is_alphanumeric() || "#_".contains(*c)).collect())
}

/// The answer to the question for a table's columns. A loose server does not tell which of them
/// may be null, so that all may, as Babelfish does.
pub fn columns(table: &str, loose: bool) -> Vec<u8> {
    let columns = declared(table);
    let mut bytes = vec![0x81, columns.len() as u8, 0];
    for (name, kind, nullable) in columns {
        let nullable = nullable || loose;
        // No user type; whether it can be written is not known, as for all temporary tables.
        bytes.extend([0, 0, 0, 0, 8 | u8::from(nullable), 0]);
        match kind {
            Type::Int(4, _) if !nullable => bytes.push(0x38),
            Type::Int(_, _) if !nullable => bytes.push(0x7F),
            Type::Int(length, _) => bytes.extend([0x26, length]),
            Type::Text(length) => {
                bytes.push(0xE7);
                bytes.extend(length.to_le_bytes());
                // The collation.
                bytes.extend([9, 4, 0x20, 2, 0]);
            }
        }
        bytes.extend(short(name));
    }
    bytes
}

/// Rows by the names of their columns, without those that are null.
pub fn named(table: &str, rows: Vec<Vec<Value>>) -> Vec<BTreeMap<&'static str, Value>> {
    let columns = declared(table);
    let names = || columns.iter().map(|(name, _, _)| *name);
    let named = |row| names().zip(row).filter(|(_, value)| *value != Value::Null).collect();
    rows.into_iter().map(named).collect()
}

/// Name, type and whether it may be null of each column.
fn declared(table: &str) -> Vec<(&'static str, Type, bool)> {
    let begin = format!("CREATE TABLE {table} (\n");
    let (_, columns) = TABLES.split_once(&begin).unwrap_or_else(|| panic!("no table {table}"));
    let (columns, _) = columns.split_once("\n);").unwrap();
    columns.lines().filter(|line| !line.trim().starts_with("PRIMARY KEY")).map(column).collect()
}

fn column(line: &'static str) -> (&'static str, Type, bool) {
    let (name, rest) = line.trim().split_once(' ').unwrap();
    let rest = rest.trim();
    let arguments: Vec<u16> = rest.split_once('(').map_or(Vec::new(), |(_, arguments)| {
        let (arguments, _) = arguments.split_once(')').unwrap();
        arguments.split(", ").filter_map(|argument| argument.parse().ok()).collect()
    });
    let kind = match rest.split([' ', '(']).next().unwrap() {
        "int" => Type::Int(4, false),
        "bigint" => Type::Int(8, false),
        "nvarchar" => Type::Text(arguments.first().map_or(MAX, |length| length * 2)),
        other => panic!("type {other} of {name}"),
    };
    (name, kind, !rest.contains("NOT NULL"))
}

/// Rows of a bulk message, which begins with the columns as they were asked for.
pub fn rows(message: &[u8]) -> Vec<Vec<Value>> {
    let mut rest = message;
    assert_eq!(take(&mut rest, 1), [0x81]);
    let count = number(&mut rest, 2);
    let mut types = Vec::new();
    for _ in 0..count {
        take(&mut rest, 6);
        types.push(kind(&mut rest).unwrap_or_else(|other| panic!("type {other}")));
        let name = number(&mut rest, 1) as usize;
        take(&mut rest, name * 2);
    }
    let mut rows = Vec::new();
    while number(&mut rest, 1) == 0xD1 {
        rows.push(types.iter().map(|kind| value(&mut rest, *kind)).collect());
    }
    rows
}

/// The type of a column or parameter, or its number where it is none that the program uses.
pub fn kind(rest: &mut &[u8]) -> Result<Type, u8> {
    Ok(match number(rest, 1) as u8 {
        0x38 => Type::Int(4, false),
        0x7F => Type::Int(8, false),
        0x26 => Type::Int(number(rest, 1) as u8, true),
        0xE7 => {
            let length = number(rest, 2) as u16;
            take(rest, 5);
            Type::Text(length)
        }
        other => return Err(other),
    })
}

pub fn value(rest: &mut &[u8], kind: Type) -> Value {
    match kind {
        Type::Int(length, false) => signed(rest, length.into()).into(),
        Type::Int(length, true) => match number(rest, 1) as usize {
            0 => Value::Null,
            sent => {
                assert_eq!(sent, usize::from(length));
                signed(rest, sent).into()
            }
        },
        Type::Text(MAX) => {
            // The length of the whole, or that it is not known yet.
            if number(rest, 8) == u128::from(u64::MAX) {
                return Value::Null;
            }
            let mut bytes = Vec::new();
            loop {
                match number(rest, 4) as usize {
                    0 => return text(&bytes),
                    length => bytes.extend(take(rest, length)),
                }
            }
        }
        Type::Text(most) => match number(rest, 2) as u16 {
            MAX => Value::Null,
            length => {
                assert!(length <= most, "{length} bytes where {most} are the most");
                text(take(rest, length.into()))
            }
        },
    }
}

fn text(bytes: &[u8]) -> Value {
    let units = bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    Value::Text(String::from_utf16(&units.collect::<Vec<_>>()).unwrap())
}

pub fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, after) = rest.split_at(length);
    *rest = after;
    taken
}

/// Little-endian.
pub fn number(rest: &mut &[u8], length: usize) -> u128 {
    let mut bytes = [0; 16];
    bytes[..length].copy_from_slice(take(rest, length));
    u128::from_le_bytes(bytes)
}

fn signed(rest: &mut &[u8], length: usize) -> i128 {
    match length {
        4 => i128::from(number(rest, 4) as i32),
        _ => i128::from(number(rest, 8) as i64),
    }
}
