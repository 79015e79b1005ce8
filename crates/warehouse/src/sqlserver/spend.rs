//! What customers spent: staged and checked.

use std::collections::BTreeSet;

use pipeline::facts::SpendChange;
use serde::Serialize;
use tiberius::{ColumnData, IntoSql};

use super::{
    error::Cause,
    session::{Session, Values, json},
};
use crate::{
    HeldCustomer, Publish,
    spend::{COUNTLESS, amount_e5, by_customer},
};

/// More changes than this come by bulk load, which takes three round trips more.
const FEW: usize = 1_000;

/// A row of `#staged_spend`, in the order of its columns.
#[derive(Serialize)]
struct Row {
    customerid: i64,
    /// Within twice the range of a total, and so within these 64 bits.
    amount_e5: i64,
    purchases: i64,
}

/// Stages the changes, and checks that the new totals make sense. Returns the customers whose new
/// total does not fit.
pub(super) async fn stage(
    session: &mut Session,
    publish: &Publish,
) -> Result<Vec<HeldCustomer>, Cause> {
    let held = if publish.reset_spend { &[][..] } else { &publish.held };
    let changes = by_customer(publish.spend.clone(), held)
        .ok_or_else(|| Cause::permanent(format!("cannot go on, {COUNTLESS}: rebuild it")))?;
    let mut rows: Vec<Row> = changes.iter().filter_map(row).collect();
    if rows.len() > FEW {
        session.bulk("#staged_spend", Box::new(rows.drain(..).map(columns))).await?;
    }
    let statements = [sql!("spend/stage"), sql!("spend/check")];
    session.count_rows(rows.len() as u64);
    let reset = i32::from(publish.reset_spend);
    let found = session.query_all(&statements, &[&reset, &json(&rows)?]).await?;
    let (mut unfit_customers, mut contradicted) = (BTreeSet::new(), 0);
    for row in found.iter().flatten() {
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

/// A change as it is staged; `None` where no total can take it.
fn row(change: &SpendChange) -> Option<Row> {
    let amount_e5 = i64::try_from(amount_e5(change)?).ok()?;
    Some(Row { customerid: change.customer, amount_e5, purchases: change.purchases })
}

fn columns(row: Row) -> [ColumnData<'static>; 3] {
    [row.customerid.into_sql(), row.amount_e5.into_sql(), row.purchases.into_sql()]
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
            held.detail.clone().into_sql(),
        ]
    });
    session.bulk("#staged_held", Box::new(rows)).await?;
    session.execute(sql!("spend/leave_out"), &[]).await?;
    Ok(())
}
