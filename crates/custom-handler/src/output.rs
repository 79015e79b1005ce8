//! Values of output bindings, written so that the host leaves them as they are.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::Value;

use crate::{
    HttpResponse, OutputError,
    error::without_values,
    host_text::{is_base64, is_date, is_json},
};

/// The value of an output binding. The host writes it after the invocation succeeded; if that
/// fails, the invocation fails although its work is done.
///
/// What the host does to plain values, and how each constructor avoids it:
/// - a string that happens to be base64 (`done`, `20240101`) is decoded to bytes;
/// - an object for a queue becomes JSON text with indentation, which counts to the 64 KiB;
/// - strings that look like dates with a time are parsed and written anew;
/// - a string that begins and ends like JSON is parsed, and an array is split into messages.
///
/// A value that cannot be sent fails the invocation when it is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Output(pub(crate) Result<Value, OutputError>);

impl Output {
    /// Messages for a queue, Service Bus or Event Hubs: one for each item. A string is the text
    /// of its message as it is, everything else becomes compact JSON text. Sent as an array of
    /// strings, which the host passes on byte for byte; no items, no messages.
    ///
    /// The only text that cannot be kept is a bare date among several messages
    /// ([`OutputError::Date`]): put it in an object. A storage queue takes 64 KiB a message,
    /// 48 KiB of text where host.json leaves `messageEncoding` at base64.
    pub fn messages(items: impl IntoIterator<Item = impl Serialize>) -> Self {
        Self(texts(items).and_then(|texts| match texts.as_slice() {
            [text] if is_date(text) => Ok(base64(text.as_bytes())),
            texts => match texts.iter().position(|text| is_date(text)) {
                Some(index) => Err(OutputError::Date { index }),
                None => Ok(Value::from(texts)),
            },
        }))
    }

    /// One message; see [`messages`](Self::messages).
    pub fn message(item: impl Serialize) -> Self {
        Self::messages([item])
    }

    /// A text for a blob or a queue. Where the host would read something else in it, it goes as
    /// base64 of its bytes, which the host decodes: the result is the same.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let changed = is_base64(&text) || is_date(&text) || is_json(&text);
        Self(Ok(if changed { base64(text.as_bytes()) } else { Value::String(text) }))
    }

    /// Bytes for a blob or a queue. Not for a binding with `"dataType": "binary"`, whose strings
    /// the host does not decode.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self(Ok(base64(bytes.as_ref())))
    }

    /// A value as JSON, for bindings that take objects or arrays of them (Event Grid, SQL,
    /// Cosmos DB). Dates with a time in it may come out in another notation of the same instant.
    /// A bare string goes as [`text`](Self::text), and null is no output.
    pub fn json(value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(Value::String(text)) => Self::text(text),
            Ok(value) => Self(Ok(value)),
            Err(error) => Self(Err(OutputError::Json { why: without_values(&error) })),
        }
    }
}

impl From<HttpResponse> for Output {
    fn from(response: HttpResponse) -> Self {
        Self(response.into_value())
    }
}

fn base64(bytes: &[u8]) -> Value {
    Value::String(STANDARD.encode(bytes))
}

fn texts(items: impl IntoIterator<Item = impl Serialize>) -> Result<Vec<String>, OutputError> {
    let text = |item| -> serde_json::Result<String> {
        // By way of the text, not of a `Value`: that keeps the order of members.
        let json = serde_json::to_string(&item)?;
        if json.starts_with('"') { serde_json::from_str(&json) } else { Ok(json) }
    };
    let texts = items.into_iter().map(text).collect::<Result<_, _>>();
    texts.map_err(|error| OutputError::Json { why: without_values(&error) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The messages, or the one content, that the host makes of an output.
    fn host_makes(output: &Output) -> Vec<String> {
        let of = |value: &Value| match value {
            Value::String(text) if is_date(text) => panic!("the host rewrites {text}"),
            Value::String(text) => text.clone(),
            other => panic!("the host formats {other} anew"),
        };
        match output.0.as_ref().unwrap() {
            Value::Array(items) => items.iter().map(of).collect(),
            Value::String(text) if is_base64(text) => {
                vec![String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()]
            }
            Value::String(text) if is_json(text) => panic!("the host parses {text}"),
            value => vec![of(value)],
        }
    }

    /// Every short text over an alphabet in which the host's rules meet, and some long ones.
    fn texts() -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut from = 0;
        for _ in 0..5 {
            let last = texts.len();
            for at in from..last {
                for next in ["a", "0", "=", "/", " ", "{", "}", "-", "é"] {
                    texts.push(format!("{}{next}", texts[at]));
                }
            }
            from = last;
        }
        let long = ["2026-11-22T05:00:00Z", "/Date(1)/", "[1,2]", "{\"a\":1}", "20240101", "null"];
        texts.extend(long.map(String::from));
        texts
    }

    #[test]
    fn the_host_makes_of_each_output_the_text_that_went_in() {
        for text in texts() {
            assert_eq!(host_makes(&Output::text(&text)), std::slice::from_ref(&text));
            assert_eq!(host_makes(&Output::message(&text)), std::slice::from_ref(&text));
            assert_eq!(host_makes(&Output::json(&text)), std::slice::from_ref(&text));
            assert_eq!(host_makes(&Output::bytes(&text)), std::slice::from_ref(&text));
            let object = host_makes(&Output::message(json!({ "at": text })));
            assert_eq!(object, [json!({ "at": text }).to_string()]);
        }
    }

    #[test]
    fn objects_are_compact_keep_their_order_and_their_dates() {
        #[derive(serde::Serialize)]
        struct Work {
            path: &'static str,
            at: &'static str,
        }
        let work = || Work { path: "b", at: "2026-11-22T05:00:00.100Z" };
        let text = r#"{"path":"b","at":"2026-11-22T05:00:00.100Z"}"#;
        assert_eq!(Output::messages([work(), work()]).0, Ok(json!([text, text])));
        assert_eq!(Output::messages([1, 2]).0, Ok(json!(["1", "2"])));
        assert_eq!(Output::messages(Vec::<String>::new()).0, Ok(json!([])));
        assert_eq!(Output::json([work()]).0.unwrap()[0]["path"], "b");
    }

    #[test]
    fn what_cannot_be_sent_is_an_error() {
        let dates = ["x", "2026-11-22T05:00:00Z"];
        assert_eq!(Output::messages(dates).0, Err(OutputError::Date { index: 1 }));
        let keys = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert!(matches!(Output::message(&keys).0, Err(OutputError::Json { .. })));
        assert!(matches!(Output::json(&keys).0, Err(OutputError::Json { .. })));
    }
}
