//! Parquet files as texts, read by the Parquet crate alone.

use std::{fs::File, path::Path};

use arrow_array::{
    Array, DictionaryArray, RecordBatch, StringArray, UInt64Array,
    cast::AsArray,
    types::{Int32Type, Int64Type},
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// The rows of a file.
pub struct Rows(Vec<RecordBatch>);

impl Rows {
    pub fn read(file: &Path) -> Self {
        let open = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let reader = ParquetRecordBatchReaderBuilder::try_new(open).expect("a Parquet file");
        Self(reader.build().expect("a reader").map(|batch| batch.expect("rows")).collect())
    }

    pub fn columns(&self) -> Vec<String> {
        let schema = self.0.first().expect("rows").schema();
        schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    pub fn texts(&self, column: &str) -> Vec<Option<String>> {
        self.0.iter().flat_map(|rows| texts(rows.column_by_name(column).expect("it"))).collect()
    }

    pub fn numbers(&self, column: &str) -> Vec<u64> {
        let column = |rows: &RecordBatch| {
            let column = rows.column_by_name(column).expect("the column");
            column.as_any().downcast_ref::<UInt64Array>().expect("numbers").values().to_vec()
        };
        self.0.iter().flat_map(column).collect()
    }

    /// All whole numbers of all columns of 64 bits.
    pub fn all_integers(&self) -> Vec<i64> {
        let columns = self.0.iter().flat_map(|rows| rows.columns());
        let columns = columns.filter_map(|column| column.as_primitive_opt::<Int64Type>());
        columns.flat_map(|column| column.iter().flatten()).collect()
    }

    /// All texts of all columns.
    pub fn all_texts(&self) -> Vec<String> {
        self.0.iter().flat_map(|rows| rows.columns().iter().flat_map(texts)).flatten().collect()
    }
}

/// None for each value of another type.
fn texts(column: &arrow_array::ArrayRef) -> Vec<Option<String>> {
    let plain = |texts: &StringArray| texts.iter().map(|text| text.map(str::to_owned)).collect();
    if let Some(texts) = column.as_any().downcast_ref::<StringArray>() {
        return plain(texts);
    }
    match column.as_any().downcast_ref::<DictionaryArray<Int32Type>>() {
        Some(codes) => {
            let values: Vec<_> = plain(codes.values().as_string());
            codes.keys().iter().map(|key| values[key? as usize].clone()).collect()
        }
        None => vec![None; column.len()],
    }
}
