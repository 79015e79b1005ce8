//! Where a blob is by the URL of an event. A URL is taken apart by hand: a parser for
//! browsers resolves `..` and turns `\` into `/`, which would hide what we refuse.

use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What follows `<account>.blob.` in the clouds that there are, and in Azurite.
const SUFFIXES: [&str; 8] = [
    "core.windows.net",
    "core.usgovcloudapi.net",
    "core.chinacloudapi.cn",
    "core.cloudapi.de",
    "core.microsoft.scloud",
    "core.eaglex.ic.gov",
    "storage.azure.net",
    "localhost",
];

/// What a blob's name may keep in a URL: the unreserved characters and the slash.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Account of Azurite.
pub(crate) const AZURITE: &str = "devstoreaccount1";

/// The parts of a blob's URL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Location<'a> {
    pub account: &'a str,
    pub container: String,
    /// All behind the container, as it stands in the URL.
    pub rest: &'a str,
}

/// Takes a blob's URL apart, or says why it is none.
pub(crate) fn locate(url: &str) -> Result<Location<'_>, &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or("is not a URL")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err("has a scheme other than http and https");
    }
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = path.strip_prefix('/').ok_or("has no path")?;
    if authority.contains('@') {
        return Err("has a user in front of its host");
    }
    let host = host(authority);
    let (account, path) = match account(host) {
        Some(account) => (account, path),
        // Azurite and its like name the account in the path.
        None if is_emulator(host) => path.split_once('/').ok_or("names no container")?,
        None => return Err("does not lead to a storage account"),
    };
    let (container, rest) = path.split_once('/').ok_or("names no blob in a container")?;
    let container = decoded(container).ok_or("has a container that is not UTF-8")?;
    Ok(Location { account, container, rest })
}

/// Name of the blob. `subject` is the name as the subject of the event spells it, which is
/// never encoded; URLs are encoded, though not each `#` of each name is.
pub(crate) fn blob(rest: &str, subject: Option<&str>) -> Option<String> {
    if let Some(subject) = subject
        && (subject == rest || decoded(rest).as_deref() == Some(subject))
    {
        return Some(subject.to_owned());
    }
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    decoded(&rest[..end])
}

/// Why no file of ours can have this name; `None` if one can.
pub(crate) fn objection(name: &str) -> Option<&'static str> {
    let folder = || name.ends_with('/') || name.ends_with("_$folder$");
    match name {
        "" => Some("names no blob"),
        _ if name.chars().any(char::is_control) => Some("has a control character in its name"),
        _ if name.contains('\\') => Some("has a backslash in its name"),
        // Names beyond the Basic Multilingual Plane do not always survive the way here.
        _ if name.contains('\u{fffd}') => Some("has a name that was damaged on its way"),
        _ if folder() => Some("marks a directory"),
        _ if name.split('/').any(str::is_empty) => Some("has an empty part in its name"),
        _ if name.split('/').any(|part| part == "." || part == "..") => {
            Some("has a part `.` or `..` in its name")
        }
        _ => None,
    }
}

/// The URL that Event Grid, or a test in the name of Azurite, would give.
pub(crate) fn url(account: &str, container: &str, name: &str) -> String {
    let name = utf8_percent_encode(name, ENCODED);
    match account {
        AZURITE => format!("http://127.0.0.1:10000/{account}/{container}/{name}"),
        _ => format!("https://{account}.blob.core.windows.net/{container}/{name}"),
    }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
}

/// The host without its port, and an IPv6 address without its brackets.
fn host(authority: &str) -> &str {
    if let Some(v6) = authority.strip_prefix('[') {
        return v6.split(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

/// `a` of `a.blob.core.windows.net`, of `a.dfs...` and of `a.z01.blob.storage.azure.net`.
fn account(host: &str) -> Option<&str> {
    let (account, rest) = host.split_once('.')?;
    let (mut service, mut suffix) = rest.split_once('.')?;
    let zone = service.strip_prefix(['z', 'Z']).is_some_and(|digits| digits.parse::<u8>().is_ok());
    if zone {
        (service, suffix) = suffix.split_once('.')?;
    }
    let is = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let ours = (is(service, "blob") || is(service, "dfs"))
        && SUFFIXES.iter().any(|known| is(known, suffix));
    ours.then_some(account).filter(|account| !account.is_empty())
}

/// Hosts that nobody can have in the public name system.
fn is_emulator(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
        || host == "host.docker.internal"
        || (!host.is_empty() && !host.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (url, account, container, rest) in [
            ("https://acct.blob.core.windows.net/raw/a/b.csv", "acct", "raw", "a/b.csv"),
            ("https://acct.dfs.core.windows.net/raw/a/b.csv", "acct", "raw", "a/b.csv"),
            ("HTTPS://ACCT.BLOB.CORE.WINDOWS.NET/raw/a", "ACCT", "raw", "a"),
            ("https://acct.blob.core.windows.net:443/raw/a%20b", "acct", "raw", "a%20b"),
            ("https://acct.blob.core.usgovcloudapi.net/raw/a", "acct", "raw", "a"),
            ("https://acct.dfs.core.chinacloudapi.cn/raw/a", "acct", "raw", "a"),
            ("https://acct.blob.core.cloudapi.de/raw/a", "acct", "raw", "a"),
            ("https://acct.z01.blob.storage.azure.net/raw/a", "acct", "raw", "a"),
            ("http://127.0.0.1:10000/devstoreaccount1/raw/a", AZURITE, "raw", "a"),
            ("http://localhost:10000/devstoreaccount1/raw/a", AZURITE, "raw", "a"),
            ("http://azurite:10000/devstoreaccount1/raw/a", AZURITE, "raw", "a"),
            ("http://[::1]:10000/devstoreaccount1/raw/a", AZURITE, "raw", "a"),
            ("http://devstoreaccount1.blob.localhost:10000/raw/a", AZURITE, "raw", "a"),
            ("https://acct.blob.core.windows.net/%24web/a", "acct", "$web", "a"),
            ("https://acct.blob.core.windows.net/raw//a/../b", "acct", "raw", "/a/../b"),
        ] {
            let expected = Location { account, container: container.to_owned(), rest };
            assert_eq!(locate(url), Ok(expected), "{url}");
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "raw/a.csv",
            "ftp://acct.blob.core.windows.net/raw/a",
            "file:///raw/a",
            "https://",
            "https://acct.blob.core.windows.net",
            "https://acct.blob.core.windows.net/raw",
            "https://acct.blob.core.windows.net?raw/a",
            "https://acct.blob.core.windows.net\\raw\\a",
            "https://acct.blob.core.windows.net@evil.example/raw/a",
            "https://acct.blob.core.windows.net.evil.example/raw/a",
            "https://acct.blob.evil.example/raw/a",
            "https://acct.queue.core.windows.net/raw/a",
            "https://.blob.core.windows.net/raw/a",
            "https://evil.example/acct/raw/a",
            "http://127.0.0.1:10000/devstoreaccount1",
            "http://127.0.0.1:10000/devstoreaccount1/raw",
            "https://acct.blob.core.windows.net/%ff/a",
        ] {
            assert!(locate(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_subject_settles_how_a_name_is_spelt() {
        for (rest, subject, name) in [
            ("a%20b.csv", Some("a b.csv"), "a b.csv"),
            ("a%20b.csv", None, "a b.csv"),
            ("a b.csv", Some("a b.csv"), "a b.csv"),
            ("a#b.csv", Some("a#b.csv"), "a#b.csv"),
            ("a%20b#c?.csv", Some("a b#c?.csv"), "a b#c?.csv"),
            ("a.csv?sv=1", Some("a.csv"), "a.csv"),
            ("a.csv#top", None, "a.csv"),
            ("50%25.csv", None, "50%.csv"),
            ("50%25.csv", Some("50%25.csv"), "50%25.csv"),
            ("50%2525.csv", Some("50%25.csv"), "50%25.csv"),
            ("100%.csv", Some("100%.csv"), "100%.csv"),
            ("%F0%9F%92%8E.csv", Some("\u{fffd}\u{fffd}.csv"), "💎.csv"),
            ("a%2Fb.csv", Some("a/b.csv"), "a/b.csv"),
            ("a.csv", Some("elsewhere.csv"), "a.csv"),
        ] {
            assert_eq!(blob(rest, subject).as_deref(), Some(name), "{rest} {subject:?}");
        }
        assert_eq!(blob("%ff.csv", None), None);
    }

    #[test]
    fn a_url_that_we_make_is_one_that_we_read() {
        for account in ["acct", AZURITE] {
            for name in ["a/b.csv", "a b/ü#?%25.csv", "💎+&=.csv"] {
                let url = url(account, "raw", name);
                let location = locate(&url).unwrap();
                assert_eq!((location.account, location.container.as_str()), (account, "raw"));
                assert_eq!(blob(location.rest, None).as_deref(), Some(name));
            }
        }
    }

    #[test]
    fn names_that_could_escape_or_confuse_meet_an_objection() {
        for name in ["a.csv", "a b/é.csv", "a..csv", "..a/b", ".hidden/x"] {
            assert_eq!(objection(name), None, "{name}");
        }
        for name in [
            "",
            "/a",
            "a//b",
            "a/",
            "../a",
            "a/./b",
            "a/..",
            "a\\b",
            "a\nb",
            "a\u{85}",
            "d_$folder$",
        ] {
            assert!(objection(name).is_some(), "{name:?}");
        }
    }
}
