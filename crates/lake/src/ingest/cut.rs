//! Rewrites vendor files without the rows of erased customers, where an operator asks for it.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::Arc,
};

use flate2::{Compression, write::GzEncoder};
use object_store::ObjectMeta;
use pipeline::{Dataset, csv::cut::Cutter};
use serde::Serialize;
use tokio::runtime::Handle;

use super::{
    IngestOptions,
    source::{Bounds, SourceReader, Stop},
};
use crate::{Error, Lake, failpoint::reach, paths, upload::Upload};

/// What became of the files in `raw`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CutRaw {
    /// Files that were rewritten: their names, and the rows that they do not have any more.
    pub rewritten: Vec<(String, u64)>,
    /// Files that are no CSV of their dataset, so that nobody knows whose rows they hold.
    pub unread: Vec<String>,
}

/// Whose row goes.
type Goes = Arc<dyn Fn(i64) -> bool + Send + Sync>;

impl Lake {
    /// Reads all vendor files, and replaces each that holds rows of these customers, or logs of
    /// reviews on the list, by one without them. All else stays byte for byte; gzip is packed anew.
    /// A file that its vendor writes at the same moment is an error: try again.
    pub async fn cut_raw(
        &self,
        customers: &BTreeSet<i64>,
        options: &IngestOptions,
    ) -> Result<CutRaw, Error> {
        let erased = self.erased().await?;
        let mut cut = CutRaw::default();
        for dataset in Dataset::ALL {
            let goes: Goes = match dataset {
                Dataset::ReviewLogs => {
                    let (erased, keys) = (Arc::clone(&erased), Arc::clone(self.keys()));
                    Arc::new(move |id| erased.has_review(&keys, id))
                }
                Dataset::ClassifiedMovieReview | Dataset::UserPurchase => {
                    let customers = customers.clone();
                    Arc::new(move |id| customers.contains(&id))
                }
            };
            for source in self.sources(dataset).await? {
                let Some(version) = self.head_raw(&paths::source(&source.path)?).await? else {
                    continue;
                };
                let (lake, goes, options) = (self.clone(), Arc::clone(&goes), options.clone());
                let work =
                    move || rewrite(&lake, &Handle::current(), dataset, &version, &goes, &options);
                let done = tokio::task::spawn_blocking(work).await;
                let path = source.path;
                match done.map_err(|_| Error::Crashed { path: path.clone() })? {
                    Ok(0) => {}
                    Ok(rows) => cut.rewritten.push((path, rows)),
                    Err(Stop::Refused(_)) => cut.unread.push(path),
                    Err(Stop::Changed) => return Err(Error::Changing { path, tries: 1 }),
                    Err(Stop::Failed(error)) => return Err(error),
                }
            }
        }
        Ok(cut)
    }
}

/// Looks first: most files hold nobody, and are left alone.
fn rewrite(
    lake: &Lake,
    handle: &Handle,
    dataset: Dataset,
    version: &ObjectMeta,
    goes: &Goes,
    options: &IngestOptions,
) -> Result<u64, Stop> {
    let bounds = Bounds { max_bytes: options.max_bytes, max_ratio: options.max_ratio };
    let pass = |is_gzip: Option<bool>| -> Result<(u64, bool), Stop> {
        let mut source = SourceReader::open(lake, handle, version, bounds)?;
        let upload =
            || Upload::new(handle.clone(), Arc::clone(lake.raw()), version.location.clone());
        let mut out = match is_gzip {
            None => Out::Nowhere,
            Some(false) => Out::Plain(upload()),
            Some(true) => Out::Gzip(GzEncoder::new(upload(), Compression::default())),
        };
        let mut cutter = Cutter::new(dataset, options.parser.limits);
        let (mut kept, mut goes) = (Vec::new(), |id| goes(id));
        let failed = |error: io::Error| {
            let (path, why) = (version.location.to_string(), error.to_string());
            Stop::Failed(Error::BrokenOff { path, why })
        };
        loop {
            let read = source.fill(cutter.space())?;
            match read {
                0 => cutter.finish(&mut goes, &mut kept)?,
                read => cutter.filled(read, &mut goes, &mut kept)?,
            }
            out.write(&kept).map_err(failed)?;
            kept.clear();
            if read == 0 {
                break;
            }
        }
        // The vendor has not written another version meanwhile.
        source.finish()?;
        reach("cut:before").map_err(Error::from)?;
        out.finish(version)?;
        reach("cut:after").map_err(Error::from)?;
        Ok((cutter.rows(), source.is_gzip()))
    };
    let (rows, is_gzip) = pass(None)?;
    if rows > 0 {
        pass(Some(is_gzip))?;
    }
    Ok(rows)
}

/// Where the bytes go that stay.
enum Out {
    Nowhere,
    Plain(Upload),
    Gzip(GzEncoder<Upload>),
}

impl Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Plain(upload) => upload.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
        }
    }

    fn finish(self, version: &ObjectMeta) -> Result<(), Error> {
        let failed = |why: String| {
            let path = version.location.to_string();
            Error::BrokenOff { path, why }
        };
        let mut upload = match self {
            Self::Nowhere => return Ok(()),
            Self::Plain(upload) => upload,
            Self::Gzip(encoder) => encoder.finish().map_err(|error| failed(error.to_string()))?,
        };
        upload.finish().map(drop).map_err(Error::store("write", &version.location))
    }
}
