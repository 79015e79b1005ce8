//! Statements with parameters: whether each parameter says its type.

use super::bulk::{kind, number, take, value};

/// Whether a call of `sp_executesql` binds a NULL without a type, which is how tiberius sends an
/// absent text. SQL Server takes it, Babelfish does not.
pub fn has_untyped(message: &[u8]) -> bool {
    let headers = number(&mut &*message, 4) as usize;
    let mut rest = &message[headers..];
    // A well-known procedure, its number and its options.
    assert_eq!(take(&mut rest, 4), [0xFF, 0xFF, 10, 0]);
    take(&mut rest, 2);
    while !rest.is_empty() {
        let name = number(&mut rest, 1) as usize;
        // And its options.
        take(&mut rest, name * 2 + 1);
        match kind(&mut rest) {
            Ok(kind) => drop(value(&mut rest, kind)),
            Err(UNTYPED) => return true,
            Err(other) => panic!("type {other} of a parameter"),
        }
    }
    false
}

const UNTYPED: u8 = 0x1F;
