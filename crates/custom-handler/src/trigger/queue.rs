//! `queueTrigger`: a message of a storage queue.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Trigger, bytes};
use crate::{
    DecodeError, Payload,
    payload::{Members, date},
};

/// A message of a storage queue.
///
/// The host copies the members of a message that is a JSON object over its own metadata, so a
/// message `{"DequeueCount": 1}` would hide how often it failed before, and the `id` of an Event
/// Grid event replaces the message's. **A field whose name is a member of the message (in any
/// case) is therefore `None`**, as nobody can tell who wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueMessage {
    /// The text in UTF-8, or the bytes of a binding with `"dataType": "binary"`.
    pub body: Vec<u8>,
    /// Id of the message in its queue.
    pub id: Option<String>,
    /// Which delivery this is, from 1. After `maxDequeueCount` (5) failed ones the message moves
    /// to `<queue>-poison`.
    pub dequeue_count: Option<u32>,
    /// When the message was put.
    pub insertion_time: Option<DateTime<Utc>>,
    /// When it is deleted; in the year 9999 without a time to live.
    pub expiration_time: Option<DateTime<Utc>>,
    /// When it comes back if this process dies now. The host renews it while the handler runs.
    pub next_visible_time: Option<DateTime<Utc>>,
    /// Proof of this delivery.
    pub pop_receipt: Option<String>,
}

impl QueueMessage {
    /// A first delivery, for tests of handlers.
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), dequeue_count: Some(1), ..Self::default() }
    }

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
    fn decode(payload: &mut Payload) -> Result<Self, DecodeError> {
        let value = payload.take_trigger(Self::KIND, Value::is_string)?;
        let (body, members) = match value {
            Value::String(outer) => match serde_json::from_str::<String>(&outer) {
                Ok(text) => {
                    let members = Members::of(&text);
                    (text.into_bytes(), members)
                }
                // Not encoded twice, as documentation shows it: the text itself.
                Err(_) => match bytes(&outer) {
                    Some(bytes) => (bytes, Members::Named(Vec::new())),
                    None => {
                        let members = Members::of(&outer);
                        (outer.into_bytes(), members)
                    }
                },
            },
            Value::Object(object) => {
                let members = object.keys().cloned().collect();
                (Value::Object(object).to_string().into_bytes(), Members::Named(members))
            }
            _ => return Err(DecodeError::Shape { expected: "a queue message to be a string" }),
        };
        let own = |name| if members.has(name) { None } else { payload.metadata_text(name) };
        let time = |name| own(name).as_deref().and_then(date);
        Ok(Self {
            body,
            id: own("Id"),
            dequeue_count: own("DequeueCount").and_then(|count| count.parse().ok()),
            insertion_time: time("InsertionTime"),
            expiration_time: time("ExpirationTime"),
            next_visible_time: time("NextVisibleTime"),
            pop_receipt: own("PopReceipt"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decode(value: Value, metadata: Value) -> Result<QueueMessage, DecodeError> {
        let body = json!({ "Data": { "msg": value }, "Metadata": metadata }).to_string();
        QueueMessage::decode(&mut Payload::from_slice(body.as_bytes())?)
    }

    /// As the host sends a text.
    fn text(text: &str, metadata: Value) -> QueueMessage {
        decode(json!(json!(text).to_string()), metadata).unwrap()
    }

    #[test]
    fn a_message_cannot_decide_what_the_host_says_of_it() {
        let metadata = json!({ "DequeueCount": "\"1\"", "Id": "\"mine\"", "PopReceipt": "\"p\"" });
        let forged = text(r#"{"dequeueCOUNT":1,"iD":"mine"}"#, metadata.clone());
        assert_eq!((forged.dequeue_count, forged.id), (None, None));
        assert_eq!(forged.pop_receipt.as_deref(), Some("p"), "the rest stays");
        for lenient in ["{'DequeueCount':1}", "{DequeueCount:1}", "{/**/\"DequeueCount\":1}"] {
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
        assert!(QueueMessage::new([0xff]).text().is_err());
    }
}
