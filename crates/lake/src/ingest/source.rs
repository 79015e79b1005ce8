//! A vendor file as bytes for a parser: opened at one version, hashed as it lies in the lake,
//! unzipped where it is gzip. Everything here runs on a thread that may block.

use std::{
    fs::File,
    io::{self, BufReader, Read},
};

use flate2::bufread::MultiGzDecoder;
use object_store::{GetResultPayload, ObjectMeta};
use pipeline::{FileReason, FileRefusal};
use tokio::runtime::Handle;
use twox_hash::XxHash3_128;

use super::remote::{Remote, request};
use crate::{Error, Lake, work::Counters};

/// Compressed bytes that are read at once.
const GZIP_READ: usize = 256 << 10;

/// Output of a gzip file whose ratio is not looked at: small texts may repeat a lot.
const FREE_OUTPUT: u64 = 64 << 20;

/// What a file may come to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Decompressed bytes.
    pub max_bytes: u64,
    /// Decompressed bytes beyond the first 64 MiB for each compressed one.
    pub max_ratio: u64,
}

/// Why no more bytes come.
pub(super) enum Stop {
    /// The file is refused.
    Refused(FileRefusal),
    /// It is no longer the version that was asked for, or gone.
    Changed,
    Failed(Error),
}

impl From<FileRefusal> for Stop {
    fn from(refusal: FileRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// An open source.
pub(super) struct SourceReader {
    lake: Lake,
    handle: Handle,
    version: ObjectMeta,
    body: Body,
    bounds: Bounds,
    output: u64,
    /// Bytes that `Work` knows of.
    counted: u64,
}

enum Body {
    Plain(Box<Raw>),
    Gzip(Box<MultiGzDecoder<BufReader<Raw>>>),
}

impl SourceReader {
    /// Opens a source at this version.
    pub(super) fn open(
        lake: &Lake,
        handle: &Handle,
        version: &ObjectMeta,
        bounds: Bounds,
    ) -> Result<Self, Stop> {
        let path = &version.location;
        let result = match handle.block_on(request(lake, version, 0)) {
            Ok(result) => result,
            Err(
                object_store::Error::Precondition { .. } | object_store::Error::NotFound { .. },
            ) => return Err(Stop::Changed),
            Err(error) => return Err(Error::store("read", path)(error).into()),
        };
        Counters::add(&lake.counters().sources_read, 1);
        let bytes = match result.payload {
            GetResultPayload::File(file, _) => Origin::File(file),
            GetResultPayload::Stream(_) => {
                Origin::Remote(Remote::new(lake, handle, version, result))
            }
        };
        let mut raw = Raw::new(bytes);
        let zipped = raw.peek().is_ok_and(|magic| magic == [0x1f, 0x8b]);
        let named = path.as_ref().to_ascii_lowercase().ends_with(".gz");
        let body = match zipped || (named && !raw.ahead().is_empty()) {
            true => {
                let raw = BufReader::with_capacity(GZIP_READ, raw);
                Body::Gzip(Box::new(MultiGzDecoder::new(raw)))
            }
            false => Body::Plain(Box::new(raw)),
        };
        let (lake, handle, version) = (lake.clone(), handle.clone(), version.clone());
        Ok(Self { lake, handle, version, body, bounds, output: 0, counted: 0 })
    }

    /// Fills `space` with the next bytes; fewer come only at the end, none after it.
    pub(super) fn fill(&mut self, space: &mut [u8]) -> Result<usize, Stop> {
        let mut filled = 0;
        while filled < space.len() {
            let read = match &mut self.body {
                Body::Plain(raw) => raw.read(&mut space[filled..]),
                Body::Gzip(decoder) => decoder.read(&mut space[filled..]),
            };
            match read {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.output += filled as u64;
                    return Err(self.blame());
                }
            }
        }
        let read = self.bytes_read();
        Counters::add(&self.lake.counters().bytes_read, read - self.counted);
        self.counted = read;
        self.output += filled as u64;
        // A file that grows faster than it is read would never end.
        if read > self.version.size {
            return Err(Stop::Changed);
        }
        self.check_bounds()?;
        Ok(filled)
    }

    /// To be called after the last byte: the hash of all of them, as 32 hexadecimal digits,
    /// provided that they are of one version.
    pub(super) fn finish(&mut self) -> Result<String, Stop> {
        if self.bytes_read() != self.version.size || self.changed()? {
            return Err(Stop::Changed);
        }
        Ok(format!("{:032x}", self.raw().hash.finish_128()))
    }

    /// Whether the source is another version by now. Only a local file can change below our
    /// hands: a store serves the version that was asked for.
    pub(super) fn changed(&self) -> Result<bool, Error> {
        match self.raw().bytes {
            Origin::File(_) => self.is_overwritten(),
            Origin::Remote(_) => Ok(false),
        }
    }

    /// Whether another version is there now, or none.
    fn is_overwritten(&self) -> Result<bool, Error> {
        let head = self.lake.head_raw(&self.version.location);
        let now = self.handle.block_on(head)?;
        Ok(now.is_none_or(|now| now.e_tag != self.version.e_tag))
    }

    pub(super) fn is_gzip(&self) -> bool {
        matches!(self.body, Body::Gzip(_))
    }

    /// Bytes read of the source as it lies in the lake.
    pub(super) fn bytes_read(&self) -> u64 {
        self.raw().read
    }

    fn raw(&self) -> &Raw {
        match &self.body {
            Body::Plain(raw) => raw,
            Body::Gzip(decoder) => decoder.get_ref().get_ref(),
        }
    }

    fn check_bounds(&self) -> Result<(), Stop> {
        let Bounds { max_bytes, max_ratio } = self.bounds;
        if self.output > max_bytes {
            return Err(too_large(format!("more than {max_bytes} bytes of text")).into());
        }
        let beyond = self.output.saturating_sub(FREE_OUTPUT);
        if self.is_gzip() && beyond > max_ratio.saturating_mul(self.bytes_read()) {
            let found = format!("gzip that expands more than {max_ratio} times");
            return Err(too_large(found).into());
        }
        Ok(())
    }

    /// Whether the store or the vendor's gzip made the reading fail.
    fn blame(&self) -> Stop {
        match &self.raw().failed {
            // A version that is no more breaks off too.
            Some(_) if self.is_overwritten().unwrap_or(false) => Stop::Changed,
            Some(why) => {
                let path = self.version.location.to_string();
                Stop::Failed(Error::BrokenOff { path, why: why.clone() })
            }
            None => Stop::Refused(FileRefusal::new(
                FileReason::BadGzip,
                format!(
                    "the gzip data are damaged or cut off (after {} bytes of text): compress and \
                     send the file again",
                    self.output
                ),
            )),
        }
    }
}

pub(super) fn too_large(found: String) -> FileRefusal {
    let detail = format!("{found}: split the file, or raise the limit if it is right");
    FileRefusal::new(FileReason::TooLarge, detail)
}

/// The bytes as they lie in the lake, counted and hashed on their way.
struct Raw {
    bytes: Origin,
    hash: XxHash3_128,
    read: u64,
    /// The first bytes, looked at before they were asked for.
    ahead: [u8; 2],
    ahead_len: usize,
    ahead_taken: usize,
    /// Why the source could not be read on.
    failed: Option<String>,
}

impl Raw {
    fn new(bytes: Origin) -> Self {
        let (hash, failed) = (XxHash3_128::new(), None);
        Self { bytes, hash, read: 0, ahead: [0; 2], ahead_len: 0, ahead_taken: 0, failed }
    }

    /// The first two bytes, or those there are.
    fn peek(&mut self) -> io::Result<[u8; 2]> {
        while self.ahead_len < 2 {
            let mut byte = [0; 1];
            match self.bytes.read(&mut byte) {
                Ok(0) => break,
                Ok(_) => {
                    self.ahead[self.ahead_len] = byte[0];
                    self.ahead_len += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = Some(error.to_string());
                    return Err(error);
                }
            }
        }
        Ok(self.ahead)
    }

    fn ahead(&self) -> &[u8] {
        &self.ahead[self.ahead_taken..self.ahead_len]
    }
}

impl Read for Raw {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        if self.failed.is_some() {
            return Err(io::Error::other("the source was interrupted before"));
        }
        let n = if self.ahead().is_empty() {
            let read = self.bytes.read(space);
            if let Err(error) = &read
                && error.kind() != io::ErrorKind::Interrupted
            {
                self.failed = Some(error.to_string());
            }
            read?
        } else {
            let n = self.ahead().len().min(space.len());
            space[..n].copy_from_slice(&self.ahead()[..n]);
            self.ahead_taken += n;
            n
        };
        self.hash.write(&space[..n]);
        self.read += n as u64;
        Ok(n)
    }
}

/// Where bytes come from: straight from the disk in a local lake, else from the network.
enum Origin {
    File(File),
    Remote(Remote),
}

impl Read for Origin {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(space),
            Self::Remote(remote) => remote.read(space),
        }
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;

    use super::*;

    #[tokio::test]
    async fn a_version_that_is_no_longer_there_cannot_be_opened() {
        let dir = tempfile::tempdir().unwrap();
        for lake in [Lake::memory(), Lake::local(dir.path()).unwrap()] {
            let path = crate::paths::source("movie_review/a.csv").unwrap();
            lake.raw().put(&path, "first".into()).await.unwrap();
            let version = lake.head_raw(&path).await.unwrap().unwrap();
            let open = async || {
                let (lake, version) = (lake.clone(), version.clone());
                let bounds = Bounds { max_bytes: 100, max_ratio: 1 };
                let open = move || {
                    let mut space = [0; 10];
                    let mut source =
                        SourceReader::open(&lake, &Handle::current(), &version, bounds)?;
                    let n = source.fill(&mut space)?;
                    let hash = source.finish()?;
                    Ok::<_, Stop>((space[..n].to_vec(), hash))
                };
                tokio::task::spawn_blocking(open).await.unwrap()
            };
            let Ok((bytes, hash)) = open().await else { panic!("the first version is there") };
            assert_eq!(bytes, b"first");
            assert_eq!(hash, format!("{:032x}", XxHash3_128::oneshot(b"first")));
            lake.raw().put(&path, "second".into()).await.unwrap();
            assert!(matches!(open().await, Err(Stop::Changed)));
            lake.raw().delete(&path).await.unwrap();
            assert!(matches!(open().await, Err(Stop::Changed)));
        }
    }
}
