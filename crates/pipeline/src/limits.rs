//! What each column of the model holds at most: one list for files, receipts, facts and both
//! warehouses. Whoever makes a row or a receipt refuses or cuts what goes beyond; a warehouse never
//! has to.
//!
//! Lengths are UTF-16 code units, which SQL Server counts. A column without an entry here fails the
//! tests of the warehouses, and so does one whose type cannot hold its limit.

use std::{borrow::Cow, ops::RangeInclusive};

use crate::Day;

/// Characters of a text of a dimension. Longer ones refuse their row as `too_long`.
pub const TEXT_CHARS: usize = 200;

/// A source path: an index of SQL Server takes no more. Longer names in `raw` are named as unread.
/// Azure allows 1,024 for a blob, and ours carry the source path, a dataset, an ETag and an attempt.
pub const PATH: usize = 800;

/// The name of a staged or quarantined Parquet, which carries a source path.
pub const PARQUET: usize = 1_000;

/// An ETag, the version of a snapshot, or a version of rules, as tables hold it: of a longer one
/// its hash.
pub const VERSION: usize = 200;

/// A sentence about a file, day or customer, see [`cut`]: the driver of SQL Server loads no more.
pub const DETAIL: usize = 32_767;

/// A name of the data contract: dataset, reason, state or check.
pub const NAME: usize = 40;

/// Rows of a file or logs of a day: more than any has, and sums of thousands fit 64 bits.
pub const ROWS: i64 = 1_000_000_000_000_000;

/// Digits of a customer's spend, and those of them behind the point.
pub const AMOUNT_DIGITS: (u8, u8) = (18, 5);

/// The greatest spend in 1/100,000, in whole thousandths. Who spends more keeps his last total.
pub const AMOUNT_E5: i64 = 999_999_999_999_999_900;

/// The longest amount that is held, in thousandths: that of the least 128-bit integer.
pub const HELD_AMOUNT: usize = 40;

/// What a column may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many UTF-16 code units at most.
    Text(usize),
    /// Whole numbers from the first to the last.
    Whole(RangeInclusive<i64>),
    /// Counted on by the warehouse itself, from 0 or 1: 32 bits.
    Counted32,
    /// Likewise, 64 bits.
    Counted64,
    /// From minus [`AMOUNT_E5`] to that.
    Amount,
    /// Any [`Day`].
    Date,
    /// UTC to the second, up to the year 9999.
    Time,
    /// A whole receipt, of any length.
    Document,
}

use Limit::{Amount, Counted32, Counted64, Date, Document, Text, Time, Whole};

/// Any id.
const ID: Limit = Whole(i64::MIN..=i64::MAX);
const ROW_COUNT: Limit = Whole(0..=ROWS);
const DAY_KEY: Limit = Whole(10_101..=99_991_231);
const RECEIPT: Limit = Whole(1..=u32::MAX as i64);

/// A table of the star schema or of the operations, and its columns. Dimensions with texts are
/// all alike: see [`DIMENSION`].
#[derive(Debug)]
pub struct Table {
    /// Without its schema.
    pub name: &'static str,
    /// Name and limit, in no order.
    pub columns: &'static [(&'static str, Limit)],
}

/// Key and text of each of [`DIMENSIONS`](crate::dimensions::DIMENSIONS).
pub const DIMENSION: [Limit; 2] = [Counted32, Text(2 * TEXT_CHARS)];

/// All tables but those of [`DIMENSION`].
pub static TABLES: &[Table] = &[
    Table {
        name: "dim_date",
        columns: &[
            ("id_dim_date", DAY_KEY),
            ("log_date", Date),
            ("day", Whole(1..=31)),
            ("month", Whole(1..=12)),
            ("year", Whole(1..=9999)),
            ("season", Text(6)),
        ],
    },
    Table {
        name: "fact_movie_analytics",
        columns: &[
            ("customerid", ID),
            ("id_dim_date", DAY_KEY),
            ("amount_spent", Amount),
            ("review_score", Whole(0..=i32::MAX as i64)),
            ("review_count", Whole(1..=i32::MAX as i64)),
            ("insert_date", Time),
        ],
    },
    Table {
        name: "customer_spend",
        columns: &[
            ("customerid", ID),
            ("amount_spent", Amount),
            ("purchase_count", Whole(1..=i64::MAX)),
        ],
    },
    Table {
        name: "agg_daily",
        columns: &[
            ("id_dim_date", DAY_KEY),
            ("review_score", Counted64),
            ("review_count", Counted64),
            ("fact_count", Counted64),
        ],
    },
    Table {
        name: "load_history",
        columns: &[
            ("path", Text(PATH)),
            ("receipt", RECEIPT),
            ("dataset", Text(NAME)),
            ("state", Text(NAME / 2)),
            ("etag", Text(VERSION)),
            ("recipe", Text(VERSION)),
            ("content_hash", Text(32)),
            ("parquet", Text(PARQUET)),
            ("rows_read", ROW_COUNT),
            ("rows_staged", ROW_COUNT),
            ("rows_refused", ROW_COUNT),
            ("rows_duplicate", ROW_COUNT),
            ("min_id", ID),
            ("max_id", ID),
            ("source_at", Time),
            ("written_at", Time),
            ("absorbed_at", Time),
            ("publish_id", Counted64),
            ("live", Whole(0..=1)),
            ("body", Document),
        ],
    },
    Table {
        name: "publish_log",
        columns: &[
            ("publish_id", Counted64),
            ("published_at", Time),
            ("fact_recipe", Text(VERSION)),
            ("receipts", Counted64),
            ("days_replaced", Counted64),
            ("rows_deleted", Counted64),
            ("rows_inserted", Counted64),
            ("rows_respent", Counted64),
            ("days_refused", Counted64),
            ("duration_ms", Counted64),
        ],
    },
    Table {
        name: "absorption_log",
        columns: &[("absorption_id", Counted64), ("absorbed_at", Time), ("receipts", Counted64)],
    },
    Table {
        name: "day_total",
        columns: &[("id_dim_date", DAY_KEY), ("matched", ROW_COUNT), ("unmatched", ROW_COUNT)],
    },
    Table {
        name: "refused_day",
        columns: &[
            ("id_dim_date", DAY_KEY),
            ("publish_id", Counted64),
            ("check_name", Text(NAME)),
            ("detail", Text(DETAIL)),
        ],
    },
    Table {
        name: "refusal",
        columns: &[
            ("path", Text(PATH)),
            ("receipt", RECEIPT),
            ("reason", Text(NAME)),
            ("rows_refused", Whole(1..=ROWS)),
            ("detail", Text(DETAIL)),
            ("quarantine", Text(PARQUET)),
        ],
    },
    Table {
        name: "held_customer",
        columns: &[
            ("customerid", ID),
            ("amount_milli", Text(HELD_AMOUNT)),
            ("purchases", Whole(0..=i64::MAX)),
            ("publish_id", Counted64),
            ("since", Time),
            ("detail", Text(DETAIL)),
        ],
    },
];

/// Length of a text as limits count it.
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The text, or as much of it as fits with a mark that there was more.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // A byte is never less than a unit.
    if text.len() <= most || units(text) <= most {
        return Cow::Borrowed(text);
    }
    let mut left = most.saturating_sub(1);
    let fits = |character: &char| {
        let room = left.checked_sub(character.len_utf16());
        left = room.unwrap_or(0);
        room.is_some()
    };
    Cow::Owned(text.chars().take_while(fits).chain(['\u{2026}']).collect())
}

/// The first and the last day.
pub fn days() -> [Day; 2] {
    [Day::from_ymd(1, 1, 1).unwrap_or(Day::MAX), Day::MAX]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dataset, FileReason, RowReason, facts::Check, versions};

    #[test]
    fn a_text_is_cut_only_where_it_does_not_fit() {
        for letter in ["x", "ü", "本"] {
            let text = letter.repeat(5);
            assert_eq!(cut(&text, 5), text);
            assert_eq!(cut(&text, 4), letter.repeat(3) + "…");
        }
        // Two units each: one is left over.
        assert_eq!(cut("🎬🎬🎬", 6), "🎬🎬🎬");
        for most in [4, 5] {
            let cut = cut("🎬🎬🎬", most).into_owned();
            assert!(cut.ends_with('…') && units(&cut) <= most, "{cut}");
        }
    }

    #[test]
    fn names_of_the_contract_are_within_their_limit() {
        let names = RowReason::ALL.iter().map(|reason| reason.name());
        let names = names.chain(FileReason::ALL.iter().map(|reason| reason.name()));
        let names = names.chain(Dataset::ALL.iter().map(|dataset| dataset.name()));
        for name in names.chain(Check::ALL.iter().map(|check| check.name())) {
            assert!(units(name) <= NAME, "{name}");
        }
        assert!(units(versions::FACTS.0) <= VERSION);
        let [first, last] = days();
        assert_eq!(DAY_KEY, Whole(first.key().into()..=last.key().into()));
        assert_eq!(i128::MIN.to_string().len(), HELD_AMOUNT);
    }
}
