//! Object stores in memory whose requests wait for a cue, and whose clock is that of the schedule.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    panic::panic_any,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use lake::failpoint::now;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result, memory::InMemory, path::Path,
};

use super::stage::{Cue, Died, Stage};

/// A process of the app, which may die.
#[derive(Default)]
pub struct Process {
    pub dead: AtomicBool,
}

/// Whose requests wait for a cue.
#[derive(Clone)]
pub struct Gate {
    pub stage: Arc<Stage>,
    pub process: Arc<Process>,
}

impl Gate {
    /// The cue; a process that dies here goes no further, and one that is dead does nothing.
    pub fn turn(&self, place: &str) -> Cue {
        if self.process.dead.load(SeqCst) {
            return Cue::Fail;
        }
        let cue = self.stage.turn(place);
        if cue == Cue::Die {
            self.process.dead.store(true, SeqCst);
            panic_any(Died);
        }
        cue
    }
}

/// A container of the lake, as one process or, without a gate, as a vendor sees it.
#[derive(Clone)]
pub struct Store {
    name: &'static str,
    inner: Arc<InMemory>,
    written_at: Arc<Mutex<BTreeMap<Path, DateTime<Utc>>>>,
    gate: Option<Gate>,
}

impl Store {
    pub fn new(name: &'static str) -> Self {
        Self { name, inner: Arc::default(), written_at: Arc::default(), gate: None }
    }

    pub fn behind(&self, gate: Gate) -> Arc<dyn ObjectStore> {
        Arc::new(Self { gate: Some(gate), ..self.clone() })
    }

    fn turn(&self, request: &str, location: Option<&Path>) -> Result<Cue> {
        let Some(gate) = &self.gate else { return Ok(Cue::Go) };
        // The name of a marker holds that of a temporary folder.
        let location = location.map_or("", |location| location.as_ref());
        let location = location.split_inclusive("_published/").next().unwrap_or_default();
        match gate.turn(&format!("{request} {}/{location}", self.name)) {
            Cue::Fail => Err(away()),
            cue => Ok(cue),
        }
    }

    fn dated(&self, meta: ObjectMeta) -> ObjectMeta {
        let written_at = self.written_at.lock().unwrap().get(&meta.location).copied();
        ObjectMeta { last_modified: written_at.unwrap_or(meta.last_modified), ..meta }
    }

    /// The answer, or what becomes of it.
    fn answer<T>(cue: Cue, answer: Result<T>) -> Result<T> {
        if cue == Cue::FailAfter { answer.and(Err(away())) } else { answer }
    }
}

/// What a store says that is away: another try may succeed.
pub fn away() -> Error {
    Error::Generic { store: "simulated", source: "the storage is away".into() }
}

#[async_trait]
impl ObjectStore for Store {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let cue = self.turn("put", Some(location))?;
        let create = options.mode == PutMode::Create;
        let put = self.inner.put_opts(location, payload, options).await?;
        self.written_at.lock().unwrap().insert(location.clone(), now());
        if cue == Cue::Again && create {
            let source = "the first answer was lost".into();
            return Err(Error::AlreadyExists { path: location.to_string(), source });
        }
        Self::answer(cue, Ok(put))
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let request = if options.head { "head" } else { "get" };
        let cue = self.turn(request, Some(location))?;
        let got = self.inner.get_opts(location, options).await;
        Self::answer(cue, got.map(|got| GetResult { meta: self.dated(got.meta.clone()), ..got }))
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let cue = self.turn("get", Some(location))?;
        Self::answer(cue, self.inner.get_ranges(location, ranges).await)
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let deleted = locations.then(move |location| {
            let store = store.clone();
            async move {
                let location = location?;
                let cue = store.turn("delete", Some(&location))?;
                let deleted = store.inner.delete(&location).await.map(|()| location);
                Self::answer(cue, deleted)
            }
        });
        deleted.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.turn("list", prefix) {
            Err(error) => stream::once(async { Err(error) }).boxed(),
            Ok(Cue::FailAfter) => stream::once(async { Err(away()) }).boxed(),
            Ok(_) => {
                let store = self.clone();
                self.inner.list(prefix).map_ok(move |meta| store.dated(meta)).boxed()
            }
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let cue = self.turn("list", prefix)?;
        let mut listed = self.inner.list_with_delimiter(prefix).await;
        if let Ok(listed) = &mut listed {
            listed.objects = listed.objects.drain(..).map(|meta| self.dated(meta)).collect();
        }
        Self::answer(cue, listed)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
