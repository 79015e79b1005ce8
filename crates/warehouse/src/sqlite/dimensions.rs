//! Keys of the dimensions: given once, stable for ever.

use pipeline::facts::{Fact, FactBatch, Interner};
use rusqlite::{Connection, OptionalExtension};

use super::{error::Cause, sql};

/// Keys by the batch's codes. Codes that no row uses have key 0 and are never asked for.
pub(super) struct Keys {
    pub(super) device: Vec<i64>,
    pub(super) location: Vec<i64>,
    pub(super) os: Vec<i64>,
    pub(super) browser: Vec<i64>,
}

impl Keys {
    /// Finds the key of each text that a row of the batch uses, and gives one to new texts.
    pub(super) fn resolve(connection: &Connection, batch: &FactBatch) -> Result<Self, Cause> {
        let resolve = |name, find, add, interner: &Interner, code: fn(&Fact) -> u32| {
            let used = used(name, interner, batch.rows.iter().map(code))?;
            keys(connection, find, add, interner, &used)
        };
        let texts = &batch.dimensions;
        Ok(Self {
            device: resolve("device", sql::FIND_DEVICE, sql::ADD_DEVICE, &texts.device, |f| {
                f.device
            })?,
            location: resolve(
                "location",
                sql::FIND_LOCATION,
                sql::ADD_LOCATION,
                &texts.location,
                |f| f.location,
            )?,
            os: resolve("os", sql::FIND_OS, sql::ADD_OS, &texts.os, |f| f.os)?,
            browser: resolve(
                "browser",
                sql::FIND_BROWSER,
                sql::ADD_BROWSER,
                &texts.browser,
                |f| f.browser,
            )?,
        })
    }
}

/// Which codes occur. A batch may carry texts of days that were left out: these are no members
/// of a dimension.
fn used(
    name: &str,
    interner: &Interner,
    codes: impl Iterator<Item = u32>,
) -> Result<Vec<bool>, Cause> {
    let mut used = vec![false; interner.texts().len()];
    for code in codes {
        *used.get_mut(code as usize).ok_or_else(|| {
            Cause::permanent(format!(
                "a fact has the {name} code {code}, which its batch gives no text: build \
                 the facts again"
            ))
        })? = true;
    }
    Ok(used)
}

fn keys(
    connection: &Connection,
    find: &str,
    add: &str,
    interner: &Interner,
    used: &[bool],
) -> Result<Vec<i64>, Cause> {
    let mut find = connection.prepare(find)?;
    let mut add = connection.prepare(add)?;
    let mut keys = vec![0; used.len()];
    for ((key, text), _) in
        keys.iter_mut().zip(interner.texts()).zip(used).filter(|(_, used)| **used)
    {
        *key = match find.query_row([text], |row| row.get(0)).optional()? {
            Some(key) => key,
            None => add.query_row([text], |row| row.get(0))?,
        };
    }
    Ok(keys)
}
