//! `queueTrigger`: a message of a storage queue.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::Trigger;
use crate::{DecodeError, Payload};

/// A message of a storage queue.
///
/// The host copies the members of a message that is a JSON object over its own metadata, so a
/// message `{"DequeueCount": 1}` would hide how often it failed before: see [`DequeueCount`].
///
/// ```
/// use custom_handler::{Context, DecodeError, QueueMessage};
///
/// async fn resize(message: QueueMessage, _: Context) -> Result<(), DecodeError> {
///     let _width: u32 = message.json()?; // What is no number is refused.
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueMessage {
    /// The text in UTF-8, or the bytes of a binding with `"dataType": "binary"`.
    pub body: Vec<u8>,
    /// Which delivery this is, as far as that can be known.
    pub dequeue_count: DequeueCount,
    /// The same at each delivery of the message. The queue's own, or the member `id` of a message
    /// that is a JSON object with one.
    pub id: Option<String>,
}

/// Which delivery of a message this is.
///
/// ```
/// use custom_handler::{DequeueCount, QueueMessage};
///
/// fn is_last_try(message: &QueueMessage) -> bool {
///     match message.dequeue_count {
///         DequeueCount::Known(count) => count >= 5,
///         // There may be no other.
///         _ => true,
///     }
/// }
/// assert!(!is_last_try(&QueueMessage::new("work")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DequeueCount {
    /// The host counted: 1, 2, 3 ...; 0 for a call by the admin interface. After `maxDequeueCount`
    /// (5) failed ones the message moves to `<queue>-poison`.
    Known(u32),
    /// **The message has a member of this name** (in any case), which the host took for its own: the
    /// sender may have written it. No first and no last delivery can be told from it.
    Unknown,
}

impl QueueMessage {
    /// A message as a test makes it: a first delivery without an id.
    ///
    /// ```
    /// use custom_handler::{DequeueCount, QueueMessage};
    ///
    /// let again = QueueMessage::new("work").with_dequeue_count(DequeueCount::Known(2)).with_id("7");
    /// assert_eq!(again.text(), Ok("work"));
    /// ```
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), dequeue_count: DequeueCount::Known(1), id: None }
    }

    /// The same, delivered so often.
    pub fn with_dequeue_count(self, dequeue_count: DequeueCount) -> Self {
        Self { dequeue_count, ..self }
    }

    /// The same with an id.
    pub fn with_id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// The text of the message.
    pub fn text(&self) -> Result<&str, DecodeError> {
        std::str::from_utf8(&self.body)
            .map_err(|_| DecodeError::new("the queue message is not UTF-8 text"))
    }

    /// The message as JSON, with or without a byte order mark.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        serde_json::from_slice(body).map_err(|error| DecodeError::json("queue message", &error))
    }
}

impl Trigger for QueueMessage {
    const KIND: &'static str = "queueTrigger";

    /// The value is JSON text of a string within a string (`"\"hello\""`); base64 of binary
    /// messages has no quotes.
    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let Value::String(outer) = payload.take_trigger(Self::KIND, Value::is_string)? else {
            return Err(DecodeError::new("expected a queue message to be a string"));
        };
        let body = match serde_json::from_str::<String>(&outer) {
            Ok(text) => text.into_bytes(),
            // Not encoded twice, as documentation shows it: the text itself.
            Err(_) => STANDARD.decode(&outer).unwrap_or(outer.into_bytes()),
        };
        let count = payload.metadata_text("DequeueCount").filter(|_| !may_have_count(&body));
        let id = payload.metadata_text("Id").map(|id| id.trim_matches('"').to_owned());
        let count = count.and_then(|count| count.parse().ok());
        Ok(Self {
            dequeue_count: count.map_or(DequeueCount::Unknown, DequeueCount::Known),
            body,
            id,
        })
    }
}

/// Whether the host may find a member `DequeueCount` in a message, whatever its case.
fn may_have_count(message: &[u8]) -> bool {
    let message = String::from_utf8_lossy(message);
    let message = message.trim();
    if !(message.starts_with('{') && message.ends_with('}')) {
        return false;
    }
    match serde_json::from_str::<BTreeMap<String, IgnoredAny>>(message) {
        Ok(members) => members.keys().any(|key| key.to_lowercase() == "dequeuecount"),
        // No strict JSON, of which the host takes more than we do.
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decode(value: Value, metadata: Value) -> Result<QueueMessage, DecodeError> {
        let body = json!({ "Data": { "msg": value }, "Metadata": metadata }).to_string();
        QueueMessage::decode(Payload::from_slice(body.as_bytes())?)
    }

    /// As the host sends a text.
    fn text(text: &str, metadata: Value) -> QueueMessage {
        decode(json!(json!(text).to_string()), metadata).unwrap()
    }

    #[test]
    fn a_message_cannot_decide_what_the_host_says_of_it() {
        for (message, expected) in [
            (r#"{"dequeueCOUNT":1}"#, None),
            (r#"{'DequeueCount':1}"#, None),
            (r#"{DequeueCount:1}"#, None),
            (r#"{/**/"DequeueCount":1}"#, None),
            // Only the top level is copied.
            (r#"{"a":{"DequeueCount":1}}"#, Some(4)),
            (r#"[{"DequeueCount":1}]"#, Some(4)),
        ] {
            let expected = expected.map_or(DequeueCount::Unknown, DequeueCount::Known);
            let seen = text(message, json!({ "DequeueCount": "4" }));
            assert_eq!(seen.dequeue_count, expected, "{message}");
        }
    }

    #[test]
    fn texts_that_look_like_something_else_stay_texts() {
        for odd in ["", "1", "null", "aGVsbG8=", "\"quoted\"", "[1,2]", "2026-11-22T05:00:00Z"] {
            assert_eq!(text(odd, json!({})).text(), Ok(odd));
        }
        assert_eq!(decode(json!("no quotes!"), json!({})).unwrap().text(), Ok("no quotes!"));
        assert!(decode(json!(7), json!({})).is_err());
        assert!(QueueMessage::new([0xff]).text().is_err());
    }
}
