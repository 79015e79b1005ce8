//! What goes back to a browser: status, headers, body.

use std::sync::{Arc, LazyLock};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use warehouse::dashboard::{Dashboard, Freshness, LatestPublish};

use super::{desk::State, page, query::Asked};
use crate::reader::RETRY_AFTER;

/// An answer over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// No script, nothing from elsewhere, and no style but the page's own.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(page::STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
});

impl Answer {
    /// A page that may be kept, and asked for again by its tag.
    pub fn page(tag: String, html: &str) -> Self {
        Self::new(200, Some(tag), html.to_owned())
    }

    /// The page that the browser has is still right.
    pub fn unchanged(tag: String) -> Self {
        Self::new(304, Some(tag), String::new())
    }

    /// A page that is right for this moment only.
    pub fn passing(status: u16, html: String) -> Self {
        Self::new(status, None, html)
    }

    /// What is wrong with an address, in a line for whoever wrote it.
    pub fn problem(line: String) -> Self {
        Self::data(400, "text/plain; charset=utf-8", line)
    }

    /// Something else than a page, right for this moment only.
    pub fn data(status: u16, content_type: &str, body: String) -> Self {
        let mut answer = Self::passing(status, body);
        for (name, value) in &mut answer.headers {
            if *name == "Content-Type" {
                content_type.clone_into(value);
            }
        }
        answer
    }

    fn new(status: u16, tag: Option<String>, body: String) -> Self {
        // `no-cache`: kept, but never shown without asking whether something newer is there.
        let cache = if tag.is_some() { "private, no-cache" } else { "no-store" };
        let mut headers = vec![
            ("Content-Type", "text/html; charset=utf-8".to_owned()),
            ("Cache-Control", cache.to_owned()),
            ("Content-Security-Policy", POLICY.clone()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
            ("Referrer-Policy", "no-referrer".to_owned()),
            ("Cross-Origin-Opener-Policy", "same-origin".to_owned()),
        ];
        headers.extend(tag.map(|tag| ("ETag", tag)));
        if status == 503 {
            headers.push(("Retry-After", RETRY_AFTER.to_owned()));
        }
        Self { status, headers, body }
    }
}

/// Names all that a page depends on: the publish, the filter, which feeds are late by now, and
/// the program that writes it.
pub fn tag(latest: &LatestPublish, asked: &Asked, state: &State) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{} {} {latest:?} {state:?} ", env!("CARGO_PKG_VERSION"), page::STYLE));
    hash.update(format!("{asked:?}"));
    let hash = hash.finalize();
    let short: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{short}\"")
}

/// Whether `If-None-Match` names the tag.
pub fn names(if_none_match: &str, tag: &str) -> bool {
    let mut tags = if_none_match.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
    tags.any(|other| other == tag || other == "*")
}

/// Pages that were asked for before, by their tags.
#[derive(Default)]
pub struct Pages {
    kept: std::collections::HashMap<String, Arc<str>>,
    bytes: usize,
    /// How new the files of the newest publish are: a page depends on their age, too.
    arrivals: Option<(LatestPublish, Vec<Freshness>)>,
}

/// Bytes of all pages that are kept: some hundred of the usual ones.
const MOST_BYTES: usize = 16 << 20;

impl Pages {
    pub fn get(&self, tag: &str) -> Option<Arc<str>> {
        self.kept.get(tag).cloned()
    }

    /// How new the files are, where that is known of this publish.
    pub fn arrivals(&self, latest: &LatestPublish) -> Option<Vec<Freshness>> {
        let (_, known) = self.arrivals.as_ref().filter(|(of, _)| of == latest)?;
        Some(known.clone())
    }

    pub fn note_arrivals(&mut self, latest: &LatestPublish, numbers: &Dashboard) {
        // Somebody may have published in between.
        let latest = numbers.latest.as_ref().unwrap_or(latest);
        self.arrivals = Some((latest.clone(), numbers.freshness.clone()));
    }

    pub fn keep(&mut self, tag: &str, html: &str) {
        if html.len() > MOST_BYTES {
            return;
        }
        // Pages of earlier publishes are never asked for again, so all of it may go now and then.
        if self.bytes + html.len() > MOST_BYTES {
            (self.kept, self.bytes) = Default::default();
        }
        self.bytes += html.len();
        if let Some(before) = self.kept.insert(tag.to_owned(), html.into()) {
            self.bytes -= before.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use pipeline::Dataset;

    use super::*;
    use crate::{late::Late, settings::Feeds};

    #[test]
    fn a_tag_changes_with_all_that_a_page_shows() {
        let latest = |publish_id, at: &str| {
            let published_at = at.to_owned();
            LatestPublish { publish_id, published_at, absorption_id: 0 }
        };
        let (first, at) = (latest(1, "2021-04-26T06:15:04Z"), "2021-04-26T06:15:05Z");
        let arrived_at = Some("2021-04-25T06:15:04Z");
        let (feeds, now) = (Feeds::default(), chrono::Utc::now());
        let late = Late::find(&feeds, Dataset::ReviewLogs, arrived_at, now).unwrap();
        let tags = [
            tag(&first, &Asked::default(), &State::default()),
            tag(&first, &Asked::default(), &State { late: vec![late], ..State::default() }),
            tag(&first, &Asked::parse("state=Ohio"), &State::default()),
            tag(&first, &Asked::parse("device=Ohio"), &State::default()),
            tag(&first, &Asked::parse("from=x"), &State::default()),
            tag(&latest(2, "2021-04-26T06:15:04Z"), &Asked::default(), &State::default()),
            tag(&latest(1, at), &Asked::default(), &State::default()),
            tag(
                &LatestPublish { absorption_id: 1, ..first.clone() },
                &Asked::default(),
                &State::default(),
            ),
        ];
        let distinct: std::collections::BTreeSet<_> = tags.iter().collect();
        assert_eq!(distinct.len(), tags.len());
        assert_eq!(tag(&first, &Asked::parse("os="), &State::default()), tags[0]);
    }

    #[test]
    fn tags_are_compared_as_http_says() {
        for yes in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(names(yes, "\"a\""), "{yes}");
        }
        assert!(!names("\"aa\", a", "\"a\"") && !names("", "\"a\""));
    }

    #[test]
    fn old_pages_are_not_kept_for_ever() {
        let (mut pages, page) = (Pages::default(), "x".repeat(MOST_BYTES / 10));
        for nth in 0..100 {
            // Twice, as by two readers at once.
            pages.keep(&nth.to_string(), &page);
            pages.keep(&nth.to_string(), &page);
            let held: usize = pages.kept.values().map(|html| html.len()).sum();
            assert_eq!(held, pages.bytes);
            assert!(held <= MOST_BYTES && pages.get(&nth.to_string()).is_some());
        }
        pages.keep("huge", &"x".repeat(MOST_BYTES + 1));
        assert!(pages.get("huge").is_none() && pages.get("99").is_some());
    }
}
