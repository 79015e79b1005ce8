//! What customers spent, and the facts that show it.

use pipeline::facts::SpendChange;
use rusqlite::{Connection, OptionalExtension};

use super::{error::Cause, facts};
use crate::spend::{Change, LIMIT, by_customer};

/// Applies the changes, and notes the customers whose total changed. Returns whether there are any.
pub(super) fn apply(
    connection: &Connection,
    reset: bool,
    mut changes: Vec<SpendChange>,
) -> Result<bool, Cause> {
    connection.prepare(sql!("spend/forget_changed"))?.execute([])?;
    let mut moved = false;
    if reset {
        moved = connection.prepare(sql!("spend/mark_all_changed"))?.execute([])? > 0;
        connection.prepare(sql!("spend/remove_all"))?.execute([])?;
    }
    let mut find = connection.prepare(sql!("spend/find"))?;
    let mut put = connection.prepare(sql!("spend/put"))?;
    let mut remove = connection.prepare(sql!("spend/remove"))?;
    let mut mark = connection.prepare(sql!("spend/mark_changed"))?;
    let (mut too_large, mut contradicted) = (0, 0);
    for change in by_customer(&mut changes) {
        let Some(Change { customer, amount_e5, purchases }) = change else {
            too_large += 1;
            continue;
        };
        let (before, purchases_before): (i64, i64) = find
            .query_row([customer], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .unwrap_or_default();
        let sums = (total(before, amount_e5), purchases_before.checked_add(purchases));
        let (Some(amount), Some(purchases)) = sums else {
            too_large += 1;
            continue;
        };
        if purchases < 0 {
            contradicted += 1;
            continue;
        }
        let after = if purchases == 0 { 0 } else { amount };
        if purchases == 0 {
            remove.execute([customer])?;
        } else {
            put.execute((customer, after, purchases))?;
        }
        if after != before {
            mark.execute((customer, after))?;
            moved = true;
        }
    }
    if too_large > 0 {
        return Err(Cause::permanent(format!(
            "the spend of {too_large} customer(s) reaches 10,000,000,000,000 and does not fit \
             decimal(18,5): look for wrong quantities or prices in the purchase files and \
             replace them"
        )));
    }
    if contradicted > 0 {
        return Err(Cause::permanent(format!(
            "{contradicted} customer(s) would have fewer than no purchases, the warehouse \
             contradicts the lake: delete its file and run again, it is rebuilt from the lake"
        )));
    }
    Ok(moved)
}

/// A total after its change; `None` where it does not fit.
fn total(before: i64, change: i128) -> Option<i64> {
    let total = change + i128::from(before);
    i64::try_from(total).ok().filter(|_| (1 - LIMIT..LIMIT).contains(&total))
}

/// Brings the facts outside the `replaced` days up to date with the noted customers: their days
/// are read in the gaps between, so that what was just inserted is not read again. Returns the
/// number of facts whose amount changed.
pub(super) fn respend<'a>(
    connection: &Connection,
    replaced: impl Iterator<Item = &'a i32>,
) -> Result<u64, Cause> {
    let mut update = connection.prepare(sql!("facts/respend"))?;
    let mut facts = 0;
    let mut from = i64::MIN;
    // In order.
    for &day in replaced {
        let (first, last) = facts::ids(day);
        if from < first {
            facts += update.execute((from, first - 1))?;
        }
        from = last + 1;
    }
    facts += update.execute((from, i64::MAX))?;
    Ok(facts as u64)
}
