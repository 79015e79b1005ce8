//! What a parser of one file is: bytes are pushed in, batches and refused rows are taken out.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use serde::{Deserialize, Serialize};

use crate::{Day, FileRefusal, IdRanges, RefusedRow, RowReason, purchases::DateOrders};

/// Bounds that keep memory flat and hostile files cheap.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest field, in bytes; over it the row is refused (`too_long`).
    pub field: usize,
    /// Longest physical line, in bytes; over it the file is refused (`not_csv`). A record that
    /// goes on over several lines is as long at most; over it the row is refused (`too_long`).
    pub line: usize,
    /// Deepest nesting of XML elements; over it the row is refused (`malformed_xml`).
    pub xml_depth: usize,
    /// Largest refused share of a file's rows.
    pub refused_share: f64,
    /// Rows of one record batch.
    pub batch_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { field: 1 << 20, line: 4 << 20, xml_depth: 8, refused_share: 0.2, batch_rows: 8_192 }
    }
}

/// What was counted while a file was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows read: `rows_out` and `rows_refused` together.
    pub rows_in: u64,
    /// Rows handed out in batches, duplicates of an id included.
    pub rows_out: u64,
    /// Rows set aside for quarantine.
    pub rows_refused: u64,
    /// Refused rows by reason; reasons that no row has are left out.
    pub refused: BTreeMap<RowReason, u64>,
    /// The first of them.
    pub first_refused: Vec<RefusedRow>,
    /// What dates with slashes say about their order (purchases only).
    pub date_orders: DateOrders,
    /// The ids handed out, where the dataset has ids; only after `finish`.
    pub ids: IdRanges,
    /// Each id was greater than the one before, so none stands twice.
    pub ascending: bool,
    /// Rows handed out per `log_date` (logs only).
    pub days: BTreeMap<Day, u64>,
    /// Columns of the header that the contract does not know.
    pub extra_columns: Vec<String>,
}

/// A parser of one file. Call [`space`](Self::space), read bytes into it, report how many with
/// [`filled`](Self::filled), take what is ready, and [`finish`](Self::finish) at the end.
pub trait FileParser: Send {
    /// Arrow schema of the batches.
    fn schema(&self) -> Arc<Schema>;
    /// Room for the next bytes of the file; never empty.
    fn space(&mut self) -> &mut [u8];
    /// Takes in the first `n` bytes of `space`. An error refuses the whole file.
    fn filled(&mut self, n: usize) -> Result<(), FileRefusal>;
    /// Copies bytes that are in memory already, in place of `space` and `filled`.
    fn push(&mut self, mut bytes: &[u8]) -> Result<(), FileRefusal> {
        while !bytes.is_empty() {
            let space = self.space();
            let n = space.len().min(bytes.len());
            space[..n].copy_from_slice(&bytes[..n]);
            self.filled(n)?;
            bytes = &bytes[n..];
        }
        Ok(())
    }
    /// Takes in the end of the file and checks what can only be known there.
    fn finish(&mut self) -> Result<(), FileRefusal>;
    /// The next full batch of staged rows; after `finish` the rest, then `None`.
    fn take_rows(&mut self) -> Option<RecordBatch>;
    /// The refused rows so far, in batches as `take_rows`, of schema [`refused_schema`](crate::csv::refused_schema).
    fn take_refused(&mut self) -> Option<RecordBatch>;
    /// What was counted so far; final after `finish`.
    fn tally(&self) -> &Tally;
}
