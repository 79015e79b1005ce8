//! What a receipt says: one JSON document for each decision taken about a version of a file.

use std::{borrow::Cow, collections::BTreeMap};

use chrono::{DateTime, Utc};
use pipeline::{
    Dataset, Day, FileReason, FileRefusal, IdRanges, RefusedRow, RowReason, purchases::DateOrders,
};
use serde::{Deserialize, Serialize};

use crate::paths;

/// The decision that a receipt records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Staged; this version is live until a later receipt replaces or excludes it.
    Accepted,
    /// Taken in by the operational table, see [`Table`](crate::Table). What is staged of the path
    /// stays live until a snapshot of that table takes its place.
    Loaded,
    /// The file was refused; the version that was live stays live.
    Rejected,
    /// Reading this version killed the process: several deliveries of one message died.
    Failed,
    /// Another ETag with the bytes of the live version.
    Unchanged,
    /// Stands in for a receipt that is damaged or gone: what it decided is not known. Never written.
    Unreadable,
    /// An operator has taken the path out; with a refusal, because its content counts elsewhere.
    Forgotten,
}

/// One entry of the create-only log of a source path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Name of the blob within `raw`.
    pub path: String,
    /// What the file is staged as; the first folder of `path` says it.
    pub dataset: Dataset,
    /// 1, 2, 3 ...: its position in the log of its path.
    pub number: u32,
    /// What became of this version.
    pub state: State,
    /// The version of the blob, without quotes; of a snapshot that of the table.
    pub etag: String,
    /// Bytes of the source as it lies in the lake.
    pub size: u64,
    /// Rules by which the version was read, see [`IngestOptions`](crate::IngestOptions::recipe).
    pub recipe: String,
    /// Which try wrote this: makes a receipt recognise its own writer.
    pub attempt: String,
    /// UTC, `2021-04-25T06:15:04Z`.
    pub written_at: String,
    /// When the file was last written, by the clock of its storage, in the same form. `None` where
    /// the version counted before, where there is no file or no time of it, and in older receipts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_at: Option<String>,
    /// Milliseconds from the start of the work to the commit.
    pub duration_ms: u64,
    /// 32 hexadecimal digits that two files have in common when they say the same, whatever bytes
    /// they came in: a hash of the rows as staged. `None` without rows, and where none were staged.
    pub content_hash: Option<String>,
    /// XXH3-128 of the source's bytes, once they were all read.
    #[serde(default)]
    pub bytes_hash: Option<String>,
    /// Staged Parquet within `staging`; set when accepted.
    pub parquet: Option<String>,
    /// Refused rows within `quarantine`; set when there are any, and when the file was refused
    /// because of them.
    pub quarantine: Option<String>,
    /// How many entries of the list of erased customers were heeded when the rows were staged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub erasures: u32,
    /// The same version counted before, staged by other rules: nothing new came from its vendor.
    #[serde(default, skip_serializing_if = "is_default")]
    pub restaged: bool,
    /// Set when rejected, and when forgotten because the content counts elsewhere.
    pub refusal: Option<Refusal>,
    /// All 0 unless the rows were staged or loaded.
    pub rows: Rows,
    /// Smallest staged id; `None` without rows, and in purchases, whose rows have no ids.
    pub min_id: Option<i64>,
    /// Greatest staged id, likewise.
    pub max_id: Option<i64>,
    /// Where the ids lie between these two. None in older receipts: anywhere.
    #[serde(default, skip_serializing_if = "IdRanges::is_empty")]
    pub id_ranges: IdRanges,
    /// Staged rows per `log_date` (logs only).
    pub days: BTreeMap<Day, u64>,
    /// Columns that the vendor sent and the contract does not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_columns: Vec<String>,
    /// The first refused rows, also of a file that they reject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_refused: Vec<RefusedRow>,
    /// What dates with slashes say about their order (purchases only).
    #[serde(default, skip_serializing_if = "is_default")]
    pub date_orders: DateOrders,
    /// The day on which these bytes were read first: where `DATES_TO` is not set, it decides which
    /// days are plausible, whenever they are read again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_on: Option<Day>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Receipt {
    /// The entry of this number, written now by an attempt of its own, with nothing in it yet: no
    /// version, recipe or rows.
    pub fn new(dataset: Dataset, path: &str, number: u32, state: State) -> Self {
        Self {
            path: path.to_owned(),
            dataset,
            number,
            state,
            etag: String::new(),
            size: 0,
            recipe: String::new(),
            attempt: paths::attempt(),
            written_at: now(),
            source_at: None,
            duration_ms: 0,
            content_hash: None,
            bytes_hash: None,
            parquet: None,
            quarantine: None,
            erasures: 0,
            restaged: false,
            refusal: None,
            rows: Rows::default(),
            min_id: None,
            max_id: None,
            id_ranges: IdRanges::default(),
            days: BTreeMap::new(),
            extra_columns: Vec::new(),
            first_refused: Vec::new(),
            date_orders: DateOrders::default(),
            read_on: None,
        }
    }

    /// Ranges that hold all staged ids.
    pub fn ids(&self) -> Cow<'_, IdRanges> {
        match (self.min_id, self.max_id) {
            (Some(min), Some(max)) if self.id_ranges.is_empty() => {
                Cow::Owned(IdRanges::of(min..=max))
            }
            _ => Cow::Borrowed(&self.id_ranges),
        }
    }

    /// Without what was staged.
    pub(crate) fn without_rows(self) -> Self {
        Self {
            parquet: None,
            quarantine: None,
            rows: Rows::default(),
            min_id: None,
            max_id: None,
            id_ranges: IdRanges::default(),
            days: BTreeMap::new(),
            first_refused: Vec::new(),
            ..self
        }
    }
}

/// Today, UTC.
pub(crate) fn today() -> Day {
    Day(crate::failpoint::now().date_naive().to_epoch_days())
}

/// The time as receipts write it.
pub(crate) fn now() -> String {
    text(crate::failpoint::now())
}

pub(crate) fn text(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Why the file was refused, with what was found and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The data contract's name for it.
    pub reason: FileReason,
    /// What was found and what to do, in a sentence without row contents.
    pub detail: String,
}

impl From<FileRefusal> for Refusal {
    fn from(FileRefusal { reason, detail }: FileRefusal) -> Self {
        Self { reason, detail }
    }
}

/// Where the rows of a file went: `read` = `staged` + `refused` + `duplicate` + `erased`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Rows of the file, the header aside.
    pub read: u64,
    /// Rows in the staged Parquet or in the table.
    pub staged: u64,
    /// Rows in quarantine.
    pub refused: u64,
    /// Earlier lines of an id that stands on a later line of the same file again.
    pub duplicate: u64,
    /// Rows of erased customers, which are kept nowhere.
    #[serde(default, skip_serializing_if = "is_default")]
    pub erased: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    /// The sum is `refused`.
    pub refused_by_reason: BTreeMap<RowReason, u64>,
}

impl Rows {
    /// Whether every row that was read is accounted for.
    pub fn add_up(&self) -> bool {
        self.read == self.staged + self.refused + self.duplicate + self.erased
            && self.refused == self.refused_by_reason.values().sum::<u64>()
    }
}
