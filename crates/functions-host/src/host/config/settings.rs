//! App settings: local.settings.json, the environment, and what a test adds.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use serde_json::Value;

use crate::host::Error;

/// What the host and its handler see as their environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings(BTreeMap<String, String>);

/// As Core Tools know it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct LocalSettings {
    #[serde(default)]
    is_encrypted: bool,
    #[serde(default)]
    values: BTreeMap<String, String>,
    /// Of the tools, not of the host.
    #[serde(rename = "Host", default)]
    _host: Value,
    #[serde(rename = "ConnectionStrings", default)]
    _connection_strings: Value,
}

impl Settings {
    /// What `more` sets wins, then the environment, then `local.settings.json`.
    pub(crate) fn read(root: &Path, more: BTreeMap<String, String>) -> Result<Self, Error> {
        let path = root.join("local.settings.json");
        let mut settings = match path.exists() {
            true => {
                let local: LocalSettings = super::read_json(&path)?;
                if local.is_encrypted {
                    let problem = "is encrypted: `func settings decrypt` makes it readable".into();
                    return Err(Error::File { path, problem });
                }
                local.values
            }
            false => BTreeMap::new(),
        };
        settings.extend(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        settings.extend(more);
        // As Core Tools set it.
        settings
            .entry("AZURE_FUNCTIONS_ENVIRONMENT".into())
            .or_insert_with(|| "Development".into());
        Ok(Self(settings))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn all(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// `%NAME%` replaced by settings. An unknown name becomes what `unknown` makes of it.
    pub(crate) fn expand<E>(
        &self,
        text: &str,
        unknown: impl Fn(&str) -> Result<String, E>,
    ) -> Result<String, E> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            let Some((name, after)) = after.split_once('%') else { break };
            expanded.push_str(before);
            match self.get(name) {
                Some(value) => expanded.push_str(value),
                None => expanded.push_str(&unknown(name)?),
            }
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// Settings named `AzureFunctionsJobHost__a__b` replace `{"a": {"b": ...}}` of host.json.
    pub(crate) fn override_host_json(&self, host_json: &mut Value) {
        const PREFIX: &str = "azurefunctionsjobhost__";
        for (name, text) in &self.0 {
            let Some(prefix) = name.get(..PREFIX.len()) else { continue };
            if !prefix.eq_ignore_ascii_case(PREFIX) {
                continue;
            }
            let mut place = &mut *host_json;
            for part in name[PREFIX.len()..].split("__") {
                if !place.is_object() {
                    *place = Value::Object(Default::default());
                }
                let Value::Object(members) = place else { break };
                let known = members.keys().find(|key| key.eq_ignore_ascii_case(part)).cloned();
                let name = known.unwrap_or_else(|| part.to_owned());
                place = members.entry(name).or_insert(Value::Null);
            }
            // Settings are texts: numbers, truth values and lists are told by their look.
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

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        Settings(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn names_between_per_cent_signs_are_replaced() {
        let settings = settings(&[("A", "x"), ("EMPTY", "")]);
        let expand = |text| settings.expand(text, |name| Err(name.to_owned()));
        assert_eq!(expand("0 %A%/%A% 50%"), Ok("0 x/x 50%".into()));
        assert_eq!((expand("%B%"), expand("%EMPTY%")), (Err("B".into()), Err("EMPTY".into())));
    }

    #[test]
    fn settings_override_host_json() {
        let mut host_json =
            json!({ "functionTimeout": "00:05:00", "extensions": { "queues": {} } });
        settings(&[
            ("AzureFunctionsJobHost__functionTimeout", "-1"),
            ("azurefunctionsjobhost__extensions__QUEUES__batchSize", "4"),
            ("AzureFunctionsJobHost__extensions__queues__visibilityTimeout", "00:00:01"),
        ])
        .override_host_json(&mut host_json);
        let queues = json!({ "batchSize": 4, "visibilityTimeout": "00:00:01" });
        let expected = json!({ "functionTimeout": "-1", "extensions": { "queues": queues } });
        assert_eq!(host_json, expected);
    }
}
