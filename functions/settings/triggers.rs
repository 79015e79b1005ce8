//! Settings that the host reads for a function: where one is missing, the function never runs, and
//! the host says so in a red line among many.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

/// Names of a connection that the host understands: `LAKE`, or one of these with it.
const PREFIXES: [&str; 2] = ["AzureWebJobs", "ConnectionStrings__"];
const SUFFIXES: [&str; 3] = ["__queueServiceUri", "__serviceUri", "__accountName"];

/// Warns in one line of functions that the host cannot run, from the script root and the
/// environment that it gave this process.
pub fn warn_of_missing() {
    let root = std::env::var_os("FUNCTIONS_APP_ROOT_PATH").unwrap_or_else(|| ".".into());
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if let Some(sentence) = missing(root.as_ref(), is_set) {
        tracing::warn!("{sentence}");
    }
}

/// Names missing settings with the functions that need them.
fn missing(root: &Path, is_set: impl Fn(&str) -> bool) -> Option<String> {
    let mut missing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(root).ok()?.flatten() {
        let Ok(text) = fs::read(entry.path().join("function.json")) else { continue };
        let Ok(function) = serde_json::from_slice::<Value>(&text) else { continue };
        let bindings = function["bindings"].as_array().into_iter().flatten();
        for (key, value) in bindings.filter_map(Value::as_object).flatten() {
            let Some(name) = value.as_str().and_then(|value| setting(key, value)) else { continue };
            let is_known = match key.as_str() {
                "connection" => connection(name).any(|name| is_set(&name)),
                _ => is_set(name),
            };
            if !is_known {
                let function = entry.file_name().to_string_lossy().into_owned();
                missing.entry(name.to_owned()).or_default().insert(function);
            }
        }
    }
    let settings = missing.into_iter().map(|(name, functions)| {
        let functions: Vec<String> = functions.into_iter().collect();
        format!("{name} (without it the host does not run {})", functions.join(", "))
    });
    let settings: Vec<String> = settings.collect();
    (!settings.is_empty()).then(|| format!("settings are missing: {}", settings.join("; ")))
}

/// The setting that a member of a binding names.
fn setting<'a>(key: &str, value: &'a str) -> Option<&'a str> {
    match key {
        "connection" => Some(value),
        _ => value.strip_prefix('%')?.strip_suffix('%'),
    }
}

fn connection(name: &str) -> impl Iterator<Item = String> {
    let before = PREFIXES.into_iter().map(move |prefix| format!("{prefix}{name}"));
    let after = SUFFIXES.into_iter().map(move |suffix| format!("{name}{suffix}"));
    std::iter::once(name.to_owned()).chain(before).chain(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing_with(settings: &[&str]) -> Option<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("functions");
        missing(&root, |name| settings.contains(&name))
    }

    #[test]
    fn a_missing_setting_is_told_with_the_functions_that_do_not_run() {
        let all = ["LAKE", "BUILD_FACT_SCHEDULE", "EXTRACT_SCHEDULE", "RECONCILE_SCHEDULE"];
        assert_eq!(missing_with(&all), None);
        assert_eq!(
            missing_with(&["LAKE", "RECONCILE_SCHEDULE"]).unwrap(),
            "settings are missing: BUILD_FACT_SCHEDULE (without it the host does not run \
             build_fact_movie_analytics); EXTRACT_SCHEDULE (without it the host does not run \
             extract_user_purchase)"
        );
    }

    #[test]
    fn a_connection_by_identity_needs_the_address_of_the_queues() {
        let schedules = ["BUILD_FACT_SCHEDULE", "EXTRACT_SCHEDULE", "RECONCILE_SCHEDULE"];
        let with = |name| missing_with(&[&schedules[..], &[name]].concat());
        assert_eq!(with("LAKE__queueServiceUri"), None);
        assert_eq!(with("AzureWebJobsLAKE"), None);
        let sentence = with("LAKE__blobServiceUri").unwrap();
        let all = "LAKE (without it the host does not run classify_movie_review, erase, \
            extract_user_purchase, load_user_purchase, parse_log_reviews, publish_requested, \
            reconcile, replay)";
        assert!(sentence.ends_with(all), "{sentence}");
    }

    #[test]
    fn a_folder_without_functions_needs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(missing(folder.path(), |_| false), None);
        assert_eq!(missing(&folder.path().join("none"), |_| false), None);
    }
}
