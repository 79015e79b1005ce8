//! Our own events, as CloudEvents 1.0.

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
    /// The sender: a URI reference, `/movie-analytics/<lake or warehouse>`.
    pub source: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// What it is about: a file's path, or `publish/<id>`.
    pub subject: String,
    /// RFC 3339, UTC, milliseconds.
    pub time: String,
    datacontenttype: &'static str,
    /// Depends on the type.
    pub data: Data,
}

/// The data of an event, one shape for each type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Data {
    /// `MovieAnalytics.FileStaged`: a version of a vendor file was accepted.
    FileStaged {
        /// Name within the container `raw`.
        path: String,
        /// Name of the staged dataset.
        dataset: String,
        /// Rows staged.
        rows: u64,
    },
    /// `MovieAnalytics.FileRefused`: a version of a vendor file was refused as a whole; its last
    /// good version stays live.
    FileRefused {
        /// Name within the container `raw`.
        path: String,
        /// Name of the staged dataset.
        dataset: String,
        /// Code of the refusal: `missing_column`, `not_csv`, ... Never text of the file.
        reason: String,
    },
    /// `MovieAnalytics.FactPublished`: the facts of some days were replaced.
    #[serde(rename_all = "camelCase")]
    FactPublished {
        /// Number in the log of publishes.
        publish_id: i64,
        /// Days replaced.
        days: u64,
        /// Fact rows written.
        rows: u64,
    },
}

impl CloudEvent {
    /// An event that happens now, with a fresh id.
    pub fn new(source: impl Into<String>, data: Data) -> Self {
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
            Self::FileStaged { .. } => "MovieAnalytics.FileStaged",
            Self::FileRefused { .. } => "MovieAnalytics.FileRefused",
            Self::FactPublished { .. } => "MovieAnalytics.FactPublished",
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::FileStaged { path, .. } | Self::FileRefused { path, .. } => path.clone(),
            Self::FactPublished { publish_id, .. } => format!("publish/{publish_id}"),
        }
    }
}
