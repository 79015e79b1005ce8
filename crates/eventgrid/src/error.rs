//! What can go wrong with events, and whether another try can help.

use std::time::Duration;

/// An error of reading or publishing events. No text of it holds a secret or the contents of a
/// message.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message says what the fields hold")]
pub enum Error {
    /// The text is no event in any form that we know.
    #[error(
        "the message of {bytes} bytes is not an event: {why}; deliver blob-created events in the \
         Event Grid or the CloudEvents 1.0 schema"
    )]
    NotAnEvent { bytes: usize, why: String },
    /// The topic's endpoint cannot be used.
    #[error("the endpoint of the Event Grid topic {why}; give the https URL that the topic shows")]
    Endpoint { why: String },
    /// The topic's key cannot be sent.
    #[error("the key of the Event Grid topic {why}; give one of the two keys of the topic")]
    Key { why: &'static str },
    /// No HTTP client could be made.
    #[error("cannot set up HTTPS for events: {why}; check the system's root certificates")]
    Client { why: String },
    /// The managed identity gives no token, and asking again will not help.
    #[error("cannot get a token of the managed identity: {why}, or set a key")]
    Identity { why: String },
    /// The topic said no, and asking again will not help.
    #[error("the Event Grid topic answered {status} to {kind} `{id}`; {what_to_do}")]
    Refused { status: u16, kind: &'static str, id: String, what_to_do: &'static str },
    /// Every try until the deadline failed.
    #[error(
        "{kind} `{id}` was not published within {seconds} s ({tries} tries): {last}; check that \
         this app can connect to the topic"
    )]
    Deadline { kind: &'static str, id: String, seconds: f64, tries: u32, last: String },
}

impl Error {
    /// Whether the same call can succeed later without anybody's doing.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Deadline { .. })
    }
}

/// Why one try to publish failed.
pub(crate) enum Failure {
    /// The next one may succeed, not before `wait` if the topic asks for it.
    Again {
        why: String,
        wait: Option<Duration>,
    },
    Final(Error),
}

impl Failure {
    pub(crate) fn again(why: impl Into<String>) -> Self {
        Self::Again { why: why.into(), wait: None }
    }
}
