//! Names of everything in the lake.
//!
//! Object stores take names as they are, while `object_store::path::Path::from` would encode
//! some characters a second time: every name goes through [`object`], which keeps it as it is.

use object_store::path::Path;
use pipeline::{Dataset, limits};

use crate::{Error, failpoint};

/// Folder of the markers below `staging`.
pub(crate) const MARKERS: &str = "_published";

/// Folder of the list of erased customers below `staging`.
pub(crate) const ERASED: &str = "_erased";

/// Folder of the start markers below `staging`.
pub(crate) const START_MARKERS: &str = "_started";

/// The object of this name, exactly.
pub(crate) fn object(name: &str) -> Result<Path, Error> {
    let refuse = |why: &str| Error::Name { path: name.to_owned(), why: why.to_owned() };
    if name.chars().any(char::is_control) {
        return Err(refuse("it holds a control character"));
    }
    if name.contains('\u{fffd}') {
        return Err(refuse("it was damaged on its way"));
    }
    if name.split('/').any(str::is_empty) {
        return Err(refuse("a part between two slashes is empty"));
    }
    if name.split('/').any(|part| part == "." || part == "..") {
        return Err(refuse("a part is `.` or `..`"));
    }
    if name.contains('\\') {
        return Err(refuse("it holds a backslash, which Azure takes for a slash"));
    }
    Path::parse(name).map_err(|error| refuse(&error.to_string()))
}

/// The object of a vendor file in `raw`.
pub(crate) fn source(path: &str) -> Result<Path, Error> {
    if limits::units(path) > limits::PATH {
        let why = format!("it has more than {} characters", limits::PATH);
        return Err(Error::Name { path: path.to_owned(), why });
    }
    object(path)
}

/// An ETag as receipts and listings show it. Azure quotes it in headers but not in listings.
pub(crate) fn plain_etag(etag: &str) -> String {
    etag.trim_start_matches("W/").trim_matches('"').to_owned()
}

/// Name of what an attempt writes for a version, within `staging` or `quarantine`.
pub(crate) fn parquet(dataset: Dataset, source: &str, etag: &str, attempt: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    // The attempt alone makes the name unique, so a long ETag may be cut.
    let etag: String = etag.chars().take(64).map(safe).collect();
    format!("{dataset}/{source}/{etag}-{attempt}.parquet")
}

/// The source path that a name made by [`parquet()`] stands for; `None` for other objects.
pub(crate) fn parse_parquet(dataset: Dataset, name: &str) -> Option<&str> {
    let rest = name.strip_prefix(dataset.name())?.strip_prefix('/')?;
    let (source, file) = rest.rsplit_once('/')?;
    file.ends_with(".parquet").then_some(source)
}

/// The object, within `staging`, of a marker.
pub(crate) fn marker(name: &str) -> Result<Path, Error> {
    if name.contains('/') {
        let why = "a marker's name has no slash".to_owned();
        return Err(Error::Name { path: name.to_owned(), why });
    }
    object(&format!("{MARKERS}/{name}.json"))
}

/// The folder of all markers within `staging`.
pub(crate) fn markers() -> Path {
    Path::from(MARKERS)
}

/// The folder, within `staging`, of the start markers of a message.
pub(crate) fn start_markers(dataset: Dataset, source: &str, message: u128) -> Result<Path, Error> {
    object(&format!("{START_MARKERS}/{dataset}/{source}/{message:032x}"))
}

/// A fresh name for an attempt: 12 random hexadecimal digits.
pub(crate) fn attempt() -> String {
    format!("{:016x}", failpoint::fresh())[..12].to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_stay_as_they_are() {
        for name in ["a b/c.csv", "é/ü.csv", "100%/50%25.csv", "#1/a#b.csv", "~[x]{y}^`|.csv"] {
            assert_eq!(object(name).unwrap().as_ref(), name);
        }
    }

    #[test]
    fn names_that_could_escape_or_confuse_are_refused() {
        for name in
            ["../a", "a/../b", "", "/a", "a/", "a//b", "a\nb", "a\u{7f}", "a\u{85}b", "a\\b"]
        {
            let error = object(name).unwrap_err();
            assert!(matches!(error, Error::Name { .. }), "{name:?}");
            assert!(!error.to_string().contains('\n') && !error.is_transient());
        }
        assert!(source(&"x".repeat(801)).is_err());
        assert!(marker("a/b").is_err());
    }

    #[test]
    fn an_etag_becomes_part_of_a_file_name() {
        assert_eq!(plain_etag("\"0x8D\""), "0x8D");
        assert_eq!(plain_etag("W/\"a\""), "a");
        let name = parquet(Dataset::UserPurchase, "user_purchase/a.csv", "a/b:c", "0f");
        assert_eq!(name, "user_purchase/user_purchase/a.csv/a_b_c-0f.parquet");
        assert_eq!(parse_parquet(Dataset::UserPurchase, &name), Some("user_purchase/a.csv"));
        assert_eq!(parse_parquet(Dataset::ReviewLogs, &name), None);
        assert_eq!(parse_parquet(Dataset::UserPurchase, "user_purchase/a.json"), None);
    }

    #[test]
    fn names_of_staged_files_are_within_their_limit() {
        let (source, etag) = ("x".repeat(limits::PATH), "e".repeat(limits::PATH));
        for dataset in Dataset::ALL {
            assert!(
                limits::units(&parquet(dataset, &source, &etag, &attempt())) <= limits::PARQUET
            );
        }
    }

    #[test]
    fn attempts_differ() {
        let seen: HashSet<String> = (0..1000).map(|_| attempt()).collect();
        assert_eq!(seen.len(), 1000);
        assert!(seen.iter().all(|attempt| attempt.len() == 12));
    }
}
