//! Movie reviews: which are positive?

use std::sync::Arc;

use arrow_array::{
    RecordBatch,
    builder::{Int32Builder, Int64Builder},
};
use arrow_schema::{DataType, Field, Schema};
use memchr::memchr2_iter;

use crate::{
    csv::{Column, Record, Rows},
    number::integer,
    refusal::RowRefusal,
};

/// Whether one of the tokens of a review is exactly `good`, tokens being what Spark ML's
/// `Tokenizer` makes: lower-case, split at each of `[ \t\n\x0B\f\r]`.
///
/// No character outside ASCII becomes one of these letters in lower case, and a doubled quote
/// of the CSV can neither make nor hide the token, so the field is searched as it stands.
pub fn is_positive(review: &[u8]) -> bool {
    memchr2_iter(b'g', b'G', review).any(|at| {
        let before = at.checked_sub(1).map(|before| review[before]);
        let word = review.get(at..at + 4);
        before.is_none_or(separates)
            && word.is_some_and(|word| word.eq_ignore_ascii_case(b"good"))
            && review.get(at + 4).copied().is_none_or(separates)
    })
}

fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

#[derive(Default)]
pub struct Reviews {
    customer_id: Int64Builder,
    is_positive: Int32Builder,
    review_id: Int64Builder,
}

const CID: usize = 0;
const REVIEW_STR: usize = 1;
const ID_REVIEW: usize = 2;

impl Rows for Reviews {
    const COLUMNS: &'static [Column] = &[
        Column { name: "cid", aliases: &["cid"] },
        Column { name: "review_str", aliases: &["review_str"] },
        Column { name: "id_review", aliases: &["id_review"] },
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
