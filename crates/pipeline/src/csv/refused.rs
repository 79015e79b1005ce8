//! Refused rows on their way to quarantine.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, RecordBatch,
    builder::{StringBuilder, UInt64Builder},
};
use arrow_schema::{DataType, Field, Schema};

use crate::refusal::RowRefusal;

/// Longest raw text that is kept of a refused row, in bytes; the source has the rest.
const RAW_LIMIT: usize = 64 << 10;
/// Raw text that is collected before a batch is handed out, in bytes.
const BATCH_BYTES: usize = 4 << 20;

/// Schema of the refused rows of a file: `line` (physical, from 1), `reason`, `column` (null
/// where the whole row is to blame), `raw` (null where protection forbids it), `byte_offset`
/// (in the file once unpacked) and `byte_length`.
pub fn refused_schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("line", DataType::UInt64, false),
        Field::new("reason", DataType::Utf8, false),
        Field::new("column", DataType::Utf8, true),
        Field::new("raw", DataType::Utf8, true),
        Field::new("byte_offset", DataType::UInt64, false),
        Field::new("byte_length", DataType::UInt64, false),
    ]))
}

#[derive(Default)]
pub struct Refused {
    line: UInt64Builder,
    reason: StringBuilder,
    column: StringBuilder,
    raw: StringBuilder,
    byte_offset: UInt64Builder,
    byte_length: UInt64Builder,
    rows: usize,
    bytes: usize,
}

impl Refused {
    pub fn push(
        &mut self,
        line: u64,
        refusal: RowRefusal,
        raw: Option<&[u8]>,
        byte_offset: u64,
        byte_length: usize,
    ) {
        self.line.append_value(line);
        self.reason.append_value(refusal.reason.name());
        self.column.append_option(refusal.column);
        let raw = raw.map(|raw| String::from_utf8_lossy(&raw[..raw.len().min(RAW_LIMIT)]));
        self.bytes += raw.as_ref().map_or(0, |raw| raw.len());
        self.raw.append_option(raw);
        self.byte_offset.append_value(byte_offset);
        self.byte_length.append_value(byte_length as u64);
        self.rows += 1;
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub fn is_full(&self, batch_rows: usize) -> bool {
        self.rows >= batch_rows || self.bytes >= BATCH_BYTES
    }

    pub fn take(&mut self) -> RecordBatch {
        (self.rows, self.bytes) = (0, 0);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.line.finish()),
            Arc::new(self.reason.finish()),
            Arc::new(self.column.finish()),
            Arc::new(self.raw.finish()),
            Arc::new(self.byte_offset.finish()),
            Arc::new(self.byte_length.finish()),
        ];
        RecordBatch::try_new(refused_schema(), columns).expect("columns are built as the schema")
    }
}
