//! A [`Write`] into the object store for threads that may block.

use std::{io, io::Write, sync::Arc};

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, PutResult, WriteMultipart, path::Path};
use tokio::runtime::Handle;

/// Bytes of a part. Azure takes 50,000 of them, so 400 GB.
const PART: usize = 8 << 20;

/// Parts that may be under way while the next one is filled.
const PARTS_UNDER_WAY: usize = 3;

/// One object being written: a single put where it fits one part, else a multipart upload. It
/// becomes visible by [`finish`](Self::finish) alone; when dropped before, nothing is there.
pub(crate) struct Upload {
    handle: Handle,
    store: Arc<dyn ObjectStore>,
    path: Path,
    part: Vec<u8>,
    parts: Option<WriteMultipart>,
    failed: Option<object_store::Error>,
    broken: bool,
}

impl Upload {
    pub(crate) fn new(handle: Handle, store: Arc<dyn ObjectStore>, path: Path) -> Self {
        Self { handle, store, path, part: Vec::new(), parts: None, failed: None, broken: false }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The store's own error behind a failed `write`.
    pub(crate) fn take_error(&mut self) -> Option<object_store::Error> {
        self.failed.take()
    }

    /// Completes the object; nothing may be written after.
    pub(crate) fn finish(&mut self) -> object_store::Result<PutResult> {
        let rest = Bytes::from(std::mem::take(&mut self.part));
        match self.parts.take() {
            None => self.handle.block_on(self.store.put(&self.path, rest.into())),
            Some(mut parts) => self.handle.block_on(async {
                parts.put(rest);
                parts.finish().await
            }),
        }
    }

    fn send_part(&mut self) -> object_store::Result<()> {
        let mut parts = match self.parts.take() {
            Some(parts) => parts,
            None => {
                let upload = self.handle.block_on(self.store.put_multipart(&self.path))?;
                WriteMultipart::new_with_chunk_size(upload, PART)
            }
        };
        let part = std::mem::replace(&mut self.part, Vec::with_capacity(PART));
        self.handle.block_on(async {
            parts.wait_for_capacity(PARTS_UNDER_WAY).await?;
            parts.put(part.into());
            Ok::<_, object_store::Error>(())
        })?;
        self.parts = Some(parts);
        Ok(())
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::Error::other("the upload was interrupted before"));
        }
        let n = bytes.len().min(PART - self.part.len());
        self.part.extend_from_slice(&bytes[..n]);
        if self.part.len() == PART
            && let Err(error) = self.send_part()
        {
            let text = error.to_string();
            (self.failed, self.broken) = (Some(error), true);
            return Err(io::Error::other(text));
        }
        Ok(n)
    }

    /// Parts go out when they are full, the rest by `finish`.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use functions_host::azurite::{Azurite, create_container};

    use crate::{AzureLake, Lake, paths, store};

    #[tokio::test]
    async fn small_and_large_objects_arrive_whole_and_given_up_ones_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let azurite = Azurite::start(None).await.unwrap();
        create_container(&azurite.account(), "staging").await.unwrap();
        let azure = AzureLake::from_connection_string(&azurite.connection_string()).unwrap();
        let azure = Lake::azure(&azure).unwrap();
        for lake in [Lake::memory(), Lake::local(dir.path()).unwrap(), azure] {
            for size in [0, 1, PART - 1, PART, PART + 1, 3 * PART + 5] {
                let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
                let path = paths::object(&format!("a/{size}")).unwrap();
                for finish in [false, true] {
                    let (staging, to) = (Arc::clone(lake.staging()), path.clone());
                    let bytes = bytes.clone();
                    let write = move || {
                        let mut upload = Upload::new(Handle::current(), staging, to);
                        bytes.chunks(100_000).for_each(|part| upload.write_all(part).unwrap());
                        if finish {
                            upload.finish().unwrap();
                        }
                    };
                    tokio::task::spawn_blocking(write).await.unwrap();
                    let there = store::head(lake.staging(), &path).await.unwrap();
                    assert_eq!(there.is_some(), finish);
                }
                let there = lake.staging().get(&path).await.unwrap().bytes().await.unwrap();
                assert!(there == bytes, "{size}");
            }
        }
    }
}
