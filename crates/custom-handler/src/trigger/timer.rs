//! `timerTrigger`.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Trigger;
use crate::{DecodeError, Payload, payload::date};

/// A timer that fires. It runs on one instance and never overlaps itself there; a failure is
/// not repeated unless function.json has a `retry` policy.
///
/// ```
/// use custom_handler::{Context, Outcome, Timer};
///
/// async fn nightly(timer: Timer, _: Context) -> Outcome {
///     let day = timer.next.map(|next| next.date_naive());
///     Outcome::done().log(format!("the night of {day:?}, late: {}", timer.is_past_due))
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timer {
    /// An occurrence was missed while nothing ran: one call makes up for all of them.
    pub is_past_due: bool,
    /// The occurrence that is firing, the missed one when past due: the logical time of the
    /// run, which the clock is not. `None` with `"useMonitor": false`, and for schedules that fire
    /// more than once a minute.
    pub next: Option<DateTime<Utc>>,
}

impl Timer {
    /// A timer as a test makes it: in time, for the occurrence `next`.
    pub fn at(next: DateTime<Utc>) -> Self {
        Self { is_past_due: false, next: Some(next) }
    }

    /// The same, past due.
    pub fn past_due(self) -> Self {
        Self { is_past_due: true, ..self }
    }
}

impl Trigger for Timer {
    const KIND: &'static str = "timerTrigger";

    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let is_timer = |value: &Value| value.get("IsPastDue").is_some();
        let value = payload.take_trigger(Self::KIND, is_timer)?;
        let expected = "expected a timer to be an object with a truth value `IsPastDue`";
        let is_past_due = value.get("IsPastDue").and_then(Value::as_bool);
        Ok(Self {
            is_past_due: is_past_due.ok_or(DecodeError::new(expected))?,
            next: value.pointer("/ScheduleStatus/Next").and_then(Value::as_str).and_then(date),
        })
    }
}
