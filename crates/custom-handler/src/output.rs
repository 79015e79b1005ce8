//! Values of output bindings, written so that the host leaves them as they are.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::Value;

use crate::{
    HttpResponse,
    error::{OutputError, without_values},
};

/// The value of an output binding. The host writes it after the invocation succeeded; if that
/// fails, the invocation fails although its work is done.
///
/// The host changes plain values: it decodes a string that happens to be base64 (`done`,
/// `20240101`), indents objects, writes dates with a time anew, and splits a string that looks like
/// a JSON array into messages. Messages as strings within an array it passes on.
///
/// A value that cannot be sent fails the invocation when it is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Output(pub(crate) Result<Value, OutputError>);

impl Output {
    /// Messages for a queue, Service Bus or Event Hubs: one for each item. A string is the text
    /// of its message as it is, everything else becomes compact JSON text. Sent as an array of
    /// strings, which the host passes on byte for byte; no items, no messages.
    ///
    /// The only text that cannot be kept is a bare date among several messages: put it in an
    /// object. A storage queue takes 64 KiB a message, 48 KiB of text where host.json leaves
    /// `messageEncoding` at base64.
    pub fn messages(items: impl IntoIterator<Item = impl Serialize>) -> Self {
        Self(texts(items).and_then(|texts| match texts.as_slice() {
            [text] if is_date(text) => Ok(base64(text.as_bytes())),
            texts => match texts.iter().position(|text| is_date(text)) {
                Some(index) => Err(OutputError::Date { index }),
                None => Ok(Value::from(texts)),
            },
        }))
    }
}

impl From<HttpResponse> for Output {
    fn from(response: HttpResponse) -> Self {
        Self(response.into_value())
    }
}

/// Whether Newtonsoft.Json would take the text for a date and write it anew, wherever in an
/// answer it stands: its test for candidates, so a few texts are named that it spares.
fn is_date(text: &str) -> bool {
    let length = text.encode_utf16().count();
    let iso = (19..=40).contains(&length)
        && text.starts_with(|first: char| first.is_numeric())
        && text.encode_utf16().nth(10) == Some(u16::from(b'T'));
    iso || (text.starts_with("/Date(") && text.ends_with(")/"))
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

    /// The messages that the host makes of an output.
    fn host_makes(output: &Output) -> Vec<String> {
        match output.0.as_ref().unwrap() {
            Value::Array(items) => items
                .iter()
                .map(|item| {
                    let text = item.as_str().expect("the host formats what is no text anew");
                    assert!(!is_date(text), "the host rewrites {text}");
                    text.to_owned()
                })
                .collect(),
            Value::String(text) => {
                vec![String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()]
            }
            other => panic!("the host formats {other} anew"),
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
            assert_eq!(host_makes(&Output::messages([&text])), std::slice::from_ref(&text));
            let object = host_makes(&Output::messages([json!({ "at": text })]));
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
    }

    #[test]
    fn what_cannot_be_sent_is_an_error() {
        let dates = ["x", "2026-11-22T05:00:00Z"];
        assert_eq!(Output::messages(dates).0, Err(OutputError::Date { index: 1 }));
        let keys = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert!(matches!(Output::messages([&keys]).0, Err(OutputError::Json { .. })));
    }

    #[test]
    fn dates_are_what_newtonsoft_tries() {
        for yes in ["2026-11-22T05:00:00", "2026-11-22T05:00:00.1234567+01:00", "/Date(123)/"] {
            assert!(is_date(yes), "{yes:?}");
        }
        for no in ["2026-11-22", "2026-11-22 05:00:00", "x026-11-22T05:00:00", "{}", ""] {
            assert!(!is_date(no), "{no:?}");
        }
    }
}
