//! `eventGridTrigger`.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Trigger;
use crate::{DecodeError, Payload};

/// The events of an invocation: one, or several with `"cardinality": "many"`.
///
/// Event Grid waits 30 s for all invocations of a delivery and sends the whole of it again when
/// one fails or is slow: only enqueue here, and be ready for repetitions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventGridEvents {
    /// In the Event Grid schema (`eventType`, `eventTime`, ...) or as CloudEvents 1.0 (`type`,
    /// `time`, ...), whichever the subscription delivers, untouched.
    pub events: Vec<Value>,
}

impl EventGridEvents {
    /// The events in the handler's own type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<Vec<T>, DecodeError> {
        let typed = self.events.iter().map(T::deserialize).collect::<Result<_, _>>();
        typed.map_err(|error| DecodeError::json("event", &error))
    }
}

impl Trigger for EventGridEvents {
    const KIND: &'static str = "eventGridTrigger";

    /// One event is an object; many are JSON text of an array within a string.
    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let fits = |value: &Value| {
            let has = |name| value.get(name).is_some();
            value.is_string() || value.is_array() || (has("id") && has("subject") && has("data"))
        };
        let mut value = payload.take_trigger(Self::KIND, fits)?;
        if let Value::String(text) = &value {
            value =
                serde_json::from_str(text).map_err(|error| DecodeError::json("event", &error))?;
        }
        let events = match value {
            Value::Object(_) => vec![value],
            Value::Array(events) => events,
            _ => Vec::new(),
        };
        if events.is_empty() || !events.iter().all(Value::is_object) {
            return Err(DecodeError::new("expected an event or an array of events"));
        }
        Ok(Self { events })
    }
}
