//! What customers spent, exactly: decimal(18,5).

use pipeline::facts::SpendChange;
use tiberius::{ColumnData, IntoSql, numeric::Numeric};

use super::{
    error::Cause,
    session::{Session, Values},
};

/// 1/1,000 in 1/100,000.
const MILLI: i128 = 100;

/// The first amount that does not fit decimal(18,5), in 1/100,000.
const LIMIT: i128 = 10_i128.pow(18);

/// The change of one customer, in 1/100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    customer: i64,
    amount_e5: i128,
    purchases: i64,
}

/// Stages the changes, and checks that the new totals fit and make sense.
pub(super) async fn stage(
    session: &mut Session,
    reset: bool,
    changes: &[SpendChange],
) -> Result<(), Cause> {
    let (changes, mut too_large) = add_up(changes);
    session.bulk("#staged_spend", Box::new(changes.into_iter().map(row))).await?;
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

/// One change for each customer, in order, and the number of those that fit no total.
fn add_up(changes: &[SpendChange]) -> (Vec<Change>, u64) {
    let mut changes = changes.to_vec();
    changes.sort_unstable_by_key(|change| change.customer);
    let sums = changes.chunk_by(|a, b| a.customer == b.customer).map(|changes| {
        // From one end of the range to the other at most; only the sum has to fit.
        let amount_e5 = changes
            .iter()
            .try_fold(0_i128, |sum, change| sum.checked_add(change.amount_milli))
            .and_then(|milli| milli.checked_mul(MILLI))
            .filter(|amount| amount.abs() < 2 * LIMIT)?;
        let purchases =
            changes.iter().try_fold(0_i64, |sum, change| sum.checked_add(change.purchases))?;
        Some(Change { customer: changes[0].customer, amount_e5, purchases })
    });
    let (mut fit, mut too_large) = (Vec::new(), 0);
    for sum in sums {
        match sum {
            Some(change) => fit.push(change),
            None => too_large += 1,
        }
    }
    (fit, too_large)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sum_of_a_customer_has_to_fit() {
        let change = |customer, amount_milli| SpendChange { customer, amount_milli, purchases: 1 };
        let far = i128::from(i64::MAX);
        let (fit, too_large) = add_up(&[
            change(2, 7),
            change(1, far),
            change(3, i128::MAX),
            change(1, 1 - far),
            change(3, i128::MAX),
            change(4, -2 * LIMIT / MILLI),
        ]);
        let expected = [
            Change { customer: 1, amount_e5: 100, purchases: 2 },
            Change { customer: 2, amount_e5: 700, purchases: 1 },
        ];
        assert_eq!((fit.as_slice(), too_large), (&expected[..], 2));
    }
}
