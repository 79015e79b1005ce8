//! What customers spent: staged and checked.

use pipeline::facts::SpendChange;
use serde::Serialize;
use tiberius::{ColumnData, IntoSql};

use super::{
    error::Cause,
    session::{Session, Values, json},
};
use crate::spend::by_customer;

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

/// Stages the changes, and checks that the new totals fit and make sense.
pub(super) async fn stage(
    session: &mut Session,
    reset: bool,
    changes: &[SpendChange],
) -> Result<(), Cause> {
    let mut changes = changes.to_vec();
    let (mut fit, mut too_large) = (Vec::new(), 0);
    for sum in by_customer(&mut changes) {
        let row = sum.and_then(|change| {
            let amount_e5 = i64::try_from(change.amount_e5).ok()?;
            Some(Row { customerid: change.customer, amount_e5, purchases: change.purchases })
        });
        match row {
            Some(row) => fit.push(row),
            None => too_large += 1,
        }
    }
    if fit.len() > FEW {
        session.bulk("#staged_spend", Box::new(fit.drain(..).map(columns))).await?;
    }
    let statements = [sql!("spend/stage"), sql!("spend/check")];
    session.count_rows(fit.len() as u64);
    let found = session.query_all(&statements, &[&i32::from(reset), &json(&fit)?]).await?;
    let row = found.iter().flatten().next();
    let count = |column| row.map_or(Ok(0), |row| -> Result<u64, Cause> { row.count(column) });
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

fn columns(row: Row) -> [ColumnData<'static>; 3] {
    [row.customerid.into_sql(), row.amount_e5.into_sql(), row.purchases.into_sql()]
}
