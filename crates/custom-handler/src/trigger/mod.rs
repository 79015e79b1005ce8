//! Typed triggers.

pub(crate) mod event_grid;
pub(crate) mod http;
pub(crate) mod queue;
pub(crate) mod timer;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{DecodeError, Payload};

/// What starts a function, decoded from what the host sends.
///
/// Implement it for triggers that this crate does not know, and add their functions by
/// [`App::function`](crate::App::function). [`Payload`] itself is a trigger: everything as it came.
pub trait Trigger: Sized + Send + 'static {
    /// The binding's `type` in function.json: `queueTrigger`.
    const KIND: &'static str;

    /// Takes the trigger's value out of the payload. What is left of `data` are input bindings.
    /// An error fails the invocation: it is answered by 400.
    fn decode(payload: &mut Payload) -> Result<Self, DecodeError>;
}

impl Trigger for Payload {
    const KIND: &'static str = "any trigger";

    fn decode(payload: &mut Payload) -> Result<Self, DecodeError> {
        let data = std::mem::take(&mut payload.data);
        Ok(Self { data, metadata: payload.metadata.clone(), binding: payload.binding.clone() })
    }
}

/// Bytes that the host sent, `None` when they are no base64.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
