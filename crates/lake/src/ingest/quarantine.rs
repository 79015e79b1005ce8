//! Refused rows into quarantine, each with the file and version that it came from: whoever reads
//! many of these files at once can tell where a row belongs.

use std::{iter, sync::Arc};

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use pipeline::csv::refused_schema;
use tokio::runtime::Handle;

use crate::{Error, Lake, parquet_out::ParquetOut};

/// A file of refused rows being written. Dropped before [`finish`](Self::finish) it leaves nothing.
pub(super) struct Quarantine {
    out: ParquetOut,
    schema: Arc<Schema>,
    /// Source path and ETag.
    version: [ArrayRef; 2],
}

impl Quarantine {
    /// Begins the file `name`, for rows of this version of a source.
    pub(super) fn create(
        lake: &Lake,
        handle: &Handle,
        name: &str,
        source: &str,
        etag: &str,
    ) -> Result<Self, Error> {
        let schema = quarantine_schema();
        let out = ParquetOut::create(lake, handle, lake.quarantine(), name, Arc::clone(&schema))?;
        let version = [source, etag].map(|text| Arc::new(StringArray::from(vec![text])) as _);
        Ok(Self { out, schema, version })
    }

    /// Takes refused rows as the parser hands them out.
    pub(super) fn write(&mut self, refused: &RecordBatch) -> Result<(), Error> {
        let same = |text: &ArrayRef| -> ArrayRef {
            let keys = Int32Array::from_iter_values(iter::repeat_n(0, refused.num_rows()));
            Arc::new(DictionaryArray::new(keys, Arc::clone(text)))
        };
        let columns = self.version.iter().map(same).chain(refused.columns().iter().cloned());
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect())
            .expect("columns are built as the schema");
        self.out.write(&rows)
    }

    pub(super) fn finish(self) -> Result<u64, Error> {
        self.out.finish()
    }
}

/// `file` (source path) and `etag` before the columns of
/// [`refused_schema`].
fn quarantine_schema() -> Arc<Schema> {
    let text = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let version = ["file", "etag"].map(|name| Arc::new(Field::new(name, text(), false)));
    let fields: Vec<_> =
        version.into_iter().chain(refused_schema().fields().iter().cloned()).collect();
    Arc::new(Schema::new(fields))
}
