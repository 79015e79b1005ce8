//! Names in the listings of Azure that `object_store` cannot hold.
//!
//! It breaks a listing off at a blob with a control character or an empty part in its name, and
//! nobody would see the thousand blobs behind it. So names are looked at as they come over the
//! wire, and such ones are spelled in a way that can be held, and told from all others.

use std::borrow::Cow;

use async_trait::async_trait;
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService,
        ReqwestConnector,
    },
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::paths;

/// Stands before the rest of a name that is spelled our way. A name that has it by itself was
/// damaged on its way, and is handled by nobody either.
const MARK: char = '\u{fffd}';

/// What the rest keeps: the extension decides whether it is a vendor's file.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// Makes clients that look after names.
#[derive(Debug, Default)]
pub(crate) struct Connector(ReqwestConnector);

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Listings(self.0.connect(options)?)))
    }
}

#[derive(Debug)]
struct Listings(HttpClient);

#[async_trait]
impl HttpService for Listings {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let query = request.uri().query().unwrap_or_default();
        let is_listing = query.split('&').any(|part| part == "comp=list");
        let response = self.0.execute(request).await?;
        if !is_listing || !response.status().is_success() {
            return Ok(response);
        }
        let (head, body) = response.into_parts();
        let body = body.bytes().await?;
        let body = match std::str::from_utf8(&body).map(renamed) {
            Ok(Cow::Owned(text)) => text.into(),
            Ok(Cow::Borrowed(_)) | Err(_) => body,
        };
        Ok(HttpResponse::from_parts(head, body.into()))
    }
}

/// The listing with each name that cannot be held spelled our way.
fn renamed(listing: &str) -> Cow<'_, str> {
    let mut text = String::new();
    let mut done = 0;
    for (at, _) in listing.match_indices("<Name") {
        let element = &listing[at..];
        let (Some(open), Some(close)) = (element.find('>'), element.find("</Name>")) else { break };
        let Some(value) = element.get(open + 1..close) else { continue };
        let encoded = element[..open].contains("Encoded=\"true\"");
        let name = match encoded {
            // A name that XML cannot hold.
            true => percent_decode_str(value).decode_utf8_lossy(),
            false => unescaped(value),
        };
        if !encoded && paths::object(name.trim_end_matches('/')).is_ok() {
            continue;
        }
        text += &listing[done..at];
        text += &format!("<Name>{}</Name>", spelled(&name));
        done = at + close + "</Name>".len();
    }
    match done {
        0 => listing.into(),
        _ => (text + &listing[done..]).into(),
    }
}

fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return value.into();
    }
    let mut name = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        name += before;
        let (reference, after) = after.split_once(';').unwrap_or((after, ""));
        let number = match reference.strip_prefix("#x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => reference.strip_prefix('#').and_then(|digits| digits.parse().ok()),
        };
        name.push(match reference {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => number.and_then(char::from_u32).unwrap_or(MARK),
        });
        rest = after;
    }
    (name + rest).into()
}

/// The first folder, which tells the dataset, as it is; then the mark and the rest in one part.
fn spelled(name: &str) -> String {
    let (folder, rest) = name.split_once('/').unwrap_or(("", name));
    let encoded = utf8_percent_encode(rest, ENCODED);
    match paths::object(folder) {
        Ok(folder) => format!(
            "{}/{MARK}{encoded}",
            folder.as_ref().replace('&', "&amp;").replace('<', "&lt;")
        ),
        Err(_) => format!("{MARK}{}", utf8_percent_encode(name, ENCODED)),
    }
}

/// The name as it is in the store, of one that a listing shows.
pub(crate) fn original(name: &str) -> Cow<'_, str> {
    match name.split_once(MARK) {
        Some((folder, rest)) if folder.is_empty() || folder.ends_with('/') => {
            format!("{folder}{}", percent_decode_str(rest).decode_utf8_lossy()).into()
        }
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(names: &[&str]) -> String {
        let blob = |name: &&str| format!("<Blob><Name>{name}</Name><Etag>1</Etag></Blob>");
        format!("<Blobs>{}</Blobs>", names.iter().map(blob).collect::<String>())
    }

    #[test]
    fn names_that_can_be_held_stay_as_they_are() {
        let text = listing(&["a/b.csv", "a b/100%.csv", "x&amp;y/&lt;.csv", "folder/"]);
        assert!(matches!(renamed(&text), Cow::Borrowed(_)));
    }

    #[test]
    fn other_names_are_spelled_so_that_they_can_be_held_and_read_back() {
        for (xml, name) in [
            ("movie_review/a\nb.csv", "movie_review/a\nb.csv"),
            ("movie_review/a&#xA;b.csv", "movie_review/a\nb.csv"),
            ("movie_review//a.csv", "movie_review//a.csv"),
            ("movie_review/../a.csv", "movie_review/../a.csv"),
            ("movie_review/a\\b&amp;.csv", "movie_review/a\\b&.csv"),
            ("/a.csv", "/a.csv"),
        ] {
            let text = listing(&["a/b.csv", xml, "c/d.csv"]);
            let found = renamed(&text);
            let shown = found.split("<Name>").nth(2).unwrap().split('<').next().unwrap();
            assert_eq!(object_store::path::Path::parse(shown).unwrap().as_ref(), shown);
            assert_eq!(original(shown), name);
            assert_eq!(found, listing(&["a/b.csv", shown, "c/d.csv"]));
        }
        let encoded = listing(&["x"]).replace("<Name>x", "<Name Encoded=\"true\">a/%01.csv");
        assert_eq!(renamed(&encoded), listing(&["a/\u{fffd}%01.csv"]));
        assert_eq!(original("a/\u{fffd}%01.csv"), "a/\u{1}.csv");
    }
}
