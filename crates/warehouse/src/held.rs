//! Customers who keep their last total.

use std::borrow::Cow;

use pipeline::{facts::SpendChange, limits};
use serde::{Serialize, Serializer};

/// A customer whose new total does not fit decimal(18,5), and who keeps his last one until it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HeldCustomer {
    /// `customer_id` of the purchases.
    pub customer: i64,
    /// What was not applied, in thousandths; in JSON a text in whole units, `"-12.345"`.
    #[serde(rename = "amount", serialize_with = "in_units")]
    pub amount_milli: i128,
    /// Purchases that were not applied: what came less what went.
    pub purchases: i64,
    /// The publish that held him first; 0 while it is not committed.
    pub publish_id: i64,
    /// When that was, UTC, `2021-04-25T06:15:04Z`.
    pub since: String,
    /// Where his amount comes from and what to do, in sentences.
    pub detail: String,
}

impl HeldCustomer {
    /// Of a change that cannot be applied. Who was held `before` has been since then.
    pub(crate) fn new(change: &SpendChange, before: &[Self], published_at: &str) -> Self {
        let SpendChange { customer, amount_milli, purchases } = *change;
        let before = before.iter().find(|held| held.customer == customer);
        Self {
            customer,
            amount_milli,
            purchases,
            publish_id: before.map_or(0, |held| held.publish_id),
            since: before.map_or(published_at, |held| &held.since).to_owned(),
            detail: String::new(),
        }
    }

    /// His amount in whole units, exactly: `-12.345`.
    pub fn units(&self) -> String {
        let sign = if self.amount_milli < 0 { "-" } else { "" };
        let milli = self.amount_milli.unsigned_abs();
        format!("{sign}{}.{:03}", milli / 1_000, milli % 1_000)
    }

    /// As the publish that holds them stores them: those who were never held before with its
    /// number, and each detail within [`limits::DETAIL`].
    pub fn settle(held: &mut [Self], publish_id: i64) {
        for held in held {
            if held.publish_id == 0 {
                held.publish_id = publish_id;
            }
            if let Cow::Owned(cut) = limits::cut(&held.detail, limits::DETAIL) {
                held.detail = cut;
            }
        }
    }
}

fn in_units<S: Serializer>(milli: &i128, serializer: S) -> Result<S::Ok, S::Error> {
    let held = HeldCustomer { amount_milli: *milli, ..HeldCustomer::default() };
    serializer.serialize_str(&held.units())
}
