//! The CSV reader: bytes in chunks of any size, records out, bad rows set aside with their line.
//!
//! A record that is malformed or too long costs its first physical line; reading resumes on
//! the next. Memory is one buffer, as long as the longest line or record allowed, plus one batch.

mod buffer;
pub mod cut;
mod header;
mod record;
mod refused;
mod verdict;

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use memchr::{memchr, memmem};

use self::{
    buffer::Buffer,
    header::Header,
    record::{Field, Scan, scan},
    refused::Refused,
};
pub use self::{
    header::{Column, Form},
    record::Record,
    refused::refused_schema,
};
use crate::{
    Day, FileParser, FileReason, FileRefusal, Limits, RefusedRow, RowReason, Tally,
    id_ranges::IdCollector,
    logs::{is_in, masked},
    purchases::DateOrders,
    refusal::{Expected, RowRefusal},
};

/// Bytes of texts that are collected before a batch is handed out, however few its rows.
const BATCH_BYTES: usize = 8 << 20;

/// Refused rows that are told one by one.
const FIRST_REFUSED: usize = 5;

/// A record with `\"` that is malformed or has a wrong number of fields.
const BACKSLASH: &str = "inner quotes doubled (\"\"), not behind a backslash (\\\")";

/// What one dataset makes of its records.
pub trait Rows: Send {
    /// The contract's columns; [`Record`]s are indexed in this order.
    const COLUMNS: &'static [Column];

    /// Arrow schema of the batches.
    fn schema() -> Arc<Schema>;

    /// Takes one row in, or refuses it and leaves no trace. Returns the row's id, where the
    /// dataset has one.
    fn push(&mut self, record: &Record<'_>) -> Result<Option<i64>, RowRefusal>;

    /// Rows taken in since the last batch.
    fn pending(&self) -> usize;

    /// Bytes of texts taken in since the last batch.
    fn bytes(&self) -> usize {
        0
    }

    /// The rows since the last batch, which may be none.
    fn take(&mut self) -> RecordBatch;

    /// Rows taken in per day, over the whole file.
    fn days(&self) -> BTreeMap<Day, u64> {
        BTreeMap::new()
    }

    /// What dates with slashes say about their order, over the whole file.
    fn date_orders(&self) -> DateOrders {
        DateOrders::default()
    }

    /// Whether the rows as a whole are what they seem to be, asked at the end of the file.
    fn check(&self) -> Result<(), FileRefusal> {
        Ok(())
    }

    /// What quarantine may keep of a refused row's text: all of it, unless a log has strayed into
    /// a file of another kind.
    fn keep_raw<'a>(&self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if is_in(line) { masked(line).map(Cow::Owned) } else { Some(line.into()) }
    }
}

/// Reads the CSV files of one dataset.
pub struct CsvParser<R> {
    rows: R,
    limits: Limits,
    buffer: Buffer,
    fields: Vec<Field>,
    header: Option<Header>,
    /// Bytes that were scanned and have to be scanned again.
    again: u64,
    /// Whether any row is sound UTF-8 with a character beyond ASCII.
    has_utf8: bool,
    tally: Tally,
    last_id: Option<i64>,
    ids: IdCollector,
    ready: VecDeque<RecordBatch>,
    refused: Refused,
    ready_refused: VecDeque<RecordBatch>,
}

impl<R: Rows> CsvParser<R> {
    /// A parser at the start of a file, with `rows` still empty.
    pub fn new(rows: R, limits: Limits) -> Self {
        Self {
            rows,
            limits,
            buffer: Buffer::default(),
            fields: Vec::with_capacity(16),
            header: None,
            again: 0,
            has_utf8: false,
            tally: Tally { ascending: true, ..Tally::default() },
            last_id: None,
            ids: IdCollector::default(),
            ready: VecDeque::new(),
            refused: Refused::default(),
            ready_refused: VecDeque::new(),
        }
    }

    /// Reads every record that the buffer holds whole.
    fn read(&mut self, complete: bool) -> Result<(), FileRefusal> {
        let end = self.buffer.end();
        let mut at = self.buffer.start();
        if self.header.is_none() && !self.read_header(&mut at, complete)? {
            return Ok(());
        }
        // Most chunks are sound as a whole; only in others each row is looked at.
        let chunk = Content::of(&self.buffer.bytes()[at..], complete);
        while at < end {
            let bytes = self.buffer.bytes();
            match bytes[at] {
                b'\n' => at += 1,
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => at += 2,
                _ => match self.read_record(at, complete, chunk)? {
                    Some(next) => at = next,
                    None => break,
                },
            }
        }
        self.buffer.consume(at);
        Ok(())
    }

    /// Reads the record at `at`; the position behind it, or `None` where it is not all there.
    fn read_record(
        &mut self,
        at: usize,
        complete: bool,
        chunk: Content,
    ) -> Result<Option<usize>, FileRefusal> {
        let Limits { field: field_limit, line: line_limit, .. } = self.limits;
        let bytes = self.buffer.bytes();
        // No further than a record may reach: the reason must not depend on how many bytes are
        // at hand, and a quote that is never closed must not cost the whole buffer.
        let view = &bytes[..bytes.len().min(at + line_limit + 1)];
        let is_all = complete && view.len() == bytes.len();
        let (reason, seen) = match scan(view, at, is_all, &mut self.fields) {
            Scan::Record { end } if end - at > field_limit && self.too_long(at, end) => {
                (RowReason::TooLong, end)
            }
            Scan::Record { end } => {
                if let Err(refusal) = self.push_row(at, end, chunk) {
                    self.refuse(at, end, refusal);
                }
                return Ok(Some(end));
            }
            Scan::Malformed { seen } => (RowReason::MalformedRecord, seen),
            Scan::Incomplete { field } if view.len() - at > line_limit => {
                // A quoted field beyond its limit that does not end: most likely its closing
                // quote is missing.
                let open = view.get(field) == Some(&b'"') && view.len() - field > field_limit;
                let reason = if open { RowReason::MalformedRecord } else { RowReason::TooLong };
                (reason, view.len())
            }
            Scan::Incomplete { .. } => return Ok(None),
        };
        let Some(end) = self.first_line(at, complete, seen)? else { return Ok(None) };
        self.refuse(at, end, RowRefusal::of_row(reason));
        Ok(Some(end))
    }

    fn too_long(&self, at: usize, end: usize) -> bool {
        end - at > self.limits.line
            || self.fields.iter().any(|field| field.end - field.start > self.limits.field)
    }

    fn push_row(&mut self, at: usize, end: usize, chunk: Content) -> Result<(), RowRefusal> {
        // `read` does not come here before the header is known.
        let Some(header) = &self.header else { return Ok(()) };
        let record = Record {
            bytes: self.buffer.bytes(),
            fields: &self.fields,
            positions: &header.positions,
            is_ascii: chunk == Content::Ascii,
        };
        // Of most rows it is known. Others are looked at until one has a character beyond ASCII.
        let content = match chunk {
            Content::Utf8 if !self.has_utf8 => Content::of(&record.bytes[at..end], true),
            Content::Unsound => Content::of(&record.bytes[at..end], true),
            known => known,
        };
        self.has_utf8 |= content == Content::Utf8;
        if self.fields.len() != header.width {
            return Err(RowRefusal::of_row(RowReason::FieldCount));
        }
        if content == Content::Unsound {
            for (i, column) in R::COLUMNS.iter().enumerate() {
                if memchr(0, record.raw(i)).is_some() {
                    return Err(RowRefusal::of_column(RowReason::NulByte, column.name));
                }
                if std::str::from_utf8(record.raw(i)).is_err() {
                    return Err(RowRefusal::of_column(RowReason::InvalidUtf8, column.name));
                }
            }
        }
        let id = self.rows.push(&record)?;
        self.tally.rows_in += 1;
        self.tally.rows_out += 1;
        if let Some(id) = id {
            self.tally.ascending &= self.last_id.is_none_or(|last| last < id);
            self.last_id = Some(id);
            self.ids.insert(id);
        }
        if self.rows.pending() >= self.limits.batch_rows || self.rows.bytes() >= BATCH_BYTES {
            self.ready.push_back(self.rows.take());
        }
        Ok(())
    }

    fn refuse(&mut self, at: usize, end: usize, refusal: RowRefusal) {
        self.tally.rows_in += 1;
        self.tally.rows_refused += 1;
        *self.tally.refused.entry(refusal.reason).or_default() += 1;
        let line = self.buffer.line(at);
        let bytes = &self.buffer.bytes()[at..end];
        if self.tally.first_refused.len() < FIRST_REFUSED {
            let by_quotes =
                matches!(refusal.reason, RowReason::MalformedRecord | RowReason::FieldCount);
            let refusal = match by_quotes && memmem::find(bytes, b"\\\"").is_some() {
                true => refusal.expecting(Expected::Form(BACKSLASH)),
                false => refusal,
            };
            self.tally.first_refused.push(RefusedRow::new(line, refusal));
        }
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let raw = self.rows.keep_raw(text);
        let offset = self.buffer.offset(at);
        self.refused.push(line, refusal, raw.as_deref(), offset, text.len());
        if self.refused.is_full(self.limits.batch_rows) {
            self.ready_refused.push_back(self.refused.take());
        }
    }

    /// The end of the physical line at `at`, after the buffer was looked at in vain up to
    /// `seen`; `None` where the line is not all there. Refuses the file when the line is too
    /// long, or when too much has to be read again.
    ///
    /// A quote that is missing costs what lies between it and the next one, so files with many
    /// such rows are read twice at most. It takes lines like `",x","a` to make each line the first
    /// of a record that never ends: what ends a field of the line before begins one of its own.
    fn first_line(
        &mut self,
        at: usize,
        complete: bool,
        seen: usize,
    ) -> Result<Option<usize>, FileRefusal> {
        let bytes = self.buffer.bytes();
        let found = memchr(b'\n', &bytes[at..]).map(|offset| at + offset + 1);
        let end = found.unwrap_or(bytes.len());
        if end - at > self.limits.line {
            let (line, limit) = (self.buffer.line(at), self.limits.line);
            let detail = format!("line {line} is longer than {limit} bytes");
            return Err(FileRefusal::new(FileReason::NotCsv, detail));
        }
        if found.is_none() && !complete {
            return Ok(None);
        }
        self.again += seen.saturating_sub(end) as u64;
        // Against what was read so far, so that a hostile file is left early.
        if self.again > 2 * self.buffer.offset(end) + 2 * self.limits.line as u64 {
            return Err(too_much_again());
        }
        Ok(Some(end))
    }

    /// Reads the header; `false` where it is not all there yet.
    fn read_header(&mut self, at: &mut usize, complete: bool) -> Result<bool, FileRefusal> {
        let bytes = self.buffer.bytes();
        if !complete && bytes.len() < 512 {
            return Ok(false);
        }
        let mut start = *at;
        if bytes[start..].starts_with(b"\xef\xbb\xbf") {
            start += 3;
        }
        header::sniff(&bytes[start..])?;
        while matches!(bytes.get(start), Some(b'\n' | b'\r')) {
            start += 1;
        }
        if start == bytes.len() {
            if !complete {
                return Ok(false);
            }
            let detail = "there is not even a header: send the header alone for a day without rows";
            return Err(FileRefusal::new(FileReason::EmptyFile, detail));
        }
        let view = &bytes[..bytes.len().min(start + self.limits.line + 1)];
        let is_all = complete && view.len() == bytes.len();
        match scan(view, start, is_all, &mut self.fields) {
            Scan::Record { end } if end - start <= self.limits.line => {
                let positions: Vec<usize> = (0..self.fields.len()).collect();
                let (fields, positions) = (&self.fields[..], &positions[..]);
                let record = Record { bytes, fields, positions, is_ascii: false };
                let header = header::read(&record, R::COLUMNS)?;
                self.tally.extra_columns.clone_from(&header.extra);
                self.header = Some(header);
                *at = end;
                Ok(true)
            }
            Scan::Incomplete { .. } if view.len() - start <= self.limits.line => Ok(false),
            _ => {
                let detail = "its first line is no CSV header: its quotes do not close, or it is \
                              longer than a line may be";
                Err(FileRefusal::new(FileReason::NotCsv, detail))
            }
        }
    }
}

impl<R: Rows> FileParser for CsvParser<R> {
    fn schema(&self) -> Arc<Schema> {
        R::schema()
    }

    fn space(&mut self) -> &mut [u8] {
        self.buffer.space()
    }

    fn filled(&mut self, n: usize) -> Result<(), FileRefusal> {
        self.buffer.filled(n);
        self.read(false)
    }

    fn finish(&mut self) -> Result<(), FileRefusal> {
        self.read(true)?;
        if self.again > 2 * self.buffer.offset(self.buffer.start()) {
            return Err(too_much_again());
        }
        // Handed out in any case: a file with too many refused rows must show them.
        if !self.refused.is_empty() {
            self.ready_refused.push_back(self.refused.take());
        }
        self.tally.date_orders = self.rows.date_orders();
        verdict::encoding(&self.tally, &self.limits, self.has_utf8)?;
        self.rows.check().map_err(|refusal| verdict::with_first_rows(refusal, &self.tally))?;
        verdict::refused_rows(&self.tally, &self.limits)?;
        self.tally.days = self.rows.days();
        self.tally.ids = self.ids.ranges();
        if self.rows.pending() > 0 {
            self.ready.push_back(self.rows.take());
        }
        Ok(())
    }

    fn take_rows(&mut self) -> Option<RecordBatch> {
        self.ready.pop_front()
    }

    fn take_refused(&mut self) -> Option<RecordBatch> {
        self.ready_refused.pop_front()
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

fn too_much_again() -> FileRefusal {
    let detail = "its quotes are unbalanced throughout: a quoted field must end at its closing \
                  quote and double inner ones";
    FileRefusal::new(FileReason::NotCsv, detail)
}

/// What bytes are made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// ASCII alone, without a NUL byte.
    Ascii,
    /// UTF-8, without a NUL byte.
    Utf8,
    /// A NUL byte is in it, or something that is not UTF-8.
    Unsound,
}

impl Content {
    /// A character that the end of an incomplete buffer cuts in two is no fault.
    fn of(bytes: &[u8], complete: bool) -> Self {
        let is_ascii = bytes.is_ascii();
        let is_utf8 = is_ascii
            || match std::str::from_utf8(bytes) {
                Ok(_) => true,
                Err(error) => !complete && error.error_len().is_none(),
            };
        match is_utf8 && memchr(0, bytes).is_none() {
            true if is_ascii => Self::Ascii,
            true => Self::Utf8,
            false => Self::Unsound,
        }
    }
}
