//! What customers spent, exactly: in 1/100,000, within decimal(18,5).

use std::collections::BTreeSet;

use pipeline::facts::SpendChange;
use rusqlite::{Connection, OptionalExtension};

use super::{error::Cause, facts};

/// 1/1,000 in 1/100,000.
const MILLI: i128 = 100;

/// The first amount that does not fit decimal(18,5).
const LIMIT: i128 = 10_i128.pow(18);

/// Applies the changes, and notes the customers whose total moved. Tells whether there are any.
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
    // In the order of the table's key; and only the sum of a customer's changes has to fit.
    changes.sort_unstable_by_key(|change| change.customer);
    for changes in changes.chunk_by(|a, b| a.customer == b.customer) {
        let customer = changes[0].customer;
        let (before, purchases) = find
            .query_row([customer], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
            .optional()?
            .unwrap_or_default();
        let Some((amount, purchases)) = sum(before, purchases, changes) else {
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
             contradicts the lake: delete its file and run again, it is built anew from the lake"
        )));
    }
    Ok(moved)
}

/// Amount and number of purchases after the changes; `None` where they do not fit.
fn sum(before: i64, purchases: i64, changes: &[SpendChange]) -> Option<(i64, i64)> {
    let amount = changes
        .iter()
        .try_fold(0_i128, |sum, change| sum.checked_add(change.amount_milli))
        .and_then(|milli| milli.checked_mul(MILLI))
        .and_then(|change| change.checked_add(before.into()))
        .filter(|amount| (1 - LIMIT..LIMIT).contains(amount))
        .and_then(|amount| i64::try_from(amount).ok())?;
    let purchases =
        changes.iter().try_fold(purchases, |sum, change| sum.checked_add(change.purchases))?;
    Some((amount, purchases))
}

/// Brings the facts outside the `replaced` days up to date with the noted customers: their days
/// are read in the gaps between, so that what was just inserted is not read again. Returns the
/// number of facts whose amount changed.
pub(super) fn respend(connection: &Connection, replaced: &BTreeSet<i32>) -> Result<u64, Cause> {
    let mut update = connection.prepare(sql!("facts/respend"))?;
    let mut facts = 0;
    let mut from = i64::MIN;
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
