//! What customers spent: staged, checked and applied.

use pipeline::facts::SpendChange;
use tiberius::{ColumnData, IntoSql, numeric::Numeric};

use super::{
    error::Cause,
    session::{Session, Values},
};
use crate::spend::{Change, by_customer};

/// Stages the changes, and checks that the new totals fit and make sense.
pub(super) async fn stage(
    session: &mut Session,
    reset: bool,
    changes: &[SpendChange],
) -> Result<(), Cause> {
    let mut changes = changes.to_vec();
    let (mut fit, mut too_large) = (Vec::new(), 0);
    for sum in by_customer(&mut changes) {
        match sum {
            Some(change) => fit.push(change),
            None => too_large += 1,
        }
    }
    session.bulk("#staged_spend", Box::new(fit.into_iter().map(row))).await?;
    let rows = session.query(sql!("spend/check"), &[&i32::from(reset)]).await?;
    let count =
        |column| rows.first().map_or(Ok(0), |row| -> Result<u64, Cause> { row.count(column) });
    too_large += count("too_large")?;
    if too_large > 0 {
        return Err(Cause::permanent(format!(
            "cannot take the spend of {too_large} customer(s), which reaches 10,000,000,000,000 \
             and does not fit decimal(18,5): look for wrong quantities or prices in the purchase \
             files and replace them"
        )));
    }
    let contradicted = count("contradicted")?;
    if contradicted > 0 {
        return Err(Cause::permanent(format!(
            "contradicts the lake, {contradicted} customer(s) would have fewer than no purchases: \
             check that LAKE and WAREHOUSE belong together"
        )));
    }
    Ok(())
}

/// A row of `#staged_spend`, in the order of its columns.
fn row(change: Change) -> [ColumnData<'static>; 3] {
    let amount = Numeric::new_with_scale(change.amount_e5, 5);
    [change.customer.into_sql(), amount.into_sql(), change.purchases.into_sql()]
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
