//! Columns of an answer, by name and type. Clusters write texts in three ways.

use arrow_array::{
    Array, ArrowPrimitiveType, PrimitiveArray, RecordBatch, cast::AsArray, types::Int64Type,
};
use arrow_schema::DataType;

/// What is wrong with a column, or with the answer.
pub type Wrong = String;

pub fn values<'a, T: ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a PrimitiveArray<T>, Wrong> {
    let column = any(batch, name)?;
    let expected = || format!("column {name} is {} and not {}", column.data_type(), T::DATA_TYPE);
    column.as_primitive_opt::<T>().ok_or_else(expected)
}

/// The one number of an answer of one row.
pub fn number(batch: &RecordBatch, name: &str) -> Result<i64, Wrong> {
    let column = values::<Int64Type>(batch, name)?;
    match column.len() {
        1 if column.is_valid(0) => Ok(column.value(0)),
        rows => Err(format!("{rows} rows of {name} instead of one")),
    }
}

/// A column of texts.
pub struct Texts<'a> {
    column: &'a dyn Array,
    name: &'static str,
}

impl<'a> Texts<'a> {
    pub fn new(batch: &'a RecordBatch, name: &'static str) -> Result<Self, Wrong> {
        let column = any(batch, name)?;
        match column.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(Self { column, name }),
            other => Err(format!("column {name} is {other} and no text")),
        }
    }

    pub fn get(&self, row: usize) -> Result<&'a str, Wrong> {
        if self.column.is_null(row) {
            return Err(format!("column {} is null", self.name));
        }
        Ok(match self.column.data_type() {
            DataType::Utf8 => self.column.as_string::<i32>().value(row),
            DataType::LargeUtf8 => self.column.as_string::<i64>().value(row),
            _ => self.column.as_string_view().value(row),
        })
    }
}

fn any<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array, Wrong> {
    let column = batch.column_by_name(name).ok_or_else(|| format!("it has no column {name}"))?;
    Ok(column.as_ref())
}
