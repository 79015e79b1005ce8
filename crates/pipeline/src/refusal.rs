//! Why a row or a file is refused: the closed lists of the data contract.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Day, limits};

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
        /// No date of the calendar, outside of the plausible days, or written otherwise.
        BadDate = "bad_date",
        /// A number that its staged column cannot hold.
        OutOfRange = "out_of_range",
        /// XML that is not well-formed or is nested too deep, or has a known element twice.
        MalformedXml = "malformed_xml",
        /// XML with a document type, whatever it declares.
        XmlDtd = "xml_dtd",
        /// XML without `<log>`, or without a required element in it.
        MissingElement = "missing_element",
        /// A device, location, operating system or browser that holds an IP address or a telephone
        /// number, where the setting refuses them.
        PersonalData = "personal_data",
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
        /// Purchases whose dates have day and month in the other order than the setting says.
        DateOrder = "date_order",
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

/// What stands in the place of what was refused, in words that a vendor understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A form, with an example.
    Form(&'static str),
    /// A day from the first to the last, both included.
    Days(Day, Day),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(form) => f.write_str(form),
            Self::Days(first, last) => write!(f, "a day from {first} to {last}"),
        }
    }
}

impl RowReason {
    /// What is expected where nothing more exact is known.
    pub const fn expected(self) -> &'static str {
        match self {
            Self::MalformedRecord => {
                "each quoted field ends at its closing quote, inner quotes are doubled"
            }
            Self::FieldCount => "as many fields as the header has; quote a text that holds a comma",
            Self::TooLong => "a shorter field",
            Self::InvalidUtf8 => "UTF-8",
            Self::NulByte => "no NUL byte",
            Self::MissingValue => "a value",
            Self::NotAnInteger => "a whole number such as 17850",
            Self::BadNumber => "a decimal number with a point such as 2.55",
            Self::BadDate => "a date of the calendar",
            Self::OutOfRange => {
                "fewer digits: prices have nine and three decimals, whole numbers 64 bits, quantities 32"
            }
            Self::MalformedXml => {
                "well-formed XML with one <log>, each element once, and no entity that XML does not define"
            }
            Self::XmlDtd => "XML without a document type",
            Self::PersonalData => "a text without an IP address or a telephone number",
            Self::MissingElement => "the element, in small and capital letters as documented",
        }
    }
}

/// A refused row: the reason and the column it was found in, where one column is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRefusal {
    /// As the receipt counts it and quarantine shows it.
    pub reason: RowReason,
    /// Name in the contract, of logs also an XML element; `None` where the whole row is to blame.
    pub column: Option<&'static str>,
    /// What should have stood there.
    pub expected: Expected,
}

impl RowRefusal {
    pub(crate) const fn of_row(reason: RowReason) -> Self {
        Self { reason, column: None, expected: Expected::Form(reason.expected()) }
    }

    pub(crate) const fn of_column(reason: RowReason, column: &'static str) -> Self {
        Self { column: Some(column), ..Self::of_row(reason) }
    }

    pub(crate) const fn in_column(self, column: &'static str) -> Self {
        Self { column: Some(column), ..self }
    }

    pub(crate) const fn expecting(self, expected: Expected) -> Self {
        Self { expected, ..self }
    }
}

/// One of the first refused rows of a file: where it is and what is wrong, without its contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Physical line, from 1.
    pub line: u64,
    /// Why it was refused.
    pub reason: RowReason,
    /// Name in the contract; `None` where the whole row is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What should have stood there.
    pub expected: String,
}

impl RefusedRow {
    pub(crate) fn new(line: u64, refusal: RowRefusal) -> Self {
        let RowRefusal { reason, column, expected } = refusal;
        Self { line, reason, column: column.map(str::to_owned), expected: expected.to_string() }
    }
}

impl fmt::Display for RefusedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, reason, column, expected } = self;
        match column {
            Some(column) => write!(f, "line {line}, {column}: {reason}, expected {expected}"),
            None => write!(f, "line {line}: {reason}, expected {expected}"),
        }
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
    /// `detail` is shown to people: lower case, no full stop, no row contents. It is cut to
    /// [`limits::DETAIL`].
    pub fn new(reason: FileReason, detail: impl Into<String>) -> Self {
        let detail: String = detail.into();
        Self { reason, detail: limits::cut(&detail, limits::DETAIL).into_owned() }
    }
}
