//! host.json and the function.json files, as far as they have to fit the app.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use serde_json::Value;

use crate::{
    function::Function,
    outcome::{BINDING_RULE, is_binding},
};

/// App settings with this prefix replace values of host.json.
const OVERRIDE: &str = "AzureFunctionsJobHost__functionTimeout";

/// What the host reads of the folder that it serves.
#[derive(Debug, Default)]
pub(crate) struct ScriptRoot {
    /// `None` when not set or when there is no limit.
    pub(crate) function_timeout: Option<Duration>,
    /// The bindings of each function, by its folder.
    functions: BTreeMap<String, Vec<Value>>,
    /// Folders whose file the host does not load, or nobody can read.
    left_out: BTreeSet<String>,
}

impl ScriptRoot {
    pub(crate) fn read(root: &Path, problems: &mut Vec<String>) -> Self {
        let mut read = Self::default();
        match json(&root.join("host.json")) {
            Ok(host) => read.take_host(&host, problems),
            Err(problem) => problems.push(problem),
        }
        for entry in fs::read_dir(root).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let file = entry.path().join("function.json");
            if !file.is_file() {
                continue;
            }
            let function = json(&file).unwrap_or_else(|problem| {
                problems.push(problem);
                Value::Null
            });
            if function.is_null() || function["disabled"] == true {
                read.left_out.insert(name);
            } else {
                let bindings = function["bindings"].as_array().cloned().unwrap_or_default();
                read.functions.insert(name, bindings);
            }
        }
        read
    }

    fn take_host(&mut self, host: &Value, problems: &mut Vec<String>) {
        if host["customHandler"]["enableForwardingHttpRequest"] == true {
            problems.push(
                "host.json sets `enableForwardingHttpRequest`, another protocol: remove it".into(),
            );
        }
        let set = std::env::var(OVERRIDE).ok();
        let set = set.as_deref().or(host["functionTimeout"].as_str());
        if let Some(text) = set.filter(|text| *text != "-1") {
            self.function_timeout = time_span(text);
            if self.function_timeout.is_none() {
                problems.push(format!("`functionTimeout` is `{text}`, which is no hh:mm:ss"));
            }
        }
    }

    /// Adds what does not fit, and tells functions their outputs.
    pub(crate) fn compare(&self, functions: &mut [Function], problems: &mut Vec<String>) {
        for name in self.functions.keys() {
            if !functions.iter().any(|function| function.name == *name) {
                problems.push(format!("{name}/function.json is of no function of the app"));
            }
        }
        for function in functions.iter_mut().filter(|one| !self.left_out.contains(&one.name)) {
            let name = &function.name;
            let Some(bindings) = self.functions.get(name) else {
                problems.push(format!("the function `{name}` has no {name}/function.json"));
                continue;
            };
            let text =
                |binding: &Value, key: &str| binding[key].as_str().unwrap_or_default().to_owned();
            let kinds = bindings.iter().map(|binding| text(binding, "type"));
            let triggers: Vec<String> = kinds.filter(|kind| is_trigger(kind)).collect();
            if triggers.len() != 1 || !triggers[0].eq_ignore_ascii_case(function.kind) {
                problems.push(format!(
                    "the trigger of `{name}` is `{}` in the app, and `{}` in {name}/function.json",
                    function.kind,
                    triggers.join(", ")
                ));
            }
            for binding in bindings.iter().map(|binding| text(binding, "name")) {
                if !is_binding(&binding) && binding != "$return" {
                    problems.push(format!(
                        "{name}/function.json names a binding `{}`: {BINDING_RULE}",
                        binding.escape_debug()
                    ));
                }
            }
            let out = |binding: &&Value| text(binding, "direction").eq_ignore_ascii_case("out");
            let outputs = bindings.iter().filter(out).map(|binding| text(binding, "name"));
            function.outputs = Some(outputs.collect());
        }
    }
}

fn is_trigger(kind: &str) -> bool {
    kind.to_ascii_lowercase().ends_with("trigger")
}

/// A JSON file; a byte order mark is no error.
fn json(path: &Path) -> Result<Value, String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text).map_err(|error| format!("{shown} is not JSON: {error}"))
}

/// .NET's `[d.]hh:mm:ss`.
fn time_span(text: &str) -> Option<Duration> {
    let (days, time) = match text.split_once('.') {
        Some((days, time)) if time.contains(':') => (days.parse().ok()?, time),
        _ => (0, text),
    };
    let parts: Vec<u64> = time.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [hours, minutes, seconds] = parts[..] else { return None };
    let in_range = hours < 24 && minutes < 60 && seconds < 60;
    let whole = ((u64::from(u16::try_from(days).ok()?) * 24 + hours) * 60 + minutes) * 60 + seconds;
    (in_range && whole > 0).then_some(Duration::from_secs(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_are_those_of_the_host() {
        for (text, seconds) in [("00:05:00", 300), ("01:00:01", 3601), ("1.00:00:00", 86400)] {
            assert_eq!(time_span(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "5", "00:60:00", "24:00:00", "00:00", "-00:05:00", "00:00:00", "x:y:z"] {
            assert_eq!(time_span(bad), None, "{bad}");
        }
    }
}
