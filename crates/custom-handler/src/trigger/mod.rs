//! Typed triggers.

pub(crate) mod event_grid;
pub(crate) mod http;
pub(crate) mod queue;
pub(crate) mod timer;

use crate::{DecodeError, Payload};

/// What starts a function, decoded from what the host sends. Implement it for triggers that this
/// crate does not know.
///
/// ```
/// use custom_handler::{DecodeError, Payload, Trigger};
/// use serde_json::Value;
///
/// struct ServiceBusMessage(String);
///
/// impl Trigger for ServiceBusMessage {
///     const KIND: &'static str = "serviceBusTrigger";
///
///     fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
///         let value = payload.take_trigger(Self::KIND, Value::is_string)?;
///         let text = value.as_str().and_then(|text| serde_json::from_str(text).ok());
///         text.map(Self).ok_or(DecodeError::new("expected a message that is text"))
///     }
/// }
/// ```
pub trait Trigger: Sized + Send + 'static {
    /// The binding's `type` in function.json: `queueTrigger`.
    const KIND: &'static str;

    /// Reads the trigger's value, and what else the function needs. An error says that the host
    /// sent something else than this trigger. It fails the invocation, with 400, so that no message
    /// is lost. What the sender wrote wrongly is for the handler to refuse.
    fn decode(payload: Payload) -> Result<Self, DecodeError>;
}
