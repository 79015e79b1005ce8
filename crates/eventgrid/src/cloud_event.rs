//! What we tell others, as CloudEvents 1.0.

use chrono::{SecondsFormat, Utc};
use serde::Serialize;
use uuid::Uuid;

/// A CloudEvent 1.0 in its structured JSON form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CloudEvent {
    specversion: &'static str,
    /// Unique within `source`; receivers drop what they have seen, so a caller that publishes
    /// the same fact again sets the same id again.
    pub id: String,
    /// Who speaks: a URI reference, `/movie-analytics/<lake or warehouse>`.
    pub source: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// What it is about: a file's path, or `publish/<id>`.
    pub subject: String,
    /// RFC 3339, UTC, milliseconds.
    pub time: String,
    datacontenttype: &'static str,
    /// What is told.
    pub data: Data,
}

/// The data of an event, one shape for each type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Data {
    /// A version of a vendor file was accepted.
    FileStaged(FileStaged),
    /// A version of a vendor file was refused.
    FileRefused(FileRefused),
    /// The facts of some days were replaced.
    FactPublished(FactPublished),
}

/// `MovieAnalytics.FileStaged`: a version of a vendor file was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileStaged {
    /// Name within the container `raw`.
    pub path: String,
    /// Name of the staged dataset.
    pub dataset: String,
    /// Rows staged.
    pub rows: u64,
}

/// `MovieAnalytics.FileRefused`: a version of a vendor file was refused as a whole; its last
/// good version stays live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRefused {
    /// Name within the container `raw`.
    pub path: String,
    /// Name of the staged dataset.
    pub dataset: String,
    /// Code of the refusal: `missing_column`, `not_csv`, ... Never text of the file.
    pub reason: String,
}

/// `MovieAnalytics.FactPublished`: the facts of some days were replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FactPublished {
    /// Number in the log of publishes.
    pub publish_id: i64,
    /// Days replaced.
    pub days: u64,
    /// Fact rows written.
    pub rows: u64,
}

impl CloudEvent {
    /// An event that happens now, with a fresh id.
    pub fn new(source: impl Into<String>, data: impl Into<Data>) -> Self {
        let data = data.into();
        Self {
            specversion: "1.0",
            id: Uuid::new_v4().to_string(),
            source: source.into(),
            kind: data.kind(),
            subject: data.subject(),
            time: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            datacontenttype: "application/json",
            data,
        }
    }

    /// `MovieAnalytics.FileStaged` and so on.
    pub fn kind(&self) -> &'static str {
        self.kind
    }
}

impl Data {
    fn kind(&self) -> &'static str {
        match self {
            Self::FileStaged(_) => "MovieAnalytics.FileStaged",
            Self::FileRefused(_) => "MovieAnalytics.FileRefused",
            Self::FactPublished(_) => "MovieAnalytics.FactPublished",
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::FileStaged(file) => file.path.clone(),
            Self::FileRefused(file) => file.path.clone(),
            Self::FactPublished(publish) => format!("publish/{}", publish.publish_id),
        }
    }
}

impl From<FileStaged> for Data {
    fn from(data: FileStaged) -> Self {
        Self::FileStaged(data)
    }
}

impl From<FileRefused> for Data {
    fn from(data: FileRefused) -> Self {
        Self::FileRefused(data)
    }
}

impl From<FactPublished> for Data {
    fn from(data: FactPublished) -> Self {
        Self::FactPublished(data)
    }
}
