//! Bulk load: what the columns of a table are, and what the rows of a message hold.

use super::short;

/// Types of the columns that are loaded.
#[derive(Clone, Copy)]
enum Type {
    Int,
    BigInt,
    /// decimal(20,5)
    Decimal,
}

use Type::{BigInt, Decimal, Int};

const FACT: [(&str, Type); 8] = [
    ("id_dim_date", Int),
    ("customerid", BigInt),
    ("device_code", Int),
    ("location_code", Int),
    ("os_code", Int),
    ("browser_code", Int),
    ("review_score", Int),
    ("review_count", Int),
];

const SPEND: [(&str, Type); 3] =
    [("customerid", BigInt), ("amount", Decimal), ("purchases", BigInt)];

/// The answer to the question for a table's columns, if it is that.
pub fn columns(statement: &str) -> Option<Vec<u8>> {
    let columns: &[_] = match statement {
        text if text.contains("SELECT TOP 0 * FROM #staged_fact") => &FACT,
        text if text.contains("SELECT TOP 0 * FROM #staged_spend") => &SPEND,
        _ => return None,
    };
    let mut bytes = vec![0x81, columns.len() as u8, 0];
    for (name, kind) in columns {
        // No user type; whether it can be written is not known, as for all temporary tables.
        bytes.extend([0, 0, 0, 0, 8, 0]);
        match kind {
            Int => bytes.push(0x38),
            BigInt => bytes.push(0x7F),
            Decimal => bytes.extend([0x6A, 13, 20, 5]),
        }
        bytes.extend(short(name));
    }
    Some(bytes)
}

/// Rows of a bulk message, which begins with the columns as they were asked for.
pub fn rows(message: &[u8]) -> Vec<Vec<i128>> {
    let mut rest = message;
    assert_eq!(take(&mut rest, 1), [0x81]);
    let count = number(&mut rest, 2);
    let mut types = Vec::new();
    for _ in 0..count {
        take(&mut rest, 6);
        types.push(match number(&mut rest, 1) {
            0x38 => Int,
            0x7F => BigInt,
            0x6A => {
                assert_eq!(take(&mut rest, 3), [13, 20, 5]);
                Decimal
            }
            other => panic!("type {other}"),
        });
        let name = number(&mut rest, 1) as usize;
        take(&mut rest, name * 2);
    }
    let mut rows = Vec::new();
    while number(&mut rest, 1) == 0xD1 {
        let value = |kind: &Type| match kind {
            Int => i128::from(number(&mut rest, 4) as i32),
            BigInt => i128::from(number(&mut rest, 8) as i64),
            Decimal => {
                let length = number(&mut rest, 1) as usize;
                let sign = if number(&mut rest, 1) == 1 { 1 } else { -1 };
                sign * number(&mut rest, length - 1) as i128
            }
        };
        rows.push(types.iter().map(value).collect());
    }
    rows
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, after) = rest.split_at(length);
    *rest = after;
    taken
}

/// Little-endian.
fn number(rest: &mut &[u8], length: usize) -> u128 {
    let mut bytes = [0; 16];
    bytes[..length].copy_from_slice(take(rest, length));
    u128::from_le_bytes(bytes)
}
