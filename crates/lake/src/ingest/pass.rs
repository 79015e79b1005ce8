//! One pass over a source: bytes into the parser, its rows into Parquet. Memory stays flat
//! whatever the size of the file: a few MiB to read, one row group and a few parts to write.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use arrow_array::RecordBatch;
use object_store::ObjectMeta;
use pipeline::{Dataset, FileParser, FileReason, FileRefusal, Tally, parser};
use tokio::runtime::Handle;

use super::{
    content::ContentHash,
    quarantine::Quarantine,
    source::{Bounds, SourceReader, Stop, too_large},
};
use crate::{
    Error, Lake, erased::Eraser, failpoint::reach, parquet_out::ParquetOut, store::etag,
    table::Load,
};

/// How far the reading of a source has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read of the source as it lies in the lake.
    pub done: u64,
    /// Its size.
    pub total: u64,
}

/// Who wants to hear of progress.
pub(super) type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// A pass to make.
pub(super) struct Pass {
    pub lake: Lake,
    pub dataset: Dataset,
    pub path: String,
    pub version: ObjectMeta,
    /// Names of the files to write, within `staging` and `quarantine`.
    pub parquet: String,
    pub options: pipeline::Options,
    pub bounds: Bounds,
    pub progress: Option<OnProgress>,
    /// Hash of bytes that need no staging, since they are staged already.
    pub known: Option<String>,
    /// Where the rows go instead of into `parquet`.
    pub load: Option<Box<dyn Load>>,
    /// What drops rows of erased customers, if there are any.
    pub eraser: Option<Eraser>,
}

/// What came of a pass.
pub(super) enum Reading {
    /// The source is another version by now: nothing was kept.
    Changed,
    /// It has the bytes of `known`: nothing was kept.
    Known { bytes_hash: String },
    /// No row was staged. The hash of the bytes is known when all were read.
    /// `quarantined`: its refused rows are what is wrong with it, and lie in quarantine.
    Refused {
        refusal: FileRefusal,
        bytes_hash: Option<String>,
        tally: Box<Tally>,
        quarantined: bool,
    },
    /// `written` rows are in the Parquet file or on their way into the table, and refused rows, if
    /// any, in quarantine.
    Staged {
        bytes_hash: String,
        content_hash: Option<String>,
        tally: Tally,
        written: u64,
        quarantined: bool,
        load: Option<Box<dyn Load>>,
        eraser: Option<Box<Eraser>>,
    },
}

/// Where good rows go.
enum Good {
    Staged(Box<ParquetOut>),
    Table { load: Box<dyn Load>, rows: u64 },
}

impl Good {
    fn write(&mut self, handle: &Handle, rows: &RecordBatch) -> Result<(), Error> {
        match self {
            Self::Staged(staged) => staged.write(rows),
            Self::Table { load, rows: written } => {
                *written += rows.num_rows() as u64;
                Ok(handle.block_on(load.write(rows))?)
            }
        }
    }

    /// Completes the file, or hands on what is on its way into the table, and tells the rows.
    fn finish(self) -> Result<(u64, Option<Box<dyn Load>>), Error> {
        match self {
            Self::Staged(staged) => Ok((staged.finish()?, None)),
            Self::Table { load, rows } => Ok((rows, Some(load))),
        }
    }
}

/// What a pass writes.
struct Output {
    content: ContentHash,
    good: Good,
    refused: Option<Quarantine>,
    eraser: Option<Eraser>,
}

impl Output {
    /// Completes both files and tells how many rows are staged.
    fn finish(self) -> Result<(u64, Option<Box<dyn Load>>), Error> {
        // Quarantine first: a staged file stands for a whole one.
        finish_refused(self.refused)?;
        reach("staged:before")?;
        let finished = self.good.finish()?;
        reach("staged:after")?;
        Ok(finished)
    }
}

/// Completes the file of refused rows, and tells whether there is one.
fn finish_refused(refused: Option<Quarantine>) -> Result<bool, Error> {
    let Some(refused) = refused else { return Ok(false) };
    reach("quarantine:before")?;
    refused.finish()?;
    reach("quarantine:after")?;
    Ok(true)
}

impl Pass {
    /// Runs the pass on this thread, which must be one that may block, until it is cancelled.
    pub(super) fn run(mut self, handle: &Handle, cancelled: &AtomicBool) -> Result<Reading, Error> {
        if self.version.size > self.bounds.max_bytes {
            let refusal = too_large(format!("{} bytes", self.version.size));
            return Ok(refused(refusal, None, Tally::default()));
        }
        let mut parser = parser(self.dataset, &self.options);
        let mut source = None;
        let mut hash = None;
        let (load, eraser) = (self.load.take(), self.eraser.take());
        let to = (load, eraser);
        match self.read(handle, cancelled, parser.as_mut(), to, &mut source, &mut hash) {
            Ok(reading) => Ok(reading),
            Err(Stop::Changed) => Ok(Reading::Changed),
            Err(Stop::Failed(error)) => Err(error),
            // What looks wrong may only have been half written.
            Err(Stop::Refused(_)) if changed(source.as_ref())? => Ok(Reading::Changed),
            Err(Stop::Refused(refusal)) => Ok(refused(refusal, hash, parser.tally().clone())),
        }
    }

    fn read(
        &self,
        handle: &Handle,
        cancelled: &AtomicBool,
        parser: &mut dyn FileParser,
        (load, eraser): (Option<Box<dyn Load>>, Option<Eraser>),
        source: &mut Option<SourceReader>,
        hash: &mut Option<String>,
    ) -> Result<Reading, Stop> {
        reach("stream:before").map_err(Error::from)?;
        let source =
            source.insert(SourceReader::open(&self.lake, handle, &self.version, self.bounds)?);
        let good = match load {
            Some(load) => Good::Table { load, rows: 0 },
            None => {
                let (store, schema) = (self.lake.staging(), parser.schema());
                let file = ParquetOut::create(&self.lake, handle, store, &self.parquet, schema)?;
                Good::Staged(Box::new(file))
            }
        };
        let content = ContentHash::new(self.dataset);
        let mut output = Output { content, good, refused: None, eraser };
        loop {
            if cancelled.load(Relaxed) {
                return Err(Error::Crashed { path: self.path.clone() }.into());
            }
            let n = source.fill(parser.space())?;
            if n == 0 {
                break;
            }
            parser.filled(n)?;
            self.drain(handle, parser, &mut output)?;
            if let Some(progress) = &self.progress {
                progress(Progress { done: source.bytes_read(), total: self.version.size });
            }
        }
        let read = source.finish()?;
        *hash = Some(read.clone());
        if self.known.as_ref() == Some(&read) {
            return Ok(Reading::Known { bytes_hash: read });
        }
        let finished = parser.finish();
        self.drain(handle, parser, &mut output)?;
        if let Err(refusal) = finished {
            // Whoever is told that too many rows are refused wants to see them.
            let by_rows = matches!(
                refusal.reason,
                FileReason::TooManyRefused | FileReason::WrongEncoding | FileReason::DateOrder
            );
            let quarantined = by_rows && finish_refused(output.refused)?;
            let (bytes_hash, tally) = (Some(read), Box::new(parser.tally().clone()));
            return Ok(Reading::Refused { refusal, bytes_hash, tally, quarantined });
        }
        reach("stream:after").map_err(Error::from)?;
        let quarantined = output.refused.is_some();
        let content_hash = output.content.finish();
        let eraser = output.eraser.take().map(Box::new);
        let (written, load) = output.finish()?;
        let (bytes_hash, mut tally) = (read, parser.tally().clone());
        if let Some(eraser) = eraser.as_ref().filter(|eraser| eraser.rows > 0) {
            tally.rows_out -= eraser.rows;
            (tally.ids, tally.days) = eraser.left();
        }
        Ok(Reading::Staged { bytes_hash, content_hash, tally, written, quarantined, load, eraser })
    }

    /// Takes what the parser has ready.
    fn drain(
        &self,
        handle: &Handle,
        parser: &mut dyn FileParser,
        output: &mut Output,
    ) -> Result<(), Error> {
        while let Some(batch) = parser.take_rows() {
            // Of all rows that were sent: two files do not become the same by an erasure.
            output.content.add(&batch);
            let batch = match &mut output.eraser {
                Some(eraser) => eraser.keep(batch)?,
                None => batch,
            };
            output.good.write(handle, &batch)?;
        }
        while let Some(batch) = parser.take_refused() {
            let refused = match &mut output.refused {
                Some(refused) => refused,
                None => {
                    let etag = etag(&self.version);
                    let file =
                        Quarantine::create(&self.lake, handle, &self.parquet, &self.path, &etag)?;
                    output.refused.insert(file)
                }
            };
            match &output.eraser {
                Some(eraser) => refused.write(&eraser.hide(&batch)?)?,
                None => refused.write(&batch)?,
            }
        }
        Ok(())
    }
}

fn refused(refusal: FileRefusal, bytes_hash: Option<String>, tally: Tally) -> Reading {
    Reading::Refused { refusal, bytes_hash, tally: Box::new(tally), quarantined: false }
}

fn changed(source: Option<&SourceReader>) -> Result<bool, Error> {
    source.map_or(Ok(false), SourceReader::changed)
}
