//! Keys of the dimensions: given once, stable for ever.

use pipeline::{
    dimensions::{COUNT, DIMENSIONS},
    facts::{Fact, FactBatch, Interner},
};
use rusqlite::{Connection, OptionalExtension};

use super::error::Cause;

/// Keys of each dimension by the batch's codes. Codes that no row uses have key 0 and are never
/// asked for.
pub(super) struct Keys([Vec<i64>; COUNT]);

impl Keys {
    /// Finds the key of each text that a row of the batch uses, and gives one to new texts.
    pub(super) fn resolve(connection: &Connection, batch: &FactBatch) -> Result<Self, Cause> {
        let mut all = Self([const { Vec::new() }; COUNT]);
        for (place, keys) in all.0.iter_mut().enumerate() {
            let texts = &batch.texts[place];
            let codes = batch.rows.iter().map(|fact| fact.codes[place]);
            let used = used(DIMENSIONS[place].name, texts, codes)?;
            *keys = resolve(connection, place, texts, &used)?;
        }
        Ok(all)
    }

    /// The keys of a fact.
    pub(super) fn of(&self, fact: &Fact) -> [i64; COUNT] {
        std::array::from_fn(|place| self.0[place][fact.codes[place] as usize])
    }
}

/// Removes the texts that no fact has.
pub(super) fn remove_unused(connection: &Connection) -> Result<(), Cause> {
    let remove = sql!(each "dimensions/remove_unused");
    let clear = sql!(each "dimensions/clear_unused");
    for statement in remove.iter().chain(clear) {
        connection.prepare(statement)?.execute([])?;
    }
    Ok(())
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

fn resolve(
    connection: &Connection,
    place: usize,
    interner: &Interner,
    used: &[bool],
) -> Result<Vec<i64>, Cause> {
    let mut find = connection.prepare(&sql!(each "dimensions/find_text")[place])?;
    let mut add = connection.prepare(&sql!(each "dimensions/add_text")[place])?;
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
