//! How the spend of customers changes when purchase files come, change and go.

use std::collections::HashMap;

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Decimal128Type, Int32Type, Int64Type},
};

use super::SpendChange;

/// Columns of `user_purchase` that [`Spend::push`] reads.
pub const SPEND_COLUMNS: [&str; 3] = ["quantity", "unit_price", "customer_id"];

/// Sums by customer; purchases without a customer count for nobody.
#[derive(Default)]
pub struct Spend {
    customers: HashMap<i64, (i128, i64), ahash::RandomState>,
}

/// Whether rows come into the live files or leave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The rows' amounts are added.
    In,
    /// The rows' amounts are taken away.
    Out,
}

impl Spend {
    /// Takes all rows of a staged batch, which has at least the columns [`SPEND_COLUMNS`].
    pub fn push(&mut self, batch: &RecordBatch, direction: Direction) {
        let sign = if direction == Direction::In { 1 } else { -1 };
        let quantities = batch["quantity"].as_primitive::<Int32Type>().values();
        let prices = batch["unit_price"].as_primitive::<Decimal128Type>().values();
        let customers = batch["customer_id"].as_primitive::<Int64Type>();
        // Rows of one invoice stand together: they are added up before the customer is looked for.
        let customer = |row: usize| customers.is_valid(row).then(|| customers.value(row));
        let mut start = 0;
        while start < batch.num_rows() {
            let of = customer(start);
            let rows = (start..batch.num_rows()).take_while(|row| customer(*row) == of);
            let (sum, end) = rows.fold((0_i128, start), |(sum, _), row| {
                (sum + i128::from(quantities[row]) * prices[row], row + 1)
            });
            if let Some(customer) = of {
                let (amount, purchases) = self.customers.entry(customer).or_default();
                *amount += sign * sum;
                *purchases += sign as i64 * (end - start) as i64;
            }
            start = end;
        }
    }

    /// The changes, by customer; customers for whom nothing changed are left out.
    pub fn changes(self) -> Vec<SpendChange> {
        let mut changes: Vec<SpendChange> = self
            .customers
            .into_iter()
            .filter(|(_, change)| *change != (0, 0))
            .map(|(customer, (amount_milli, purchases))| SpendChange {
                customer,
                amount_milli,
                purchases,
            })
            .collect();
        changes.sort_unstable_by_key(|change| change.customer);
        changes
    }
}
