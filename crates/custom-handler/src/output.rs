//! Values of output bindings, written so that the host leaves them as they are.

use serde::Serialize;
use serde_json::Value;

use crate::{HttpResponse, OutputError, error::not_json};

/// The value of an output binding. The host writes it after the invocation succeeded; if that
/// fails, the invocation fails although its work is done. So a value that cannot be sent is an error
/// where it is made: make outputs first, and commit then.
///
/// The host changes plain values: it decodes a string that happens to be base64 (`done`,
/// `20240101`), indents objects, rewrites dates with a time, and splits a string that looks like
/// a JSON array into messages. Messages as strings within an array it passes on.
///
/// ```
/// use custom_handler::{Outcome, Output, OutputError};
///
/// let messages = Output::messages(["a", "b"])?;
/// assert_eq!(messages.value(), &serde_json::json!(["a", "b"]));
/// let outcome = Outcome::done().output("work", messages)?;
/// # Ok::<(), OutputError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Output(pub(crate) Value);

impl Output {
    /// Messages for a queue, Service Bus or Event Hubs: one for each item. A string is the text
    /// of its message as it is, everything else becomes compact JSON text. Sent as an array of
    /// strings, which the host passes on byte for byte; no items, no messages.
    ///
    /// The only text that cannot be kept is a bare date: put it in an object. A storage queue
    /// takes 64 KiB a message, 48 KiB of text where host.json leaves `messageEncoding` at base64.
    pub fn messages(items: impl IntoIterator<Item = impl Serialize>) -> Result<Self, OutputError> {
        let messages = items.into_iter().enumerate().map(|(index, item)| {
            let text = text(&item).map_err(|error| not_json(&error))?;
            if is_date(&text) {
                let advice = "which the host rewrites: send it in an object";
                return Err(OutputError(format!("message {index} looks like a date, {advice}")));
            }
            Ok(Value::String(text))
        });
        messages.collect::<Result<_, _>>().map(|messages| Self(Value::Array(messages)))
    }

    /// What the host gets, for tests.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

impl From<HttpResponse> for Output {
    fn from(response: HttpResponse) -> Self {
        Self(response.into_value())
    }
}

/// Whether Newtonsoft.Json would take the text for a date and rewrite it, wherever in an answer
/// it stands: its test for candidates, so a few texts are named that it spares.
fn is_date(text: &str) -> bool {
    let length = text.encode_utf16().count();
    let iso = (19..=40).contains(&length)
        && text.starts_with(|first: char| first.is_numeric())
        && text.encode_utf16().nth(10) == Some(u16::from(b'T'));
    iso || (text.starts_with("/Date(") && text.ends_with(")/"))
}

fn text(item: &impl Serialize) -> serde_json::Result<String> {
    // By way of the text, not of a `Value`: that keeps the order of members.
    let json = serde_json::to_string(item)?;
    if json.starts_with('"') { serde_json::from_str(&json) } else { Ok(json) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_stay_as_they_are_and_the_rest_becomes_compact_json_in_its_order() {
        let texts = ["", "aGVsbG8=", "20240101", "[1,2]", "{\"a\": 1}", "null", " é", "2026-11-22"];
        let value = |output: Result<Output, OutputError>| output.unwrap().0;
        assert_eq!(value(Output::messages(texts)), json!(texts));
        #[derive(serde::Serialize)]
        struct Work {
            path: &'static str,
            at: &'static str,
        }
        let work = Work { path: "b", at: "2026-11-22T05:00:00.100Z" };
        let text = r#"{"path":"b","at":"2026-11-22T05:00:00.100Z"}"#;
        assert_eq!(value(Output::messages([&work, &work])), json!([text, text]));
        assert_eq!(value(Output::messages([1, 2])), json!(["1", "2"]));
        assert_eq!(value(Output::messages(Vec::<String>::new())), json!([]));
    }

    #[test]
    fn what_cannot_be_sent_is_an_error_before_anything_is_committed() {
        let keys = std::collections::BTreeMap::from([(vec![1], 1)]);
        let error = Output::messages([&keys]).unwrap_err().to_string();
        assert!(error.starts_with("the value cannot be written as JSON"), "{error}");
        for date in ["2026-11-22T05:00:00", "2026-11-22T05:00:00.1234567+01:00", "/Date(123)/"] {
            let error = Output::messages(["x", date]).unwrap_err().to_string();
            assert!(error.starts_with("message 1 looks like a date"), "{error}");
        }
        for none in ["2026-11-22 05:00:00", "x026-11-22T05:00:00"] {
            assert!(Output::messages([none]).is_ok(), "{none}");
        }
    }
}
