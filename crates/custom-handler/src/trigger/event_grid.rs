//! `eventGridTrigger`.

use serde_json::Value;

use super::Trigger;
use crate::{DecodeError, Payload};

/// The events of an invocation: one, or several with `"cardinality": "many"`.
///
/// Event Grid waits 30 s for all invocations of a delivery and sends the whole of it again when
/// one fails or is slow: only enqueue here, and be ready for repetitions.
///
/// ```
/// use custom_handler::{Context, EventGridEvents, Outcome, Output, OutputError};
///
/// async fn enqueue(events: EventGridEvents, _: Context) -> Result<Outcome, OutputError> {
///     Outcome::done().output("queue", Output::messages(events.events)?)
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventGridEvents {
    /// In the Event Grid schema (`eventType`, `eventTime`, ...) or as CloudEvents 1.0 (`type`,
    /// `time`, ...), whichever the subscription delivers, untouched.
    pub events: Vec<Value>,
}

impl EventGridEvents {
    /// Events as a test makes them.
    pub fn new(events: impl IntoIterator<Item = Value>) -> Self {
        Self { events: events.into_iter().collect() }
    }
}

impl Trigger for EventGridEvents {
    const KIND: &'static str = "eventGridTrigger";

    /// One event is an object; many are JSON text of an array within a string.
    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let fits = |value: &Value| value.is_string() || value.get("subject").is_some();
        let events = match payload.take_trigger(Self::KIND, fits)? {
            Value::String(text) => serde_json::from_str(&text)
                .map_err(|error| DecodeError::json("array of events", &error))?,
            event => vec![event],
        };
        if events.is_empty() || !events.iter().all(Value::is_object) {
            return Err(DecodeError::new("expected an event or an array of events"));
        }
        Ok(Self { events })
    }
}
