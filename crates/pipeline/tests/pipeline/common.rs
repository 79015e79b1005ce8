//! Reads a whole file through a parser, in chunks of any size.

use arrow_array::{Array, RecordBatch, cast::AsArray, types::UInt64Type};
use pipeline::{Dataset, FileReason, FileRefusal, Limits, Options, Tally, parser};

#[derive(Debug)]
pub struct Read {
    pub rows: Vec<RecordBatch>,
    /// Line, reason and column of each refused row.
    pub refused: Vec<(u64, String, String)>,
    pub raw: Vec<Option<String>>,
    pub tally: Tally,
}

pub fn read_with(
    dataset: Dataset,
    options: &Options,
    bytes: &[u8],
    chunk: usize,
) -> Result<Read, FileRefusal> {
    let mut parser = parser(dataset, options);
    bytes.chunks(chunk).try_for_each(|bytes| parser.push(bytes))?;
    match parser.finish() {
        // The test is about rows: a file without a good one is read as well.
        Err(refusal)
            if refusal.reason == FileReason::TooManyRefused
                && options.limits.refused_share == 1.0 => {}
        verdict => verdict?,
    }
    let rows = std::iter::from_fn(|| parser.take_rows()).collect();
    let (mut refused, mut raw) = (Vec::new(), Vec::new());
    while let Some(batch) = parser.take_refused() {
        let line = batch.column(0).as_primitive::<UInt64Type>();
        let text = |column: usize, row: usize| {
            let column = batch.column(column).as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        for row in 0..batch.num_rows() {
            let (reason, column) = (text(1, row).unwrap(), text(2, row).unwrap_or_default());
            refused.push((line.value(row), reason, column));
            raw.push(text(3, row));
        }
    }
    Ok(Read { rows, refused, raw, tally: parser.tally().clone() })
}

/// With the default options, but for the share of refused rows: most tests are about rows.
pub fn read(dataset: Dataset, text: impl AsRef<[u8]>) -> Result<Read, FileRefusal> {
    read_with(dataset, &any_share(), text.as_ref(), usize::MAX)
}

/// Options under which refused rows reject no file.
pub fn any_share() -> Options {
    let limits = Limits { refused_share: 1.0, ..Limits::default() };
    Options { limits, ..Options::default() }
}
