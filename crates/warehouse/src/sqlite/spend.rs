//! What customers spent, and the facts that show it.

use std::collections::BTreeSet;

use pipeline::facts::SpendChange;
use rusqlite::{Connection, OptionalExtension};

use super::{error::Cause, facts};
use crate::{
    HeldCustomer, Publish,
    spend::{COUNTLESS, LIMIT, amount_e5, by_customer},
};

/// What became of the changes of spend.
#[derive(Default)]
pub(super) struct Applied {
    /// Whether a total has changed.
    pub(super) moved: bool,
    /// Customers whose new total does not fit, and of whom nothing was applied.
    pub(super) held: Vec<HeldCustomer>,
}

/// Applies the changes, and notes the customers whose total changed.
pub(super) fn apply(connection: &Connection, publish: &mut Publish) -> Result<Applied, Cause> {
    connection.prepare(sql!("spend/forget_changed"))?.execute([])?;
    let mut applied = Applied::default();
    if publish.reset_spend {
        applied.moved = connection.prepare(sql!("spend/mark_all_changed"))?.execute([])? > 0;
        connection.prepare(sql!("spend/remove_all"))?.execute([])?;
        connection.prepare(sql!("spend/release_all"))?.execute([])?;
        publish.held.clear();
    }
    let mut find = connection.prepare(sql!("spend/find"))?;
    let mut put = connection.prepare(sql!("spend/put"))?;
    let mut remove = connection.prepare(sql!("spend/remove"))?;
    let mut mark = connection.prepare(sql!("spend/mark_changed"))?;
    let mut release = connection.prepare(sql!("spend/release"))?;
    let changes = by_customer(std::mem::take(&mut publish.spend), &publish.held);
    let changes = changes.ok_or_else(|| {
        Cause::permanent(format!(
            "{COUNTLESS}: delete the warehouse's file and run again, it is rebuilt from the lake"
        ))
    })?;
    let was_held: BTreeSet<i64> = publish.held.iter().map(|held| held.customer).collect();
    let mut contradicted = 0;
    for change in &changes {
        let customer = change.customer;
        if was_held.contains(&customer) {
            release.execute([customer])?;
        }
        let (before, purchases): (i64, i64) = find
            .query_row([customer], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .unwrap_or_default();
        match total(before, purchases, change) {
            Total::Contradicted => contradicted += 1,
            Total::Unfit => {
                let held = HeldCustomer::new(change, &publish.held, &publish.published_at);
                applied.held.push(held);
            }
            Total::Fits { amount, purchases } => {
                if purchases == 0 {
                    remove.execute([customer])?;
                } else {
                    put.execute((customer, amount, purchases))?;
                }
                if amount != before {
                    mark.execute((customer, amount))?;
                    applied.moved = true;
                }
            }
        }
    }
    if contradicted > 0 {
        return Err(Cause::permanent(format!(
            "{contradicted} customer(s) would have fewer than no purchases, the warehouse \
             contradicts the lake: delete its file and run again, it is rebuilt from the lake"
        )));
    }
    Ok(applied)
}

/// What a customer has after a change.
enum Total {
    Fits {
        amount: i64,
        purchases: i64,
    },
    Unfit,
    /// Fewer than no purchases.
    Contradicted,
}

fn total(before: i64, purchases: i64, change: &SpendChange) -> Total {
    let Some(amount) = amount_e5(change) else { return Total::Unfit };
    let purchases = i128::from(purchases) + i128::from(change.purchases);
    match purchases {
        ..0 => return Total::Contradicted,
        0 => return Total::Fits { amount: 0, purchases: 0 },
        1.. => {}
    }
    let amount = amount + i128::from(before);
    let fits = (1 - LIMIT..LIMIT).contains(&amount);
    match (i64::try_from(amount), i64::try_from(purchases)) {
        (Ok(amount), Ok(purchases)) if fits => Total::Fits { amount, purchases },
        _ => Total::Unfit,
    }
}

/// Records customers who keep their last total.
pub(super) fn hold(connection: &Connection, held: &[HeldCustomer]) -> Result<(), Cause> {
    let mut hold = connection.prepare(sql!("spend/hold"))?;
    for HeldCustomer { customer, amount_milli, purchases, publish_id, since, detail } in held {
        let amount = amount_milli.to_string();
        hold.execute((customer, amount, purchases, publish_id, since, detail))?;
    }
    Ok(())
}

/// Customers who keep their last total, in order.
pub(super) fn held(connection: &Connection) -> Result<Vec<HeldCustomer>, Cause> {
    let mut statement = connection.prepare(sql!("spend/held"))?;
    let mut rows = statement.query([])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        let (customer, amount): (i64, String) = (row.get(0)?, row.get(1)?);
        let amount_milli = amount.parse().map_err(|_| {
            Cause::permanent(format!(
                "the warehouse holds customer {customer} with an amount that is no number: delete \
                 its file and run again, it is rebuilt from the lake"
            ))
        })?;
        held.push(HeldCustomer {
            customer,
            amount_milli,
            purchases: row.get(2)?,
            publish_id: row.get(3)?,
            since: row.get(4)?,
            detail: row.get(5)?,
        });
    }
    Ok(held)
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
