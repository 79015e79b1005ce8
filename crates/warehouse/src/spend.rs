//! What customers spent, exactly: in 1/100,000, within decimal(18,5).

use pipeline::facts::SpendChange;

/// 1/1,000 in 1/100,000.
const MILLI: i128 = 100;

/// The first amount that does not fit decimal(18,5), in 1/100,000.
pub(crate) const LIMIT: i128 = 10_i128.pow(18);

/// The change of one customer, in 1/100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub customer: i64,
    pub amount_e5: i128,
    pub purchases: i64,
}

/// The sum of each customer's changes, in order of customers; `None` where it fits no total. Only
/// the sum has to fit, from one end of the range to the other at most.
pub(crate) fn by_customer(changes: &mut [SpendChange]) -> impl Iterator<Item = Option<Change>> {
    changes.sort_unstable_by_key(|change| change.customer);
    changes.chunk_by(|a, b| a.customer == b.customer).map(|changes| {
        let amount_e5 = changes
            .iter()
            .try_fold(0_i128, |sum, change| sum.checked_add(change.amount_milli))
            .and_then(|milli| milli.checked_mul(MILLI))
            .filter(|amount| amount.abs() < 2 * LIMIT)?;
        let purchases =
            changes.iter().try_fold(0_i64, |sum, change| sum.checked_add(change.purchases))?;
        Some(Change { customer: changes[0].customer, amount_e5, purchases })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sum_of_a_customer_has_to_fit() {
        let change = |customer, amount_milli| SpendChange { customer, amount_milli, purchases: 1 };
        let far = i128::from(i64::MAX);
        let mut changes = [
            change(2, 7),
            change(1, far),
            change(3, i128::MAX),
            change(1, 1 - far),
            change(3, i128::MAX),
            change(4, -2 * LIMIT / MILLI),
        ];
        let sum = |customer, amount_e5, purchases| Change { customer, amount_e5, purchases };
        let expected = [Some(sum(1, 100, 2)), Some(sum(2, 700, 1)), None, None];
        assert_eq!(by_customer(&mut changes).collect::<Vec<_>>(), expected);
    }
}
