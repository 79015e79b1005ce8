//! Why a row or a file is refused: the closed lists of the data contract.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant,)* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Name in receipts, quarantine and status.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

reasons! {
    /// Why one row is refused. The rest of its file counts.
    RowReason {
        MalformedRecord = "malformed_record",
        FieldCount = "field_count",
        TooLong = "too_long",
        InvalidUtf8 = "invalid_utf8",
        NulByte = "nul_byte",
        MissingValue = "missing_value",
        NotAnInteger = "not_an_integer",
        BadNumber = "bad_number",
        BadDate = "bad_date",
        OutOfRange = "out_of_range",
        MalformedXml = "malformed_xml",
        XmlDtd = "xml_dtd",
        MissingElement = "missing_element",
    }
}

reasons! {
    /// Why a whole file is refused. Its last good version stays live.
    FileReason {
        EmptyFile = "empty_file",
        MissingColumn = "missing_column",
        WrongEncoding = "wrong_encoding",
        NotCsv = "not_csv",
        BadGzip = "bad_gzip",
        TooLarge = "too_large",
        TooManyRefused = "too_many_refused",
        SameContent = "same_content",
    }
}

/// A refused row: the reason and the column it was found in, where one column is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRefusal {
    pub reason: RowReason,
    pub column: Option<&'static str>,
}

impl RowRefusal {
    pub const fn of_row(reason: RowReason) -> Self {
        Self { reason, column: None }
    }

    pub const fn of_column(reason: RowReason, column: &'static str) -> Self {
        Self { reason, column: Some(column) }
    }
}

/// A refused file: the reason, and a sentence that says what was found and what to do.
/// The sentence never holds row contents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct FileRefusal {
    pub reason: FileReason,
    pub detail: String,
}

impl FileRefusal {
    pub fn new(reason: FileReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}
