//! What purchases must fit into.

use super::{COUNTRY, DESCRIPTION, INVOICE_NO, STOCK_CODE};

/// The columns that rows go to. A row that does not fit is refused by itself, so that it spoils
/// nothing for the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// Staged files: whatever the data contract allows.
    #[default]
    Staged,
    /// The table of the operational database, which is narrower.
    Table,
}

/// Characters that the table's text columns hold.
const TEXTS: [(usize, usize); 4] =
    [(INVOICE_NO, 10), (STOCK_CODE, 20), (DESCRIPTION, 1_000), (COUNTRY, 20)];

/// Thousandths from which on a price does not fit `numeric(8,3)`.
const PRICE_LIMIT: i128 = 100_000_000;

impl Columns {
    /// Columns of bounded length, with it.
    pub(super) fn texts(self) -> impl Iterator<Item = (usize, usize)> {
        let bounded: &[(usize, usize)] = match self {
            Self::Staged => &[],
            Self::Table => &TEXTS,
        };
        bounded.iter().copied()
    }

    pub(super) fn holds_price(self, milli: i128) -> bool {
        self == Self::Staged || milli.abs() < PRICE_LIMIT
    }

    pub(super) fn holds_customer(self, customer: i64) -> bool {
        self == Self::Staged || i32::try_from(customer).is_ok()
    }

    /// What the parser version says of it.
    pub(crate) const fn version(self) -> &'static str {
        match self {
            Self::Staged => "",
            Self::Table => " table-1",
        }
    }
}
