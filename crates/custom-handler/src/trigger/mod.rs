//! Typed triggers.

pub(crate) mod event_grid;
pub(crate) mod http;
pub(crate) mod queue;
pub(crate) mod timer;

use crate::{DecodeError, Payload};

/// What starts a function, decoded from what the host sends. Implement it for triggers that this
/// crate does not know.
pub trait Trigger: Sized + Send + 'static {
    /// The binding's `type` in function.json: `queueTrigger`.
    const KIND: &'static str;

    /// Reads the trigger's value, and what else the function needs. An error fails the
    /// invocation: the answer is 400.
    fn decode(payload: Payload) -> Result<Self, DecodeError>;
}
