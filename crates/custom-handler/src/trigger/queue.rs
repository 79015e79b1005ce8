//! `queueTrigger`: a message of a storage queue.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::{Trigger, bytes};
use crate::{DecodeError, Payload};

/// A message of a storage queue.
///
/// The host copies the members of a message that is a JSON object over its own metadata, so a
/// message `{"DequeueCount": 1}` would hide how often it failed before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueMessage {
    /// The text in UTF-8, or the bytes of a binding with `"dataType": "binary"`.
    pub body: Vec<u8>,
    /// Which delivery this is, from 1. After `maxDequeueCount` (5) failed ones the message moves
    /// to `<queue>-poison`. **`None` where the message has a member of this name** (in any case):
    /// nobody can tell who wrote it.
    pub dequeue_count: Option<u32>,
    /// The same at each delivery of the message. The queue's own, or the member `id` of a message
    /// that is a JSON object with one.
    pub id: Option<String>,
}

impl QueueMessage {
    /// The text of the message.
    pub fn text(&self) -> Result<&str, DecodeError> {
        str::from_utf8(&self.body).map_err(|_| DecodeError::NotText { what: "queue message" })
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
    /// messages has no quotes, which tells them apart.
    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let value = payload.take_trigger(Self::KIND, Value::is_string)?;
        let content = match value {
            Value::String(outer) => match serde_json::from_str::<String>(&outer) {
                Ok(text) => Ok(text),
                // Not encoded twice, as documentation shows it: the text itself.
                Err(_) => bytes(&outer).map_or(Ok(outer), Err),
            },
            Value::Object(object) => Ok(Value::Object(object).to_string()),
            _ => return Err(DecodeError::Shape { expected: "a queue message to be a string" }),
        };
        let forged = content.as_ref().is_ok_and(|text| may_have(text, "dequeuecount"));
        let count = payload.metadata_text("DequeueCount").filter(|_| !forged);
        let id = payload.metadata_text("Id").map(|id| id.trim_matches('"').to_owned());
        Ok(Self {
            id,
            body: content.map_or_else(|bytes| bytes, String::into_bytes),
            dequeue_count: count.and_then(|count| count.parse().ok()),
        })
    }
}

/// Whether the host may find a member of this name (in small letters) in a text, whatever its case.
fn may_have(text: &str, name: &str) -> bool {
    let text = text.trim();
    if !(text.starts_with('{') && text.ends_with('}')) {
        return false;
    }
    match serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text) {
        Ok(members) => members.keys().any(|key| key.to_lowercase() == name),
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
        let metadata = json!({ "DequeueCount": "\"1\"" });
        for lenient in [
            "{\"dequeueCOUNT\":1}",
            "{'DequeueCount':1}",
            "{DequeueCount:1}",
            "{/**/\"DequeueCount\":1}",
        ] {
            assert_eq!(text(lenient, metadata.clone()).dequeue_count, None, "{lenient}");
        }
        let nested = text(r#"{"a":{"DequeueCount":1}}"#, json!({ "DequeueCount": "4" }));
        assert_eq!(nested.dequeue_count, Some(4), "only the top level is copied");
        assert_eq!(
            text(r#"[{"DequeueCount":1}]"#, json!({ "DequeueCount": 4 })).dequeue_count,
            Some(4)
        );
    }

    #[test]
    fn texts_that_look_like_something_else_stay_texts() {
        for odd in ["", "1", "null", "aGVsbG8=", "\"quoted\"", "[1,2]", "2026-11-22T05:00:00Z"] {
            assert_eq!(text(odd, json!({})).text(), Ok(odd));
        }
        assert_eq!(decode(json!("no quotes!"), json!({})).unwrap().text(), Ok("no quotes!"));
        assert_eq!(decode(json!({ "a": 1 }), json!({})).unwrap().text(), Ok(r#"{"a":1}"#));
        assert!(decode(json!(7), json!({})).is_err());
        let bytes = QueueMessage { body: vec![0xff], dequeue_count: None, id: None };
        assert!(bytes.text().is_err());
    }
}
