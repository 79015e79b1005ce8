//! How the host writes values for the handler, and what it does to dates.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// `Metadata`: the host compares names without regard to case, so that a later member of another
/// case replaces the value and leaves the name.
#[derive(Default)]
pub(crate) struct Metadata(Map<String, Value>);

impl Metadata {
    /// Text, number, list: JSON within a string. Objects stay objects.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        let value = if value.is_object() { value } else { Value::String(value.to_string()) };
        self.set_as_is(name, value);
    }

    /// The only values without that second encoding are dates, to the second.
    pub(crate) fn set_date(&mut self, name: &str, date: DateTime<Utc>) {
        self.set_as_is(name, json!(date.format("%FT%T+00:00").to_string()));
    }

    /// A value that is written once.
    pub(crate) fn set_as_is(&mut self, name: &str, value: Value) {
        // The host withholds the triggers' own paths and texts by this rule.
        if name.to_ascii_lowercase().ends_with("trigger") {
            return;
        }
        let known = self.0.keys().find(|key| key.to_lowercase() == name.to_lowercase()).cloned();
        self.0.insert(known.unwrap_or_else(|| name.to_owned()), value);
    }

    /// Copies the members of a text that is a JSON object: scalars as text, lists and nulls not.
    pub(crate) fn copy_members(&mut self, text: &str) {
        if !is_between(text, '{', '}') {
            return;
        }
        let Ok(Value::Object(members)) = serde_json::from_str(text) else { return };
        for (name, value) in members {
            match value {
                Value::Null | Value::Array(_) => {}
                Value::Object(_) => self.set(&name, value),
                scalar => self.set(&name, scalar_text(&scalar).into()),
            }
        }
    }

    pub(crate) fn finish(mut self, function: &str) -> Map<String, Value> {
        let now = date_text(Utc::now(), "Z");
        let id = Uuid::new_v4().to_string();
        let sys = json!({ "MethodName": function, "UtcNow": now, "RandGuid": id });
        self.0.insert("sys".to_owned(), sys);
        self.0
    }
}

/// .NET's text of a date: ticks of 100 ns, without zeros at the end.
pub(crate) fn date_text(date: DateTime<Utc>, zone: &str) -> String {
    let mut text = date.format("%FT%T%.9f").to_string();
    text.truncate("2026-11-22T05:00:00.1234567".len());
    format!("{}{zone}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// All that the host looks at before it takes a text for JSON.
pub(crate) fn is_between(text: &str, open: char, close: char) -> bool {
    let text = text.trim();
    text.starts_with(open) && text.ends_with(close)
}

/// .NET's text of a scalar.
pub(crate) fn scalar_text(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::String(text) => match newtonsoft_date(text) {
            Some((date, _)) => date.format("%m/%d/%Y %H:%M:%S").to_string(),
            None => text.clone(),
        },
        other => other.to_string(),
    }
}

/// The instant and the zone of a text that Newtonsoft.Json takes for a date, wherever it stands.
/// The zone is how it writes it again: shifted to the host's, which is UTC.
fn newtonsoft_date(text: &str) -> Option<(DateTime<Utc>, &'static str)> {
    // A blank or a small letter in place of the `T` is no date to it.
    if text.len() > 40 || text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    if let Ok(date) = DateTime::parse_from_rfc3339(text) {
        let zone = if text.ends_with(['Z', 'z']) { "Z" } else { "+00:00" };
        return Some((date.to_utc(), zone));
    }
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some((local.and_utc(), ""))
}

/// Writes the dates within a value as they come out again.
pub(crate) fn rewrite_dates(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((date, zone)) = newtonsoft_date(text) {
                *text = date_text(date, zone);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(rewrite_dates),
        Value::Object(members) => members.values_mut().for_each(rewrite_dates),
        _ => {}
    }
}

/// .NET's `Convert.FromBase64String`: blanks and unused bits count for nothing.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::{alphabet, engine::GeneralPurpose, engine::GeneralPurposeConfig};
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')).collect();
    LENIENT.decode(text).ok()
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_message_replace_the_hosts_own_names() {
        let mut metadata = Metadata::default();
        metadata.set("DequeueCount", json!(1));
        metadata.set("Id", json!("host's"));
        metadata.copy_members(
            r#" {"id":"mine","force":true,"n":1,"none":null,"list":[1],"blobTrigger":"x",
                "data":{"a":1},"eventTime":"2026-11-23T06:15:00.9584103Z"} "#,
        );
        let mut expected = json!({
            "DequeueCount": "1", "Id": "\"mine\"", "force": "\"True\"", "n": "\"1\"",
            "data": { "a": 1 }, "eventTime": "\"11/23/2026 06:15:00\"",
        });
        let metadata = metadata.finish("f");
        expected["sys"] = metadata["sys"].clone();
        assert_eq!(Value::Object(metadata), expected);
        assert_eq!(expected["sys"]["MethodName"], "f");
    }

    #[test]
    fn dates_within_outputs_are_rewritten() {
        let mut value = json!({ "a": ["2026-11-22T07:00:00.1200+02:00"], "b": "2026-11-22",
            "c": "2026-11-22T07:00:00.000Z", "d": "2026-11-22T07:00:00",
            "e": "2026-11-22 07:00:00.000Z", "f": "2026-11-22t07:00:00.000Z" });
        rewrite_dates(&mut value);
        let expected = json!({ "a": ["2026-11-22T05:00:00.12+00:00"], "b": "2026-11-22",
            "c": "2026-11-22T07:00:00Z", "d": "2026-11-22T07:00:00",
            "e": "2026-11-22 07:00:00.000Z", "f": "2026-11-22t07:00:00.000Z" });
        assert_eq!(value, expected);
    }

    #[test]
    fn base64_is_decoded_as_dotnet_does() {
        assert_eq!(from_base64("don e").as_deref(), Some(&[0x76, 0x89, 0xde][..]));
        assert_eq!(from_base64("AB=="), Some(vec![0]));
        assert_eq!((from_base64("done!"), from_base64("abc")), (None, None));
    }
}
