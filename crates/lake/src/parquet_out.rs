//! Staged and refused rows into Parquet, row group by row group.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema};
use object_store::ObjectStore;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use pipeline::Dataset;
use tokio::runtime::Handle;

use crate::{Error, Lake, paths, upload::Upload, work::Counters};

/// Rows of a row group at most: what a reader holds of a column, and the grain of pruning.
pub(crate) const ROW_GROUP_ROWS: usize = 131_072;

/// Encoded bytes of a row group at most: refused rows can be long.
const ROW_GROUP_BYTES: usize = 16 << 20;

/// The column by which [`Lake::read_staged`] prunes: where ids are unique, the id.
pub(crate) const fn pruned_by(dataset: Dataset) -> &'static str {
    match dataset {
        Dataset::ClassifiedMovieReview => "review_id",
        Dataset::ReviewLogs => "log_id",
        Dataset::UserPurchase => "customer_id",
    }
}

/// Columns with minimum and maximum in each row group.
const WITH_STATISTICS: [&str; 3] = ["review_id", "log_id", "customer_id"];

/// Digits of a decimal that Parquet keeps as a 64-bit integer.
const MAX_INT64_DIGITS: u8 = 18;

/// How our Parquet is written:
/// - Zstandard level 1: half the bytes of Snappy at about its speed;
/// - dictionaries for texts, which repeat; not for numbers, which hardly do;
/// - deltas for numbers, dates and times: neighbours are alike;
/// - quantities and prices are not compressed: packed by bits they leave Zstandard 3 %, and each
///   build of facts would have to unpack them;
/// - statistics of row groups only, and only for ids: nothing else is pruned by;
/// - no page index: a row group is read whole.
pub fn properties(schema: &Schema) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_created_by(concat!("movie-analytics ", env!("CARGO_PKG_VERSION")).to_owned());
    for field in schema.fields() {
        let column = ColumnPath::from(field.name().as_str());
        match field.data_type() {
            DataType::Int32
            | DataType::Int64
            | DataType::Date32
            | DataType::Timestamp(..)
            | DataType::Decimal128(..=MAX_INT64_DIGITS, _) => {
                let encoding = Encoding::DELTA_BINARY_PACKED;
                properties = properties.set_column_encoding(column.clone(), encoding);
                if matches!(field.data_type(), DataType::Int32 | DataType::Decimal128(..)) {
                    let plain = Compression::UNCOMPRESSED;
                    properties = properties.set_column_compression(column.clone(), plain);
                }
                if WITH_STATISTICS.contains(&field.name().as_str()) {
                    let chunk = EnabledStatistics::Chunk;
                    properties = properties.set_column_statistics_enabled(column, chunk);
                }
            }
            DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Dictionary(..) => {
                properties = properties.set_column_dictionary_enabled(column, true);
            }
            _ => {}
        }
    }
    properties.build()
}

/// A Parquet file being written from a thread that may block. Dropped before
/// [`finish`](Self::finish) it leaves nothing.
pub(crate) struct ParquetOut {
    lake: Lake,
    writer: ArrowWriter<Upload>,
    rows: u64,
}

impl ParquetOut {
    /// Begins the file `name` in one of the lake's stores.
    pub(crate) fn create(
        lake: &Lake,
        handle: &Handle,
        store: &Arc<dyn ObjectStore>,
        name: &str,
        schema: Arc<Schema>,
    ) -> Result<Self, Error> {
        let upload = Upload::new(handle.clone(), Arc::clone(store), paths::object(name)?);
        let properties = properties(&schema);
        let writer = ArrowWriter::try_new(upload, schema, Some(properties))
            .map_err(|error| bug(name, &error))?;
        Ok(Self { lake: lake.clone(), writer, rows: 0 })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows += batch.num_rows() as u64;
        let written = self.writer.write(batch);
        written.map_err(|error| self.blame(&error))
    }

    /// Completes the file and tells how many rows it holds.
    pub(crate) fn finish(mut self) -> Result<u64, Error> {
        // Not `into_inner`: it would lose the upload together with its error.
        let footer = self.writer.finish();
        footer.map_err(|error| self.blame(&error))?;
        let upload = self.writer.inner_mut();
        let name = upload.path().to_string();
        upload.finish().map_err(Error::store("write", name))?;
        Counters::add(&self.lake.counters().parquet_files_written, 1);
        Ok(self.rows)
    }

    /// Whether the store or our own rows made the writer fail.
    fn blame(&mut self, error: &ParquetError) -> Error {
        let upload = self.writer.inner_mut();
        let name = upload.path().to_string();
        match upload.take_error() {
            Some(source) => Error::store("write", name)(source),
            None => bug(&name, error),
        }
    }
}

/// Arrow and Parquet refused what we gave them.
fn bug(name: &str, error: &ParquetError) -> Error {
    Error::Bug { path: name.to_owned(), detail: format!("parquet cannot be written ({error})") }
}
