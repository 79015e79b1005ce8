//! What customers spent: staged, checked and applied.

use std::collections::BTreeSet;

use pipeline::facts::SpendChange;
use tiberius::{ColumnData, IntoSql, numeric::Numeric};

use super::{
    error::Cause,
    history::{LONGEST_BODY, time},
    session::{Session, Values},
};
use crate::{
    HeldCustomer, Publish,
    spend::{COUNTLESS, amount_e5, by_customer},
};

/// Stages the changes, and checks that the new totals make sense. Returns the customers whose new
/// total does not fit.
pub(super) async fn stage(
    session: &mut Session,
    publish: &Publish,
) -> Result<Vec<HeldCustomer>, Cause> {
    let held = if publish.reset_spend { &[][..] } else { &publish.held };
    let changes = by_customer(publish.spend.clone(), held)
        .ok_or_else(|| Cause::permanent(format!("cannot go on, {COUNTLESS}: rebuild it")))?;
    session.bulk("#staged_spend", Box::new(changes.iter().filter_map(row))).await?;
    let unfit = session.query(sql!("spend/check"), &[&i32::from(publish.reset_spend)]).await?;
    let (mut unfit_customers, mut contradicted) = (BTreeSet::new(), 0);
    for row in &unfit {
        if row.number::<i32>("is_contradicted")? == 1 {
            contradicted += 1;
        }
        unfit_customers.insert(row.number::<i64>("customerid")?);
    }
    if contradicted > 0 {
        return Err(Cause::permanent(format!(
            "contradicts the lake, {contradicted} customer(s) would have fewer than no purchases: \
             check that LAKE and WAREHOUSE belong together"
        )));
    }
    let unfit = changes
        .iter()
        .filter(|change| amount_e5(change).is_none() || unfit_customers.contains(&change.customer));
    Ok(unfit.map(|change| HeldCustomer::new(change, held, &publish.published_at)).collect())
}

/// A row of `#staged_spend`, in the order of its columns; `None` where no total can take it.
fn row(change: &SpendChange) -> Option<[ColumnData<'static>; 3]> {
    let amount = Numeric::new_with_scale(amount_e5(change)?, 5);
    Some([change.customer.into_sql(), amount.into_sql(), change.purchases.into_sql()])
}

/// Stages customers who keep their last total.
pub(super) async fn stage_held(session: &mut Session, held: &[HeldCustomer]) -> Result<(), Cause> {
    if held.is_empty() {
        return Ok(());
    }
    let rows = held.iter().map(|held| {
        [
            held.customer.into_sql(),
            held.amount_milli.to_string().into_sql(),
            held.purchases.into_sql(),
            held.publish_id.into_sql(),
            held.since.trim_end_matches('Z').to_owned().into_sql(),
            held.detail.chars().take(LONGEST_BODY / 2).collect::<String>().into_sql(),
        ]
    });
    session.bulk("#staged_held", Box::new(rows)).await?;
    session.execute(sql!("spend/leave_out"), &[]).await?;
    Ok(())
}

/// Records the customers who keep their last total, in place of what was recorded of all those
/// that the publish concerns.
pub(super) async fn hold(session: &mut Session, reset: bool) -> Result<(), Cause> {
    session.execute(sql!("spend/release"), &[&i32::from(reset)]).await?;
    session.execute(sql!("spend/hold"), &[]).await?;
    Ok(())
}

/// Customers who keep their last total, in order.
pub(super) async fn held(session: &mut Session) -> Result<Vec<HeldCustomer>, Cause> {
    let rows = session.query(sql!("spend/held"), &[]).await?;
    let held = rows.iter().map(|row| {
        let customer = row.number("customerid")?;
        let amount_milli = row.text("amount_milli")?.parse().map_err(|_| {
            Cause::permanent(format!(
                "holds customer {customer} with an amount that is no number: correct it"
            ))
        })?;
        Ok(HeldCustomer {
            customer,
            amount_milli,
            purchases: row.number("purchases")?,
            publish_id: row.number("publish_id")?,
            since: time(row, "since")?,
            detail: row.text("detail")?,
        })
    });
    held.collect()
}

/// Applies the staged changes, and notes the customers whose total moved.
pub(super) async fn apply(session: &mut Session, reset: bool) -> Result<(), Cause> {
    session.batch(sql!("staging/clear_totals")).await?;
    if reset {
        session.execute(sql!("spend/mark_all_changed"), &[]).await?;
        session.execute(sql!("spend/remove_all"), &[]).await?;
    }
    session.execute(sql!("spend/add_up"), &[]).await?;
    session.execute(sql!("spend/update"), &[]).await?;
    session.execute(sql!("spend/add"), &[]).await?;
    session.execute(sql!("spend/remove"), &[]).await?;
    session.execute(sql!("spend/unmark"), &[]).await?;
    session.execute(sql!("spend/mark"), &[&i32::from(reset)]).await?;
    Ok(())
}
