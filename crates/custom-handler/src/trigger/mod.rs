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

    /// Reads the trigger's value, and what else the function needs. An error fails the invocation:
    /// it is answered by 400.
    fn decode(payload: Payload) -> Result<Self, DecodeError>;
}

impl Trigger for Payload {
    const KIND: &'static str = "any trigger";

    fn decode(payload: Payload) -> Result<Self, DecodeError> {
        Ok(payload)
    }
}

/// Bytes that the host sent, `None` when they are no base64.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
