//! Why a row or a file is refused: the closed lists of the data contract.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// In the order of the data contract.
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
        /// A quoted field does not end at its closing quote, or inner quotes are not doubled.
        MalformedRecord = "malformed_record",
        /// More or fewer fields than the header.
        FieldCount = "field_count",
        /// A field or a record over its limit in bytes, or a text over its limit in characters.
        TooLong = "too_long",
        /// A column of the contract is not UTF-8.
        InvalidUtf8 = "invalid_utf8",
        /// A column of the contract holds a NUL byte.
        NulByte = "nul_byte",
        /// A required column or element is empty.
        MissingValue = "missing_value",
        /// The text is no whole number.
        NotAnInteger = "not_an_integer",
        /// The price is no decimal number with a point.
        BadNumber = "bad_number",
        /// No date of the calendar (years 1 to 9999), or written otherwise.
        BadDate = "bad_date",
        /// A number that its staged column cannot hold.
        OutOfRange = "out_of_range",
        /// XML that is not well-formed or is nested too deep, or has a known element twice.
        MalformedXml = "malformed_xml",
        /// XML with a document type, whatever it declares.
        XmlDtd = "xml_dtd",
        /// XML without `<log>`, or without a required element in it.
        MissingElement = "missing_element",
    }
}

reasons! {
    /// Why a whole file is refused. Its last good version stays live.
    FileReason {
        /// Not even a header.
        EmptyFile = "empty_file",
        /// The header lacks a column of the contract, or has it twice.
        MissingColumn = "missing_column",
        /// UTF-16, or too many rows that are not UTF-8.
        WrongEncoding = "wrong_encoding",
        /// Another format or separator, a line over its limit, or quotes unbalanced throughout.
        NotCsv = "not_csv",
        /// Damaged, cut off, or with something behind it; or named `.gz` and none.
        BadGzip = "bad_gzip",
        /// Over the limit once unpacked, or gzip that expands too many times.
        TooLarge = "too_large",
        /// More refused rows than [`Limits::refused_share`](crate::Limits::refused_share) allows.
        TooManyRefused = "too_many_refused",
        /// Purchases with the bytes of another live file, which would count twice.
        SameContent = "same_content",
    }
}

/// A refused row: the reason and the column it was found in, where one column is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRefusal {
    /// As the receipt counts it and quarantine shows it.
    pub reason: RowReason,
    /// Name in the contract, of logs also an XML element; `None` where the whole row is to blame.
    pub column: Option<&'static str>,
}

impl RowRefusal {
    pub(crate) const fn of_row(reason: RowReason) -> Self {
        Self { reason, column: None }
    }

    pub(crate) const fn of_column(reason: RowReason, column: &'static str) -> Self {
        Self { reason, column: Some(column) }
    }
}

/// A refused file: the reason, and a sentence that says what was found and what to do.
/// The sentence never holds row contents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct FileRefusal {
    /// As receipt and status call it.
    pub reason: FileReason,
    /// What was found and what to do.
    pub detail: String,
}

impl FileRefusal {
    /// `detail` is shown to people: lower case, no full stop, no row contents.
    pub fn new(reason: FileReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}
