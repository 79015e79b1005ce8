//! What customers spent, exactly: in 1/100,000, within decimal(18,5).

use std::collections::BTreeSet;

use pipeline::{facts::SpendChange, limits};

use crate::HeldCustomer;

/// 1/1,000 in 1/100,000.
const MILLI: i128 = 100;

/// The first amount that does not fit decimal(18,5), in 1/100,000.
pub(crate) const LIMIT: i128 = 10_i128.pow(limits::AMOUNT_DIGITS.0 as u32);

/// Why changes cannot be added up.
pub(crate) const COUNTLESS: &str = "what was not applied of a customer is more than can be counted";

/// One change of each customer, in order of customers, with what could not be applied of him
/// before. `None` where a sum has more digits than its type: no lake has so many purchases.
pub(crate) fn by_customer(
    mut changes: Vec<SpendChange>,
    held: &[HeldCustomer],
) -> Option<Vec<SpendChange>> {
    let changed: BTreeSet<i64> = changes.iter().map(|change| change.customer).collect();
    let held = held.iter().filter(|held| changed.contains(&held.customer));
    changes.extend(held.map(|held| SpendChange {
        customer: held.customer,
        amount_milli: held.amount_milli,
        purchases: held.purchases,
    }));
    changes.sort_unstable_by_key(|change| change.customer);
    let of_customer = changes.chunk_by(|a, b| a.customer == b.customer);
    let sums = of_customer.map(|changes| {
        changes[1..].iter().try_fold(changes[0], |sum, change| {
            Some(SpendChange {
                customer: sum.customer,
                amount_milli: sum.amount_milli.checked_add(change.amount_milli)?,
                purchases: sum.purchases.checked_add(change.purchases)?,
            })
        })
    });
    sums.collect()
}

/// The change in 1/100,000; `None` where it fits no total: from one end of the range to the other
/// at most.
pub(crate) fn amount_e5(change: &SpendChange) -> Option<i128> {
    let amount = change.amount_milli.checked_mul(MILLI)?;
    (amount.unsigned_abs() < 2 * LIMIT.unsigned_abs()).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(customer: i64, amount_milli: i128) -> SpendChange {
        SpendChange { customer, amount_milli, purchases: 1 }
    }

    #[test]
    fn only_the_sum_of_a_customer_has_to_fit() {
        let far = i128::MAX;
        let changes = vec![change(2, 7), change(1, far), change(1, 1 - far)];
        let sums = by_customer(changes, &[]).unwrap();
        assert_eq!(sums.iter().map(amount_e5).collect::<Vec<_>>(), [Some(100), Some(700)]);
        for far in [i128::MAX, i128::MIN, 2 * LIMIT / MILLI, -2 * LIMIT / MILLI] {
            assert_eq!(amount_e5(&change(1, far)), None);
        }
        assert_eq!(by_customer(vec![change(1, far), change(1, far)], &[]), None);
    }

    #[test]
    fn what_was_not_applied_comes_with_the_next_change_of_its_customer() {
        let held = [1, 2].map(|customer| HeldCustomer {
            customer,
            amount_milli: i128::MAX,
            purchases: 2,
            ..HeldCustomer::default()
        });
        let sums = by_customer(vec![change(2, 1 - i128::MAX), change(3, 5)], &held).unwrap();
        let expected = [SpendChange { purchases: 3, ..change(2, 1) }, change(3, 5)];
        assert_eq!(sums, expected, "nothing of customer 1, for whom nothing has changed");
    }
}
