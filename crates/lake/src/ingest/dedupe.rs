//! Ids that stand in a file more than once: the later line wins.
//!
//! Files whose ids ascend never come here. For others the id column of the file just staged is
//! read back and sorted, 12 bytes a row, in as many rounds as keep that within 96 MiB; the file
//! is written anew only when an id does stand twice.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use arrow_array::{
    Array, BooleanArray, RecordBatch,
    cast::AsArray,
    types::{Date32Type, Int64Type},
};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use arrow_select::filter::filter_record_batch;
use futures_util::StreamExt;
use pipeline::{Dataset, Day};
use tokio::runtime::Handle;

use crate::{Error, Lake, parquet_out::ParquetOut};

/// Rows sorted in one round.
pub(super) const ROUND: u64 = 8 << 20;

/// An id and the row that it stands on: 12 bytes.
#[derive(Clone, Copy)]
#[repr(Rust, packed(4))]
struct Entry {
    id: i64,
    row: u32,
}

/// What is staged after the duplicates are gone.
pub(super) struct Deduped {
    pub staged: u64,
    pub duplicate: u64,
    /// Rows per `log_date` (logs only).
    pub days: BTreeMap<Day, u64>,
}

/// A look for duplicates.
pub(super) struct Dedupe {
    pub lake: Lake,
    pub dataset: Dataset,
    /// The staged file as it is, and its rows.
    pub parquet: String,
    pub rows: u64,
    /// The staged file to write where rows must go.
    pub without: String,
    /// Rows sorted in one round: [`ROUND`], but for tests.
    pub round: u64,
}

/// The runtime that reads and writes, and a flag that is set when nobody waits any more.
type On<'a> = (&'a Handle, &'a AtomicBool);

/// Column whose values stand once in a staged file.
pub(super) const fn unique_id(dataset: Dataset) -> Option<&'static str> {
    match dataset {
        Dataset::ClassifiedMovieReview => Some("review_id"),
        Dataset::ReviewLogs => Some("log_id"),
        Dataset::UserPurchase => None,
    }
}

impl Dedupe {
    /// Looks for rows whose id stands on a later row again and, if there are any, writes the
    /// file `without` them. `None`: each id stands once, and nothing was written. Blocks.
    pub(super) fn run(
        &self,
        handle: &Handle,
        cancelled: &AtomicBool,
    ) -> Result<Option<Deduped>, Error> {
        let Some(column) = unique_id(self.dataset) else { return Ok(None) };
        if self.rows > u64::from(u32::MAX) {
            return Err(self.bug(format!("{} rows are too many to number", self.rows)));
        }
        let on = (handle, cancelled);
        let Some(losers) = self.losers(on, column)? else { return Ok(None) };
        self.rewrite(on, &!&losers).map(Some)
    }

    /// One bit a row, set where the id stands again later on; `None` when no bit is set.
    fn losers(&self, on: On<'_>, column: &str) -> Result<Option<BooleanBuffer>, Error> {
        let mut losers = BooleanBufferBuilder::new(self.rows as usize);
        losers.append_n(self.rows as usize, false);
        let rounds = self.rows.div_ceil(self.round).max(1);
        let mut found = false;
        let mut entries: Vec<Entry> = Vec::new();
        for round in 0..rounds {
            entries.clear();
            self.each(on, Some(column), |first, batch| {
                let ids = batch.column(0).as_primitive_opt::<Int64Type>();
                let ids = ids.filter(|ids| ids.null_count() == 0);
                let ids = ids.ok_or_else(|| self.bug(format!("{column} is no plain integer")))?;
                for (row, &id) in (first..).zip(ids.values()) {
                    if rounds == 1 || round_of(id, rounds) == round {
                        entries.push(Entry { id, row: row as u32 });
                    }
                }
                Ok(())
            })?;
            entries.sort_unstable_by_key(|entry| (entry.id, entry.row));
            for pair in entries.windows(2) {
                if { pair[0].id } == { pair[1].id } {
                    losers.set_bit({ pair[0].row } as usize, true);
                    found = true;
                }
            }
        }
        Ok(found.then(|| losers.finish()))
    }

    fn rewrite(&self, on: On<'_>, winners: &BooleanBuffer) -> Result<Deduped, Error> {
        let mut output: Option<ParquetOut> = None;
        let mut days = BTreeMap::new();
        self.each(on, None, |first, batch| {
            let keep = BooleanArray::new(winners.slice(first as usize, batch.num_rows()), None);
            let kept = filter_record_batch(batch, &keep)
                .map_err(|error| self.bug(format!("rows cannot be filtered ({error})")))?;
            count_days(&kept, &mut days);
            let output = match &mut output {
                Some(output) => output,
                None => output.insert(ParquetOut::create(
                    &self.lake,
                    on.0,
                    self.lake.staging(),
                    &self.without,
                    batch.schema(),
                )?),
            };
            output.write(&kept)
        })?;
        let staged = output.map_or(Ok(0), ParquetOut::finish)?;
        Ok(Deduped { staged, duplicate: self.rows - staged, days })
    }

    /// Calls `f` with each batch and the number of its first row.
    fn each(
        &self,
        (handle, cancelled): On<'_>,
        column: Option<&str>,
        mut f: impl FnMut(u64, &RecordBatch) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let columns = column.map(|column| vec![column]);
        let open = self.lake.read_columns(&self.parquet, columns.as_deref(), None);
        let mut batches = handle.block_on(open)?;
        let mut first = 0;
        while let Some(batch) = handle.block_on(batches.next()) {
            if cancelled.load(Relaxed) {
                return Err(Error::Crashed { path: self.parquet.clone() });
            }
            let batch = batch?;
            if first + batch.num_rows() as u64 > self.rows {
                return Err(self.bug(format!("more than the {} rows written", self.rows)));
            }
            f(first, &batch)?;
            first += batch.num_rows() as u64;
        }
        match first == self.rows {
            true => Ok(()),
            false => Err(self.bug(format!("{first} rows of the {} written", self.rows))),
        }
    }

    fn bug(&self, detail: String) -> Error {
        Error::Bug { path: self.parquet.clone(), detail }
    }
}

/// Spreads ids over the rounds, the same id always into the same one.
fn round_of(id: i64, rounds: u64) -> u64 {
    ((id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % rounds
}

/// Adds the rows of each `log_date`. They come in long runs.
pub(crate) fn count_days(batch: &RecordBatch, days: &mut BTreeMap<Day, u64>) {
    let Some(column) = batch.column_by_name("log_date") else { return };
    let Some(dates) = column.as_primitive_opt::<Date32Type>() else { return };
    for run in dates.values().chunk_by(|a, b| a == b) {
        if let Some(&day) = run.first() {
            *days.entry(Day(day)).or_default() += run.len() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use arrow_array::Int64Array;
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

    /// Stages ids and takes the duplicates out, as `(row, id)` of what is left.
    async fn deduped(ids: Vec<i64>, round: u64) -> Option<Vec<(i64, i64)>> {
        let lake = Lake::memory();
        let work = move || {
            let handle = Handle::current();
            let column = |name| Field::new(name, DataType::Int64, false);
            let schema = Arc::new(Schema::new(vec![column("customer_id"), column("review_id")]));
            let staging = lake.staging();
            let mut file =
                ParquetOut::create(&lake, &handle, staging, "a.parquet", schema.clone()).unwrap();
            for (n, ids) in ids.chunks(1000).enumerate() {
                let rows = (0..ids.len() as i64).map(|row| row + 1000 * n as i64);
                let columns: [Arc<dyn Array>; 2] = [
                    Arc::new(Int64Array::from_iter_values(rows)),
                    Arc::new(Int64Array::from(ids.to_vec())),
                ];
                let batch = RecordBatch::try_new(schema.clone(), columns.to_vec()).unwrap();
                file.write(&batch).unwrap();
            }
            let rows = file.finish().unwrap();
            let dedupe = Dedupe {
                lake: lake.clone(),
                dataset: Dataset::ClassifiedMovieReview,
                parquet: "a.parquet".to_owned(),
                rows,
                without: "b.parquet".to_owned(),
                round,
            };
            let deduped = dedupe.run(&handle, &AtomicBool::default()).unwrap()?;
            assert_eq!(deduped.staged + deduped.duplicate, rows);
            let mut left = Vec::new();
            let after = Dedupe { parquet: "b.parquet".to_owned(), rows: deduped.staged, ..dedupe };
            after
                .each((&handle, &AtomicBool::default()), None, |_, batch| {
                    let column = |n: usize| batch.column(n).as_primitive::<Int64Type>().values();
                    left.extend(column(0).iter().copied().zip(column(1).iter().copied()));
                    Ok(())
                })
                .unwrap();
            Some(left)
        };
        tokio::task::spawn_blocking(work).await.unwrap()
    }

    #[tokio::test]
    async fn any_number_of_rounds_finds_the_same_winners() {
        let ids: Vec<i64> = (0..20_000_i64).map(|n| n * n % 7919 - 4000).collect();
        let mut last = HashMap::new();
        for (row, &id) in (0..).zip(&ids) {
            last.insert(id, row);
        }
        let mut expected: Vec<_> = last.into_iter().map(|(id, row)| (row, id)).collect();
        expected.sort_unstable();
        for round in [1 << 20, 20_000, 19_999, 3000] {
            assert_eq!(deduped(ids.clone(), round).await.as_ref(), Some(&expected), "{round}");
        }
    }

    #[tokio::test]
    async fn without_duplicates_nothing_is_written() {
        let extremes = vec![i64::MAX, i64::MIN, 0, -1, 1];
        assert_eq!(deduped(extremes.clone(), 2).await, None);
        assert_eq!(deduped([extremes, vec![i64::MIN]].concat(), 2).await.unwrap()[0].1, i64::MAX);
        assert_eq!(size_of::<Entry>(), 12);
    }
}
