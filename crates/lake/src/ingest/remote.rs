//! A version in a remote store, fetched ahead of who reads it.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use futures_util::{StreamExt, stream};
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta};
use tokio::{runtime::Handle, sync::mpsc};

use crate::{Lake, failpoint::applies};

/// Bytes of one request. A request is repeated for a minute only, counted from its beginning; and
/// a version that was overwritten shows when the next part is asked for.
const PART: u64 = 4 << 20;

/// Requests under way at a time: one connection does not fill the network, and while the parser
/// works the next parts come. Memory is that many parts and two more.
const UNDER_WAY: usize = 4;

/// The bytes of a version, in order.
pub(super) struct Remote {
    parts: mpsc::Receiver<io::Result<Bytes>>,
    part: Bytes,
}

impl Remote {
    /// Goes on where the answer to the [first](request) request ends.
    pub(super) fn new(
        lake: &Lake,
        handle: &Handle,
        version: &ObjectMeta,
        first: GetResult,
    ) -> Self {
        let (sender, parts) = mpsc::channel(1);
        let (lake, version) = (lake.clone(), version.clone());
        handle.spawn(async move {
            // A failure to send: nobody reads on.
            let mut first = first.into_stream();
            let mut received = 0;
            while let Some(chunk) = first.next().await {
                received += chunk.as_ref().map_or(0, Bytes::len) as u64;
                if sender.send(chunk.map_err(io::Error::other)).await.is_err() {
                    return;
                }
            }
            let starts = (received..version.size).step_by(PART as usize);
            let rest = stream::iter(starts).map(|start| part(&lake, &version, start));
            let mut rest = rest.buffered(UNDER_WAY);
            while let Some(part) = rest.next().await {
                let failed = part.is_err();
                if sender.send(part).await.is_err() || failed {
                    return;
                }
            }
        });
        Self { parts, part: Bytes::new() }
    }
}

async fn part(lake: &Lake, version: &ObjectMeta, start: u64) -> io::Result<Bytes> {
    let part = async { request(lake, version, start).await?.bytes().await };
    let part = part.await.map_err(io::Error::other)?;
    if part.len() as u64 != PART.min(version.size - start) {
        return Err(io::Error::other("a part came short"));
    }
    Ok(part)
}

/// Asks for the part of a version that begins here. Of a local file, all of it is opened.
pub(super) async fn request(
    lake: &Lake,
    version: &ObjectMeta,
    start: u64,
) -> object_store::Result<GetResult> {
    let end = version.size.min(start + PART);
    // Nothing is no range, and without an ETag parts could be of different versions.
    let range = (start < end && version.e_tag.is_some()).then_some(GetRange::Bounded(start..end));
    // A local file is compared after its last byte: its ETag says more than the store knows.
    let if_match = version.e_tag.clone().filter(|_| applies("if match") && !lake.is_local());
    let options = GetOptions { if_match, range, ..GetOptions::default() };
    lake.raw().get_opts(&version.location, options).await
}

impl Read for Remote {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() {
            match self.parts.blocking_recv() {
                Some(part) => self.part = part?,
                None => return Ok(0),
            }
        }
        let n = self.part.len().min(space.len());
        space[..n].copy_from_slice(&self.part[..n]);
        self.part.advance(n);
        Ok(n)
    }
}
