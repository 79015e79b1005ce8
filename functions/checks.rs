//! Checks of one's own: the files of a folder of the lake that the setting `CHECKS` names. They lie
//! there since that is the one place that a laptop and a function app both read, and that somebody
//! may change without a deployment.

use custom_handler::Outcome;
use sha2::{Digest, Sha256};
use warehouse::OwnCheck;

use crate::{deps::Deps, events};

/// Bytes of one of them.
const MOST_BYTES: usize = 64 << 10;

/// The checks there are, by name. Without the setting, nothing is asked of the lake.
pub async fn read(deps: &Deps) -> anyhow::Result<Vec<OwnCheck>> {
    let Some(folder) = &deps.settings.checks else { return Ok(Vec::new()) };
    let mut checks = Vec::new();
    for (name, bytes) in deps.lake.read_folder(folder).await? {
        if !OwnCheck::is_own(&name) {
            continue;
        }
        let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= MOST_BYTES);
        // Editors of one system begin texts with a mark.
        let text = text.map(|text| text.trim_start_matches('\u{feff}')).ok_or_else(|| {
            warehouse::Error::BrokenCheck(format!(
                "the check `{name}` is no text in UTF-8 of at most {MOST_BYTES} bytes: correct the \
                 file, or take it out of the folder that CHECKS names"
            ))
        })?;
        checks.push(OwnCheck::new(&name, text)?);
    }
    if checks.is_empty() {
        tracing::warn!("CHECKS names `{folder}` within staging, where no file ends in .sql");
    }
    Ok(checks)
}

/// Tells one set of checks from another; empty without any.
pub fn fingerprint(checks: &[OwnCheck]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let hash = Sha256::digest(format!("{checks:?}"));
    let digits = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!(" checks {digits}")
}

/// 409 where a check cannot be run, which its caller cannot change by another request; else the
/// error as it is.
pub fn conflict(error: anyhow::Error) -> anyhow::Result<Outcome> {
    match broken(&error) {
        Some(why) => Ok(events::answer(409, serde_json::json!({ "error": why }))?),
        None => Err(error),
    }
}

/// What is wrong with the checks, if anything: a publish would end with it.
pub fn broken(error: &anyhow::Error) -> Option<String> {
    match error.downcast_ref() {
        Some(warehouse::Error::BrokenCheck(why)) => Some(why.clone()),
        _ => None,
    }
}
