//! Movie reviews: which are positive?

use std::{borrow::Cow, sync::Arc};

use arrow_array::{
    RecordBatch,
    builder::{Int32Builder, Int64Builder},
};
use arrow_schema::{DataType, Field, Schema};

use crate::{
    csv::{Column, Form, Record, Rows},
    logs::hidden,
    number::integer,
    refusal::RowRefusal,
};

macro_rules! positive_words {
    ($($word:literal),*) => {
        /// A review with one of these tokens is positive. Only lower-case ASCII letters, and not
        /// `k`: no character outside ASCII becomes one of them in lower case.
        pub const POSITIVE_WORDS: &[&str] = &[$($word),*];

        fn has_positive_word(review: &[u8]) -> bool {
            false $(|| has_token(review, &const { array::<{ $word.len() }>($word) }))*
        }
    };
}

positive_words!["good"];

/// Whether one of the tokens of a review is one of the [`POSITIVE_WORDS`], tokens being what Spark
/// ML's `Tokenizer` makes: lower-case, split at each of `[ \t\n\x0B\f\r]`.
///
/// A doubled quote of the CSV can neither make nor hide a token, so the field is searched as it
/// stands.
pub fn is_positive(review: &[u8]) -> bool {
    has_positive_word(review)
}

const fn array<const N: usize>(word: &str) -> [u8; N] {
    let mut letters = [0; N];
    let mut at = 0;
    while at < N {
        letters[at] = word.as_bytes()[at];
        assert!(letters[at].is_ascii_lowercase() && letters[at] != b'k', "see POSITIVE_WORDS");
        at += 1;
    }
    letters
}

/// Places looked at together where a word may begin.
const BLOCK: usize = 64;

#[inline(always)]
fn has_token<const N: usize>(review: &[u8], word: &[u8; N]) -> bool {
    let mut at = 0;
    while at + N <= review.len() {
        let end = review.len().min(at + BLOCK + N - 1);
        let last = end - N;
        if has_word(&review[at..end], word) && (at..=last).any(|at| is_token(review, at, word)) {
            return true;
        }
        at = last + 1;
    }
    false
}

/// Whether the word stands anywhere in the block, in whatever other word. Without a branch and a
/// call it compiles to vector instructions: a third of the time of a vector search for its first
/// letter.
#[inline(always)]
fn has_word<const N: usize>(block: &[u8], word: &[u8; N]) -> bool {
    block.windows(N).fold(false, |any, letters| any | is_word(letters, word))
}

/// In any case: the bit of lower case is set; no other characters become these
/// letters by it.
#[inline(always)]
fn is_word<const N: usize>(letters: &[u8], word: &[u8; N]) -> bool {
    (0..N).fold(true, |all, at| all & (letters[at] | 0x20 == word[at]))
}

/// Whether the token stands here.
fn is_token<const N: usize>(review: &[u8], at: usize, word: &[u8; N]) -> bool {
    let before = at.checked_sub(1).map(|before| review[before]);
    is_word(&review[at..at + N], word)
        && before.is_none_or(separates)
        && review.get(at + N).copied().is_none_or(separates)
}

fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// Rows of the dataset `classified_movie_review`.
#[derive(Default)]
pub(crate) struct Reviews {
    customer_id: Int64Builder,
    is_positive: Int32Builder,
    review_id: Int64Builder,
}

pub(crate) const COLUMNS: &[Column] = <Reviews as Rows>::COLUMNS;
pub(crate) const CID: usize = 0;
const REVIEW_STR: usize = 1;
pub(crate) const ID_REVIEW: usize = 2;

impl Rows for Reviews {
    const COLUMNS: &'static [Column] = &[
        Column { name: "cid", aliases: &["cid"], form: Form::Whole64 },
        Column { name: "review_str", aliases: &["review_str"], form: Form::Text },
        Column { name: "id_review", aliases: &["id_review"], form: Form::Whole64 },
    ];

    fn schema() -> Arc<Schema> {
        Arc::new(Schema::new(vec![
            Field::new("customer_id", DataType::Int64, false),
            Field::new("is_positive", DataType::Int32, false),
            Field::new("review_id", DataType::Int64, false),
        ]))
    }

    fn push(&mut self, record: &Record<'_>) -> Result<Option<i64>, RowRefusal> {
        let number = |column: usize| {
            integer(record.raw(column))
                .map_err(|reason| RowRefusal::of_column(reason, Self::COLUMNS[column].name))
        };
        let (customer, id) = (number(CID)?, number(ID_REVIEW)?);
        self.customer_id.append_value(customer);
        self.is_positive.append_value(is_positive(record.raw(REVIEW_STR)).into());
        self.review_id.append_value(id);
        Ok(Some(id))
    }

    /// What people wrote never leaves `raw`, nor does who wrote it.
    fn keep_raw<'a>(&self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        Some(Cow::Owned(hidden(&String::from_utf8_lossy(line)).into_bytes()))
    }

    fn pending(&self) -> usize {
        self.review_id.values_slice().len()
    }

    fn take(&mut self) -> RecordBatch {
        RecordBatch::try_new(
            Self::schema(),
            vec![
                Arc::new(self.customer_id.finish()),
                Arc::new(self.is_positive.finish()),
                Arc::new(self.review_id.finish()),
            ],
        )
        .expect("columns are built as the schema")
    }
}
