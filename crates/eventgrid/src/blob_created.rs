//! From the text of a queue message to the blobs that it names.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

use crate::{Error, name};

/// The types of event that name work for us: what counts is what the blobs are now.
pub(crate) const BLOB_CREATED: &str = "Microsoft.Storage.BlobCreated";
const BLOB_DELETED: &str = "Microsoft.Storage.BlobDeleted";
const BLOB_RENAMED: &str = "Microsoft.Storage.BlobRenamed";

/// What stands in a subject before and behind the container.
pub(crate) const SUBJECT: (&str, &str) = ("/blobServices/default/containers/", "/blobs/");

/// Senders pad base64 or do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Most characters of a foreign text that a reason quotes.
const QUOTED: usize = 200;

/// Whose blobs count. Events from anywhere else are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Name of the storage account; `devstoreaccount1` for Azurite.
    pub account: String,
    /// Name of the container that vendors write to.
    pub container: String,
}

/// What a message held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Names of the new, deleted and renamed blobs within the container of the [`Scope`], not encoded: no control
    /// characters, no backslash, no part that is empty, `.` or `..`. What counts is what the blob
    /// is now: events come twice, late, out of order, and from anybody who may write to the queue.
    pub paths: Vec<String>,
    /// Why each other event names no work: one line for the log, with all that comes from the
    /// event escaped and cut.
    pub ignored: Vec<String>,
}

/// Reads a message: JSON or base64 of JSON, one event or an array of events, each in the
/// Event Grid schema or as a CloudEvent 1.0. What is an event but about no blob of `scope` is
/// ignored with a reason; [`Error::NotAnEvent`] means that there is no event in it at all.
pub fn decode(message: &str, scope: &Scope) -> Result<Decoded, Error> {
    let refuse = |why: &str| Error::NotAnEvent { bytes: message.len(), why: why.to_owned() };
    let values = match json(message).map_err(|why| refuse(&why))? {
        Value::Array(values) => values,
        value => vec![value],
    };
    if values.is_empty() {
        return Err(refuse("it is an empty array"));
    }
    if !values.iter().any(|value| Event::of(value).is_some()) {
        return Err(refuse("it has neither `eventType` nor `specversion` 1.x with `type`"));
    }
    let mut decoded = Decoded::default();
    for value in &values {
        let event = Event::of(value).ok_or("it is not an event, unlike others in its message");
        match event {
            Ok(event) => {
                for path in event.paths(scope) {
                    match path {
                        Ok(path) => decoded.paths.push(path),
                        Err(why) => decoded.ignored.push(why),
                    }
                }
            }
            Err(why) => decoded.ignored.push(why.to_owned()),
        }
    }
    Ok(decoded)
}

/// The JSON of a message.
fn json(message: &str) -> Result<Value, String> {
    let is_json = |text: &str| text.starts_with(['{', '[']);
    let text = trimmed(message);
    let parse = |text: &str| {
        serde_json::from_str(text).map_err(|error| {
            // The parser's own words could quote the message.
            format!("its JSON is broken in line {} column {}", error.line(), error.column())
        })
    };
    if is_json(text) {
        return parse(text);
    }
    let neither = || "it is neither a JSON object or array nor the base64 of one".to_owned();
    let bytes = BASE64.decode(text).map_err(|_| neither())?;
    let text = str::from_utf8(&bytes).map(trimmed).map_err(|_| neither())?;
    if is_json(text) { parse(text) } else { Err(neither()) }
}

fn trimmed(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

/// What the two schemas have in common.
struct Event<'a> {
    kind: &'a str,
    subject: &'a str,
    data: &'a Value,
}

impl<'a> Event<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let cloud = text("specversion").is_some_and(|version| version.starts_with("1."));
        Some(Self {
            kind: text(if cloud { "type" } else { "eventType" })?,
            subject: text("subject").unwrap_or_default(),
            data: value.get("data").unwrap_or(&Value::Null),
        })
    }

    fn text(&self, name: &str) -> &'a str {
        self.data.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The name of each blob that the event is about, or why it names no work.
    fn paths(&self, scope: &Scope) -> Vec<Result<String, String>> {
        match self.kind {
            BLOB_CREATED | BLOB_DELETED => {
                let subject = self.name_in_subject(&scope.container);
                vec![self.path(scope, self.text("url"), subject)]
            }
            // The old name first: it is gone by now.
            BLOB_RENAMED => ["sourceUrl", "destinationUrl"]
                .map(|name| self.path(scope, self.text(name), None))
                .into(),
            other => vec![Err(format!("`{}` is not {BLOB_CREATED}", quote(other)))],
        }
    }

    fn path(
        &self,
        scope: &Scope,
        url: &str,
        name_in_subject: Option<&str>,
    ) -> Result<String, String> {
        let object = |why: &str| format!("`{}` {why}", quote(url));
        if url.is_empty() {
            return Err(format!("the event about `{}` has no URL", quote(self.subject)));
        }
        let place = name::locate(url).map_err(object)?;
        if !place.account.eq_ignore_ascii_case(&scope.account) {
            return Err(object(&format!("is not in our account `{}`", scope.account)));
        }
        if place.container != scope.container {
            return Err(object(&format!("is not in our container `{}`", scope.container)));
        }
        let path = name::blob(place.rest, name_in_subject)
            .ok_or_else(|| object("has a name that is not UTF-8"))?;
        if let Some(why) = name::objection(&path) {
            return Err(object(why));
        }
        let size = self.data.get("contentLength");
        let is_empty = size.is_some_and(|size| *size == 0 || *size == "0");
        if is_empty && self.kind == BLOB_CREATED {
            // A file that is still open announces itself again when it is closed.
            return Err(object(&format!("is empty so far ({})", quote(self.text("api")))));
        }
        Ok(path)
    }

    fn name_in_subject(&self, container: &str) -> Option<&'a str> {
        let rest = self.subject.strip_prefix(SUBJECT.0)?.strip_prefix(container)?;
        rest.strip_prefix(SUBJECT.1)
    }
}

/// Foreign text for one line of a log.
fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTED).flat_map(char::escape_debug).collect();
    if text.chars().nth(QUOTED).is_some() {
        quoted.push_str("...");
    }
    quoted
}
