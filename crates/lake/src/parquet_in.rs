//! Staged rows out of Parquet: only the columns and the row groups that are asked for.

use std::{
    ops::{Range, RangeInclusive},
    sync::Arc,
};

use arrow_array::RecordBatch;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, path::Path};
use parquet::{
    arrow::{
        ParquetRecordBatchStreamBuilder, ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
        async_reader::AsyncFileReader,
    },
    errors::{ParquetError, Result as ParquetResult},
    file::{
        metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData},
        statistics::Statistics,
    },
};
use pipeline::Dataset;

use crate::{Error, Lake, parquet_out::pruned_by, paths, work::Counters};

/// Record batches of a staged file, in file order.
pub type StagedStream = BoxStream<'static, Result<RecordBatch, Error>>;

/// Rows of a batch handed out at most.
const BATCH_ROWS: usize = 8_192;

/// Bytes of a batch handed out, as they are encoded: texts can be long.
const BATCH_BYTES: i64 = 2 << 20;

/// First request: a file up to this size takes no other. (Asking for the tail alone would be
/// natural, but Azure has no ranges counted from the end.)
const FIRST_READ: u64 = 1 << 20;

/// Bytes at the end of a larger file that hold its footer with all likelihood.
const FOOTER: usize = 64 << 10;

impl Lake {
    /// Streams the record batches of a staged Parquet file (name within `staging`), with these
    /// columns in this order, at most 8,192 rows each. Row groups are skipped when their
    /// statistics show that no id lies within `ids` (`review_id`, `log_id`, or `customer_id` of
    /// purchases); rows of the others are not filtered.
    ///
    /// [`Error::Missing`] when the file is not there, [`Error::Damaged`] when it cannot be
    /// decoded or has no such column.
    pub async fn read_staged(
        &self,
        dataset: Dataset,
        parquet: &str,
        columns: &[&str],
        ids: Option<RangeInclusive<i64>>,
    ) -> Result<StagedStream, Error> {
        let within = ids.map(|ids| (pruned_by(dataset), ids));
        self.read_columns(parquet, Some(columns), within).await
    }

    /// As [`read_staged`](Self::read_staged), with the column that prunes; `None` are all columns.
    pub(crate) async fn read_columns(
        &self,
        parquet: &str,
        columns: Option<&[&str]>,
        within: Option<(&str, RangeInclusive<i64>)>,
    ) -> Result<StagedStream, Error> {
        self.read(self.staging(), parquet, columns, within).await
    }

    /// Streams the refused rows of a Parquet file within `quarantine`: `file`, `etag`, and the
    /// columns of [`refused_schema`](pipeline::csv::refused_schema). Errors as of
    /// [`read_staged`](Self::read_staged).
    pub async fn read_quarantined(&self, parquet: &str) -> Result<StagedStream, Error> {
        self.read(self.quarantine(), parquet, None, None).await
    }

    async fn read(
        &self,
        store: &Arc<dyn ObjectStore>,
        parquet: &str,
        columns: Option<&[&str]>,
        within: Option<(&str, RangeInclusive<i64>)>,
    ) -> Result<StagedStream, Error> {
        let name = parquet.to_owned();
        let mut reader = Reader::open(self, store, &name).await?;
        let metadata = ArrowReaderMetadata::load_async(&mut reader, ArrowReaderOptions::new())
            .await
            .map_err(|error| blame(&name, error))?;
        let schema = metadata.parquet_schema();
        let find = |column: &str| schema.columns().iter().position(|c| c.name() == column);
        let roots = match columns {
            None => (0..schema.num_columns()).collect(),
            Some(columns) => columns
                .iter()
                .map(|column| find(column).ok_or_else(|| no_column(&name, column)))
                .collect::<Result<Vec<usize>, Error>>()?,
        };
        let within = within.and_then(|(column, ids)| Some((find(column)?, ids)));
        let groups = metadata.metadata().row_groups().iter().enumerate();
        let groups = groups.filter(|(_, group)| match &within {
            Some((id, ids)) => can_overlap(group, *id, ids),
            None => true,
        });
        let groups: Vec<usize> = groups.map(|(number, _)| number).collect();
        let batch_rows = batch_rows(&metadata, &groups, &roots);
        let mask = ProjectionMask::roots(schema, roots.iter().copied());
        let stream = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata)
            .with_projection(mask)
            .with_row_groups(groups)
            .with_batch_size(batch_rows)
            .build()
            .map_err(|error| blame(&name, error))?;
        // The reader hands the columns out in file order.
        let mut in_file_order = roots.clone();
        in_file_order.sort_unstable();
        in_file_order.dedup();
        let order: Vec<usize> =
            roots.iter().filter_map(|root| in_file_order.binary_search(root).ok()).collect();
        let stream = stream.map(move |batch| {
            let batch = batch.and_then(|batch| Ok(batch.project(&order)?));
            batch.map_err(|error| blame(&name, error))
        });
        Ok(stream.boxed())
    }
}

/// Fewer rows where the texts of a row group do not repeat. Its columns hold no structs, so the
/// number of a column among the roots is its number among all.
fn batch_rows(metadata: &ArrowReaderMetadata, groups: &[usize], columns: &[usize]) -> usize {
    let of_group = |group: &usize| {
        let group = metadata.metadata().row_group(*group);
        let bytes = columns.iter().map(|column| group.column(*column).uncompressed_size());
        BATCH_BYTES.saturating_mul(group.num_rows()) / bytes.sum::<i64>().max(1)
    };
    let rows = groups.iter().map(of_group).min().unwrap_or(i64::MAX);
    usize::try_from(rows).unwrap_or(BATCH_ROWS).clamp(128, BATCH_ROWS)
}

/// Whether a row group may hold an id of the range. No statistics: it may.
fn can_overlap(group: &RowGroupMetaData, id: usize, ids: &RangeInclusive<i64>) -> bool {
    match group.column(id).statistics() {
        Some(Statistics::Int64(found)) => match (found.min_opt(), found.max_opt()) {
            (Some(min), Some(max)) => min <= ids.end() && max >= ids.start(),
            _ => true,
        },
        _ => true,
    }
}

/// Whether the store or the bytes made the reader fail.
fn blame(name: &str, error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<object_store::Error>() {
            Ok(source) => absent(name, *source),
            Err(source) => Error::Damaged { name: name.to_owned(), why: source.to_string() },
        },
        error => Error::Damaged { name: name.to_owned(), why: error.to_string() },
    }
}

fn no_column(name: &str, column: &str) -> Error {
    Error::Damaged { name: name.to_owned(), why: format!("it has no column {column}") }
}

fn absent(name: &str, error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::Missing { name: name.to_owned() },
        error => Error::store("read", name)(error),
    }
}

/// Ranges of one object; a small one is held whole.
struct Reader {
    lake: Lake,
    store: Arc<dyn ObjectStore>,
    path: Path,
    /// All bytes of a small file.
    whole: Option<Bytes>,
    size: u64,
}

impl Reader {
    async fn open(lake: &Lake, store: &Arc<dyn ObjectStore>, name: &str) -> Result<Self, Error> {
        let path = paths::object(name)?;
        let store = Arc::clone(store);
        let range = Some(GetRange::Bounded(0..FIRST_READ));
        let options = GetOptions { range, ..GetOptions::default() };
        let result = store.get_opts(&path, options).await.map_err(|error| absent(name, error))?;
        let size = result.meta.size;
        Counters::add(&lake.counters().parquet_files_read, 1);
        let whole = match size <= FIRST_READ {
            true => Some(result.bytes().await.map_err(|error| absent(name, error))?),
            false => None,
        };
        let read = whole.as_ref().map_or(0, Bytes::len) as u64;
        Counters::add(&lake.counters().bytes_read, read);
        Ok(Self { lake: lake.clone(), store, path, whole, size })
    }

    /// A range out of a small file.
    fn slice(&self, range: &Range<u64>) -> ParquetResult<Option<Bytes>> {
        let Some(whole) = &self.whole else { return Ok(None) };
        let (start, end) = (range.start as usize, range.end as usize);
        if start > end || end > whole.len() {
            return Err(ParquetError::EOF(format!("bytes {range:?} of {}", whole.len())));
        }
        Ok(Some(whole.slice(start..end)))
    }
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move {
            if let Some(bytes) = self.slice(&range)? {
                return Ok(bytes);
            }
            let bytes = self.store.get_range(&self.path, range).await.map_err(external)?;
            Counters::add(&self.lake.counters().bytes_read, bytes.len() as u64);
            Ok(bytes)
        }
        .boxed()
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        async move {
            if self.whole.is_some() {
                let slices = ranges.iter().filter_map(|range| self.slice(range).transpose());
                return slices.collect();
            }
            let bytes = self.store.get_ranges(&self.path, &ranges).await.map_err(external)?;
            let read = bytes.iter().map(|bytes| bytes.len() as u64).sum();
            Counters::add(&self.lake.counters().bytes_read, read);
            Ok(bytes)
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let size = self.size;
            let reader = ParquetMetaDataReader::new()
                .with_arrow_reader_options(options)
                .with_prefetch_hint(Some(FOOTER));
            Ok(Arc::new(reader.load_and_finish(self, size).await?))
        }
        .boxed()
    }
}
