//! What a file says, whatever bytes it came in: a hash of its rows as they are staged.

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType},
};
use arrow_schema::DataType;
use pipeline::Dataset;
use twox_hash::XxHash3_64;

/// Adds rows up. Compression, line ends, byte order marks, other spellings of a number and the
/// order of columns leave no trace; of purchases, which add up, the order of rows does not either.
pub(super) struct ContentHash {
    ordered: bool,
    rows: u64,
    sum: u128,
    /// What stands for each row of a batch, kept for its memory.
    batch: Vec<u64>,
}

/// In the place of a value that is absent.
const NULL: u64 = 0x9e37_79b9_7f4a_7c15;

impl ContentHash {
    pub(super) fn new(dataset: Dataset) -> Self {
        Self { ordered: dataset != Dataset::UserPurchase, rows: 0, sum: 0, batch: Vec::new() }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) {
        self.batch.clear();
        self.batch.resize(batch.num_rows(), 0);
        for column in batch.columns() {
            add_column(&mut self.batch, column.as_ref());
        }
        for row in &self.batch {
            let row = if self.ordered { mix(row.wrapping_add(self.rows)) } else { *row };
            let halves = u128::from(mix(row)) << 64 | u128::from(row);
            self.sum = self.sum.wrapping_add(halves);
            self.rows += 1;
        }
    }

    /// 32 hexadecimal digits; `None` without rows: nothing is no content that could stand twice.
    pub(super) fn finish(&self) -> Option<String> {
        (self.rows > 0).then(|| format!("{:032x}", self.sum))
    }
}

/// Spreads each bit of the input over all bits: both halves of a product.
fn mix(bits: u64) -> u64 {
    let product = u128::from(bits ^ NULL) * 0xff51_afd7_ed55_8ccd;
    (product >> 64) as u64 ^ product as u64
}

/// Adds the value of each row to what stands for the row.
fn add_column(rows: &mut [u64], column: &dyn Array) {
    macro_rules! numbers {
        ($type:ty) => {{
            let column = column.as_primitive::<$type>();
            match column.nulls() {
                None => fold(rows, column.values().iter().map(|n| *n as u64)),
                Some(_) => fold(rows, column.iter().map(|n| n.map_or(NULL, |n| n as u64))),
            }
        }};
    }
    match column.data_type() {
        DataType::Int32 => numbers!(Int32Type),
        DataType::Int64 => numbers!(Int64Type),
        DataType::Date32 => numbers!(Date32Type),
        DataType::Decimal128(..) => numbers!(Decimal128Type),
        DataType::Timestamp(..) => numbers!(TimestampMicrosecondType),
        DataType::Utf8 => fold(rows, texts(column)),
        DataType::Dictionary(..) => {
            let column = column.as_dictionary::<Int32Type>();
            let values: Vec<u64> = texts(column.values().as_ref()).collect();
            let keys = column.keys().iter();
            fold(rows, keys.map(|key| key.map_or(NULL, |key| values[key as usize])));
        }
        other => unreachable!("no staged column is of type {other}"),
    }
}

fn fold(rows: &mut [u64], values: impl Iterator<Item = u64>) {
    for (row, value) in rows.iter_mut().zip(values) {
        *row = mix(row.rotate_left(7) ^ value);
    }
}

fn texts(column: &dyn Array) -> impl Iterator<Item = u64> {
    let of = |text: Option<&str>| text.map_or(NULL, |text| XxHash3_64::oneshot(text.as_bytes()));
    column.as_string::<i32>().iter().map(of)
}
