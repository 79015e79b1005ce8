//! From the text of a queue message to the blobs that it names.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{Error, name};

/// The only type of event that names work for us.
pub(crate) const BLOB_CREATED: &str = "Microsoft.Storage.BlobCreated";

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

/// A blob was written. Only `path` is to be acted upon, and what counts is what the blob is now:
/// events come twice, late, out of order, and from whoever may write to the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobCreated {
    /// The account of the [`Scope`].
    pub account: String,
    /// The container of the [`Scope`].
    pub container: String,
    /// Name of the blob within its container, not encoded: no control characters, no backslash,
    /// no part that is empty, `.` or `..`.
    pub path: String,
    /// Without quotes, as the blob was when the event arose.
    pub etag: Option<String>,
    /// Bytes, as the blob was when the event arose; never 0.
    pub size: Option<u64>,
    /// The operation: `PutBlob`, `PutBlockList`, `CopyBlob`, `FlushWithClose`, ...; may be empty.
    pub api: String,
    /// The event's own, the same when it is delivered again; may be empty.
    pub event_id: String,
    /// When the event arose.
    pub time: Option<DateTime<Utc>>,
}

/// An event that is none of our business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The event's own, escaped; may be empty.
    pub event_id: String,
    /// One line for the log, with all that comes from the event escaped and cut.
    pub why: String,
}

/// What a message held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// New blobs of the scope.
    pub events: Vec<BlobCreated>,
    /// Everything else.
    pub ignored: Vec<Ignored>,
}

/// Reads a message: JSON or base64 of JSON, one event or an array of events, each in the
/// Event Grid schema or as a CloudEvent 1.0. What is an event but not a new blob of `scope` is
/// ignored with a reason; [`Error::NotAnEvent`] means that there is no event in it at all.
pub fn decode(message: &str, scope: &Scope) -> Result<Decoded, Error> {
    let refuse = |why: &str| Error::NotAnEvent { bytes: message.len(), why: why.to_owned() };
    let values = match json(message).map_err(|why| refuse(&why))? {
        Value::Array(values) => values,
        value => vec![value],
    };
    let mut decoded = Decoded::default();
    let mut any = false;
    for value in &values {
        let Some(event) = Event::of(value) else {
            let why = "it is not an event, unlike others in its message".to_owned();
            decoded.ignored.push(Ignored { event_id: String::new(), why });
            continue;
        };
        any = true;
        match event.blob_created(scope) {
            Ok(created) => decoded.events.push(created),
            Err(why) => decoded.ignored.push(Ignored { event_id: quote(event.id), why }),
        }
    }
    match any {
        true => Ok(decoded),
        false if values.is_empty() => Err(refuse("it is an empty array")),
        false => Err(refuse("it has neither `eventType` nor `specversion` 1.x with `type`")),
    }
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
    id: &'a str,
    subject: &'a str,
    time: &'a str,
    data: &'a Value,
}

impl<'a> Event<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let cloud = text("specversion").is_some_and(|version| version.starts_with("1."));
        let (kind, time) = if cloud { ("type", "time") } else { ("eventType", "eventTime") };
        Some(Self {
            kind: text(kind)?,
            id: text("id").unwrap_or_default(),
            subject: text("subject").unwrap_or_default(),
            time: text(time).unwrap_or_default(),
            data: value.get("data").unwrap_or(&Value::Null),
        })
    }

    /// The blob, or why this event names no work.
    fn blob_created(&self, scope: &Scope) -> Result<BlobCreated, String> {
        if self.kind != BLOB_CREATED {
            return Err(format!("`{}` is not {BLOB_CREATED}", quote(self.kind)));
        }
        let text = |name: &str| self.data.get(name).and_then(Value::as_str).unwrap_or_default();
        let url = text("url");
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
        let path = name::blob(place.rest, self.name_in_subject(&scope.container))
            .ok_or_else(|| object("has a name that is not UTF-8"))?;
        if let Some(why) = name::objection(&path) {
            return Err(object(why));
        }
        let (api, size) = (text("api"), self.size());
        if size == Some(0) {
            // A file that is still open announces itself again when it is closed.
            return Err(object(&format!("is empty so far ({})", quote(api))));
        }
        let etag = text("eTag").trim_start_matches("W/").trim_matches('"');
        Ok(BlobCreated {
            account: scope.account.clone(),
            container: place.container,
            path,
            etag: (!etag.is_empty()).then(|| etag.to_owned()),
            size,
            api: api.to_owned(),
            event_id: self.id.to_owned(),
            time: DateTime::parse_from_rfc3339(self.time).ok().map(|time| time.to_utc()),
        })
    }

    fn name_in_subject(&self, container: &str) -> Option<&'a str> {
        let rest = self.subject.strip_prefix(SUBJECT.0)?.strip_prefix(container)?;
        rest.strip_prefix(SUBJECT.1)
    }

    fn size(&self) -> Option<u64> {
        let size = self.data.get("contentLength")?;
        size.as_u64().or_else(|| size.as_str()?.parse().ok())
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
