//! Reads a whole file through a parser, in portions of any size.

#![allow(clippy::unwrap_used)]
// Each test binary uses its own part of this.
#![allow(dead_code)]

use arrow_array::{Array, RecordBatch, cast::AsArray, types::UInt64Type};
use pipeline::{Dataset, FileRefusal, Options, Tally, parser};

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
    portion: usize,
) -> Result<Read, FileRefusal> {
    let mut parser = parser(dataset, options);
    let mut rows = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let space = parser.space();
        let n = rest.len().min(space.len()).min(portion);
        space[..n].copy_from_slice(&rest[..n]);
        rest = &rest[n..];
        parser.filled(n)?;
        rows.extend(std::iter::from_fn(|| parser.take_rows()));
    }
    parser.finish()?;
    rows.extend(std::iter::from_fn(|| parser.take_rows()));
    let (mut refused, mut raw) = (Vec::new(), Vec::new());
    while let Some(batch) = parser.take_refused() {
        let line = batch.column(0).as_primitive::<UInt64Type>();
        let text = |column: usize, row: usize| {
            let column = batch.column(column).as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        for row in 0..batch.num_rows() {
            refused.push((
                line.value(row),
                text(1, row).unwrap(),
                text(2, row).unwrap_or_default(),
            ));
            raw.push(text(3, row));
        }
    }
    Ok(Read { rows, refused, raw, tally: parser.tally().clone() })
}

pub fn read(dataset: Dataset, text: impl AsRef<[u8]>) -> Result<Read, FileRefusal> {
    read_with(dataset, &Options::default(), text.as_ref(), usize::MAX)
}
