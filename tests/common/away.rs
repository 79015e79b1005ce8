//! A store that can be away, when each request fails with an error that passes, and that counts requests.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use futures_util::{StreamExt, stream, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path,
};

#[derive(Debug)]
pub struct Away {
    inner: Arc<dyn ObjectStore>,
    is_away: Arc<AtomicBool>,
    requests: Arc<AtomicU64>,
    writes: Arc<AtomicU64>,
}

impl Away {
    /// Puts itself in front of a store.
    pub fn before(store: &mut Arc<dyn ObjectStore>, is_away: &Arc<AtomicBool>) -> Arc<AtomicU64> {
        let (inner, is_away) = (Arc::clone(store), Arc::clone(is_away));
        let (requests, writes) = Default::default();
        *store = Arc::new(Self { inner, is_away, requests: Arc::clone(&requests), writes });
        requests
    }

    /// Puts itself in front of a store, and counts the requests that would change something.
    pub fn counting_writes(store: &mut Arc<dyn ObjectStore>) -> Arc<AtomicU64> {
        let (inner, writes) = (Arc::clone(store), Arc::default());
        let (is_away, requests) = Default::default();
        *store = Arc::new(Self { inner, is_away, requests, writes: Arc::clone(&writes) });
        writes
    }

    fn ask_to_write(&self) -> Result<&dyn ObjectStore> {
        self.writes.fetch_add(1, Relaxed);
        self.ask()
    }

    fn ask(&self) -> Result<&dyn ObjectStore> {
        self.requests.fetch_add(1, Relaxed);
        match self.is_away.load(Relaxed) {
            true => Err(Error::Generic { store: "away", source: "no answer".into() }),
            false => Ok(&*self.inner),
        }
    }
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl ObjectStore for Away {
    async fn put_opts(&self, to: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.ask_to_write()?.put_opts(to, bytes, how).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.ask_to_write()?.put_multipart_opts(to, how).await
    }

    async fn get_opts(&self, from: &Path, how: GetOptions) -> Result<GetResult> {
        self.ask()?.get_opts(from, how).await
    }

    fn delete_stream(
        &self,
        which: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        match self.ask_to_write() {
            Ok(inner) => inner.delete_stream(which),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    fn list(&self, below: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.ask() {
            Ok(inner) => inner.list(below),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    async fn list_with_delimiter(&self, below: Option<&Path>) -> Result<ListResult> {
        self.ask()?.list_with_delimiter(below).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.ask_to_write()?.copy_opts(from, to, how).await
    }
}
