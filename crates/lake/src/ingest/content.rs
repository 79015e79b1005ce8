//! What a file says, whatever bytes it came in: a hash of its rows as they are staged.

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType},
};
use arrow_schema::DataType;
use pipeline::Dataset;
use twox_hash::XxHash3_128;

/// Adds rows up. Compression, line ends, byte order marks, other spellings of a number and the
/// order of columns leave no trace; of purchases, which add up, the order of rows does not either.
pub(super) struct ContentHash {
    ordered: bool,
    rows: u64,
    sum: u128,
}

/// In the place of a value that is absent.
const NULL: u64 = 0x9e37_79b9_7f4a_7c15;

impl ContentHash {
    pub(super) fn new(dataset: Dataset) -> Self {
        Self { ordered: dataset != Dataset::UserPurchase, rows: 0, sum: 0 }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) {
        let mut rows = vec![0_u64; batch.num_rows()];
        for column in batch.columns() {
            for (row, value) in rows.iter_mut().zip(values(column.as_ref())) {
                *row = mix(row.rotate_left(7) ^ value);
            }
        }
        for row in rows {
            let place = if self.ordered { self.rows } else { 0 };
            let bytes = [row.to_le_bytes(), place.to_le_bytes()].concat();
            self.sum = self.sum.wrapping_add(XxHash3_128::oneshot(&bytes));
            self.rows += 1;
        }
    }

    /// 32 hexadecimal digits; `None` without rows: nothing is no content that could stand twice.
    pub(super) fn finish(&self) -> Option<String> {
        (self.rows > 0).then(|| format!("{:032x}", self.sum))
    }
}

/// Spreads each bit of the input over all bits: the last step of MurmurHash3.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

/// A number for the value of each row.
fn values(column: &dyn Array) -> Vec<u64> {
    macro_rules! numbers {
        ($type:ty) => {
            column.as_primitive::<$type>().iter().map(|n| n.map_or(NULL, |n| n as u64)).collect()
        };
    }
    let text =
        |text: Option<&str>| text.map_or(NULL, |t| XxHash3_128::oneshot(t.as_bytes()) as u64);
    match column.data_type() {
        DataType::Int32 => numbers!(Int32Type),
        DataType::Int64 => numbers!(Int64Type),
        DataType::Date32 => numbers!(Date32Type),
        DataType::Decimal128(..) => numbers!(Decimal128Type),
        DataType::Timestamp(..) => numbers!(TimestampMicrosecondType),
        DataType::Utf8 => column.as_string::<i32>().iter().map(text).collect(),
        DataType::Dictionary(..) => {
            let column = column.as_dictionary::<Int32Type>();
            let of_keys = values(column.values().as_ref());
            let keys = column.keys().iter();
            keys.map(|key| key.map_or(NULL, |key| of_keys[key as usize])).collect()
        }
        other => unreachable!("no staged column is of type {other}"),
    }
}
