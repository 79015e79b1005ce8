//! App settings: local.settings.json, the environment, and what a test adds.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the host and its handler see as their environment.
#[derive(Debug)]
pub(crate) struct Settings(BTreeMap<String, String>);

/// As Core Tools know it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase", default)]
struct LocalSettings {
    is_encrypted: bool,
    values: BTreeMap<String, String>,
}

impl Settings {
    /// What `more` sets wins, then the environment, then `local.settings.json`.
    pub(crate) fn read(root: &Path, more: BTreeMap<String, String>) -> Result<Self> {
        let path = root.join("local.settings.json");
        let local = match path.exists() {
            true => super::read_json(&path)?,
            false => LocalSettings::default(),
        };
        ensure!(
            !local.is_encrypted,
            "{} is encrypted: `func settings decrypt` makes it readable",
            path.display()
        );
        // As Core Tools set it.
        let environment = ("AZURE_FUNCTIONS_ENVIRONMENT".to_owned(), "Development".to_owned());
        let mut settings = BTreeMap::from([environment]);
        settings.extend(local.values);
        settings.extend(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        settings.extend(more);
        Ok(Self(settings))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn all(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// `%NAME%` replaced by settings; the error is a name that is none.
    pub(crate) fn expand(&self, text: &str) -> Result<String, String> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            let Some((name, after)) = after.split_once('%') else { break };
            expanded.push_str(before);
            expanded.push_str(self.get(name).ok_or(name)?);
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// Settings named `AzureFunctionsJobHost__a__b` replace `{"a": {"b": ...}}` of host.json.
    pub(crate) fn override_host_json(&self, host_json: &mut Value) {
        const PREFIX: &str = "azurefunctionsjobhost__";
        for (name, text) in &self.0 {
            let Some((prefix, path)) = name.split_at_checked(PREFIX.len()) else { continue };
            if !prefix.eq_ignore_ascii_case(PREFIX) {
                continue;
            }
            let mut place = &mut *host_json;
            for part in path.split("__") {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                let Value::Object(members) = place else { break };
                let known = members.keys().find(|key| key.eq_ignore_ascii_case(part)).cloned();
                place = members.entry(known.unwrap_or(part.to_owned())).or_insert(Value::Null);
            }
            // Settings are texts: the look of one says whether it is a number or a truth value.
            *place = match serde_json::from_str(text) {
                Ok(value) if !place.is_string() => value,
                _ => Value::String(text.clone()),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings<const N: usize>(pairs: [(&str, &str); N]) -> Settings {
        Settings(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    #[test]
    fn names_between_per_cent_signs_are_replaced() {
        let settings = settings([("A", "x"), ("EMPTY", "")]);
        for (text, expanded) in
            [("0 %A%/%A% 50%", Ok("0 x/x 50%")), ("%B%", Err("B")), ("%EMPTY%", Err("EMPTY"))]
        {
            let seen = settings.expand(text);
            assert_eq!(seen.as_deref().map_err(String::as_str), expanded, "{text}");
        }
    }

    #[test]
    fn settings_override_host_json() {
        let mut host_json =
            json!({ "functionTimeout": "00:05:00", "extensions": { "queues": {} } });
        let settings = settings([
            ("AzureFunctionsJobHost__functionTimeout", "-1"),
            ("azurefunctionsjobhost__extensions__QUEUES__batchSize", "4"),
            ("AzureFunctionsJobHost__extensions__queues__visibilityTimeout", "00:00:01"),
        ]);
        settings.override_host_json(&mut host_json);
        let queues = json!({ "batchSize": 4, "visibilityTimeout": "00:00:01" });
        let expected = json!({ "functionTimeout": "-1", "extensions": { "queues": queues } });
        assert_eq!(host_json, expected);
    }
}
