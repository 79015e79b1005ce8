//! The body of an invocation: `{"Data": {...}, "Metadata": {...}}`, encoded twice in places.

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{DecodeError, error::without_values};

/// What the host sent: the values of the trigger and of input bindings, and what it knows about
/// them, as they came.
///
/// The host writes each value by its .NET type: bytes as base64, dates as plain strings, what
/// becomes a JSON object as an object, and **everything else as JSON text within a string**, so
/// the number 1 is `"1"` and the text `abc` is `"\"abc\""`.
///
/// Members of a message, of a body and of a query are copied over the host's own keys of
/// `metadata`: take nothing from it that a sender must not decide.
///
/// ```
/// use custom_handler::{Payload, QueueMessage, Trigger};
///
/// let body = br#"{"Data": {"msg": "\"hello\""}, "Metadata": {"DequeueCount": "1"}}"#;
/// let payload = Payload::from_slice(body)?;
/// assert_eq!(payload.metadata_text("DequeueCount").as_deref(), Some("1"));
/// assert_eq!(QueueMessage::decode(payload)?.text()?, "hello");
/// # Ok::<(), custom_handler::DecodeError>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
#[non_exhaustive]
pub struct Payload {
    /// The trigger and the input bindings, by name.
    #[serde(rename = "Data")]
    pub data: Map<String, Value>,
    /// What the trigger says beside its value, and the host's own keys.
    #[serde(rename = "Metadata", default)]
    pub metadata: Map<String, Value>,
}

impl Payload {
    /// Reads the body of an invocation.
    pub fn from_slice(body: &[u8]) -> Result<Self, DecodeError> {
        serde_json::from_slice(body).map_err(|error| {
            let why = match body {
                [] => "the body is empty".to_owned(),
                _ => without_values(&error),
            };
            DecodeError::new(format!(
                "expected a JSON object with `Data` and `Metadata`, but {why}"
            ))
        })
    }

    /// Takes the trigger's value out of `data`, and leaves the input bindings. The trigger is
    /// the only member, or else the only one that `fits`.
    pub fn take_trigger(
        &mut self,
        kind: &'static str,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Value, DecodeError> {
        let single = self.data.len() == 1;
        let mut fitting = self.data.iter().filter(|(_, value)| single || fits(value));
        let found = (fitting.next().map(|(name, _)| name.clone()), fitting.next());
        let (Some(name), None) = found else {
            let which = if found.0.is_some() { "more than one" } else { "none" };
            let members: Vec<_> = self.data.keys().map(|name| format!("`{name}`")).collect();
            return Err(DecodeError::new(format!(
                "expected the value of a {kind} in `Data`, which holds [{}]: {which} can be it",
                members.join(", ")
            )));
        };
        Ok(self.data.remove(&name).unwrap_or_default())
    }

    /// A scalar of `metadata` as text: `1` for `"1"`, `abc` for `"\"abc\""`, and a date as it is.
    pub fn metadata_text(&self, name: &str) -> Option<String> {
        let text = self.metadata.get(name)?.as_str()?;
        match serde_json::from_str(text) {
            Ok(Value::String(inner)) => Some(inner),
            Ok(Value::Null) => None,
            _ => Some(text.to_owned()),
        }
    }
}

/// A .NET date: with an offset, or without one when its kind is not specified, which is UTC on
/// hosts. The year 1 is .NET's "no date".
pub(crate) fn date(text: &str) -> Option<DateTime<Utc>> {
    let date = match DateTime::parse_from_rfc3339(text) {
        Ok(date) => date.to_utc(),
        Err(_) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?.and_utc(),
    };
    (date.year() > 1).then_some(date)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payload(data: Value, metadata: Value) -> Payload {
        serde_json::from_value(json!({ "Data": data, "Metadata": metadata })).unwrap()
    }

    #[test]
    fn the_trigger_is_the_only_member_or_the_one_that_fits() {
        let text = Value::is_string;
        let mut one = payload(json!({ "a": 1 }), json!({}));
        assert_eq!(one.take_trigger("t", text), Ok(json!(1)));
        let mut two = payload(json!({ "a": 1, "b": "x" }), json!({}));
        assert_eq!(two.take_trigger("t", text), Ok(json!("x")));
        assert_eq!(two.data.len(), 1, "inputs stay");
        let mut both = payload(json!({ "a": "y", "b": "x" }), json!({}));
        let error = both.take_trigger("t", text).unwrap_err();
        assert!(
            error.to_string().ends_with("holds [`a`, `b`]: more than one can be it"),
            "{error}"
        );
        let none = payload(json!({}), json!({})).take_trigger("t", text).unwrap_err();
        assert!(none.to_string().ends_with("holds []: none can be it"), "{none}");
    }

    #[test]
    fn scalars_of_metadata_become_texts() {
        let date = "2026-11-22T00:00:00Z";
        let metadata = json!({ "a": "\"x\"", "b": "1", "c": date, "d": "null", "e": {} });
        let payload = payload(json!({}), metadata);
        let texts = ["a", "b", "c", "d", "e", "f"].map(|name| payload.metadata_text(name));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(texts, [some("x"), some("1"), some(date), None, None, None]);
    }

    #[test]
    fn dates_have_an_offset_or_none_and_the_year_1_is_no_date() {
        let expected = "2026-11-22T04:00:00.010394100Z".parse::<DateTime<Utc>>().ok();
        assert_eq!(date("2026-11-22T05:00:00.0103941+01:00"), expected);
        assert_eq!(date("2026-11-22T04:00:00.0103941"), expected);
        for none in
            ["0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00", "0001-01-01T00:00:00+02:00", "x"]
        {
            assert_eq!(date(none), None, "{none}");
        }
    }
}
