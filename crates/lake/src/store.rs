//! The lake itself: three object stores, and what is asked of them by name.

use std::{
    path::{Path as Folder, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt, local::LocalFileSystem, memory::InMemory, path::Path,
};
use pipeline::logs::PiiKey;
use twox_hash::XxHash3_128;

use crate::{
    AzureLake, Error, Work, erased::list::Erased, ingest::UnderWay, paths, work::Counters,
};

/// Containers of an account, sub-folders of a local lake.
const CONTAINERS: [&str; 3] = ["raw", "staging", "quarantine"];

/// Raw files, staged files with their receipts, and refused rows. Cheap to clone.
#[derive(Clone)]
pub struct Lake {
    inner: Arc<Inner>,
    keys: Arc<[PiiKey]>,
}

struct Inner {
    raw: Arc<dyn ObjectStore>,
    staging: Arc<dyn ObjectStore>,
    quarantine: Arc<dyn ObjectStore>,
    /// Where `raw` is on the disk, if it is there.
    raw_folder: Option<PathBuf>,
    description: String,
    counters: Counters,
    /// Names this process in the lake.
    process: String,
    /// Versions that this process reads now.
    under_way: UnderWay,
    /// Held by the one version that this process reads though it may have killed others.
    suspect: Arc<tokio::sync::Mutex<()>>,
    /// Held from the look for the same content to the commit, so that two ingests of one process
    /// cannot both find nothing.
    purchases: tokio::sync::Mutex<()>,
    /// The index of contents has all that is live.
    contents_are_complete: AtomicBool,
    /// The list as it was read last.
    erased: tokio::sync::Mutex<Arc<Erased>>,
    /// The three containers have been seen.
    checked: AtomicBool,
}

impl Lake {
    /// A lake in a folder, whose sub-folders `raw`, `staging` and `quarantine` are made when
    /// missing. Writes are atomic, and on the disk before the next step relies on them: a
    /// receipt that survives a power cut names files that do.
    pub fn local(dir: &Folder) -> Result<Self, Error> {
        let failed = |why| Error::Folder { folder: dir.display().to_string(), why };
        let open = |name: &str| -> Result<Arc<dyn ObjectStore>, Error> {
            let folder = dir.join(name);
            std::fs::create_dir_all(&folder).map_err(failed)?;
            let store = LocalFileSystem::new_with_prefix(&folder)
                .map_err(|error| failed(std::io::Error::other(error)))?;
            Ok(Arc::new(store.with_fsync(true)))
        };
        let [raw, staging, quarantine] = CONTAINERS;
        let (raw, staging, quarantine) = (open(raw)?, open(staging)?, open(quarantine)?);
        let absolute = std::fs::canonicalize(dir).map_err(failed)?;
        let raw_folder = Some(absolute.join(CONTAINERS[0]));
        let description = format!("file:{}", absolute.display());
        Ok(Self::with(raw, staging, quarantine, raw_folder, description))
    }

    /// A lake in memory that ends with its last clone.
    pub fn memory() -> Self {
        let store = || Arc::new(InMemory::new());
        Self::new(store(), store(), store(), "memory:".to_owned())
    }

    /// A lake in an account of Azure Storage or of its emulator. Nothing is asked of it yet:
    /// see [`check`](Self::check).
    pub fn azure(azure: &AzureLake) -> Result<Self, Error> {
        let [raw, staging, quarantine] = azure.open(CONTAINERS)?;
        Ok(Self::new(raw, staging, quarantine, azure.to_string()))
    }

    /// A lake on any object stores that can put an object only if it is absent. The description
    /// names the place for people; it must hold no secret.
    pub fn new(
        raw: Arc<dyn ObjectStore>,
        staging: Arc<dyn ObjectStore>,
        quarantine: Arc<dyn ObjectStore>,
        description: String,
    ) -> Self {
        Self::with(raw, staging, quarantine, None, description)
    }

    fn with(
        raw: Arc<dyn ObjectStore>,
        staging: Arc<dyn ObjectStore>,
        quarantine: Arc<dyn ObjectStore>,
        raw_folder: Option<PathBuf>,
        description: String,
    ) -> Self {
        let (counters, under_way, suspect, purchases, erased) = Default::default();
        let (contents_are_complete, checked) = Default::default();
        let process = paths::attempt();
        let inner = Inner {
            raw,
            staging,
            quarantine,
            raw_folder,
            description,
            counters,
            process,
            under_way,
            suspect,
            purchases,
            contents_are_complete,
            erased,
            checked,
        };
        Self { inner: Arc::new(inner), keys: Arc::new([]) }
    }

    /// With the keys of the list of erased customers: that of new entries, then older ones.
    pub fn with_keys(self, keys: impl IntoIterator<Item = PiiKey>) -> Self {
        Self { keys: keys.into_iter().collect(), ..self }
    }

    /// Asks whether the three containers are there and can be listed; once they were, nothing is
    /// asked again. Whoever finds no blob checks first: a container that is missing would make
    /// every blob look deleted.
    pub async fn check(&self) -> Result<(), Error> {
        if self.inner.checked.load(Relaxed) {
            return Ok(());
        }
        // Below this name there is nothing, so the answer is short.
        let nothing = Path::from("_check");
        for (container, store) in
            CONTAINERS.into_iter().zip([self.raw(), self.staging(), self.quarantine()])
        {
            let listed = store.list(Some(&nothing)).try_next().await;
            let error = listed.err().map(Error::store("list", container));
            match error {
                Some(error) if error.is_no_container() => {
                    return Err(Error::NoContainer { lake: self.describe(), container });
                }
                Some(error) => return Err(error),
                None => {}
            }
        }
        self.inner.checked.store(true, Relaxed);
        Ok(())
    }

    /// Where the lake is: `file:/abs/dir` or the address of its storage account.
    pub fn describe(&self) -> String {
        self.inner.description.clone()
    }

    /// Whether it lies in a folder of this machine.
    pub fn is_local(&self) -> bool {
        self.inner.raw_folder.is_some()
    }

    /// What was done through this lake and its clones so far.
    pub fn work(&self) -> Work {
        self.inner.counters.work()
    }

    /// Keeps what a publisher wants to remember, as `staging/_published/<name>.json`.
    pub async fn put_marker(&self, name: &str, bytes: Bytes) -> Result<(), Error> {
        let path = paths::marker(name)?;
        let put = self.staging().put(&path, bytes.into()).await;
        put.map(drop).map_err(Error::store("write", path))
    }

    /// What [`put_marker`](Self::put_marker) kept last; `None` before the first time.
    pub async fn get_marker(&self, name: &str) -> Result<Option<Bytes>, Error> {
        Ok(self.dated_marker(name).await?.map(|(bytes, _)| bytes))
    }

    /// As [`get_marker`](Self::get_marker), and when it was put, by the clock of the storage.
    pub async fn dated_marker(&self, name: &str) -> Result<Option<(Bytes, DateTime<Utc>)>, Error> {
        get(self.staging(), &paths::marker(name)?).await
    }

    /// Names of all [markers](Self::put_marker).
    pub async fn marker_names(&self) -> Result<Vec<String>, Error> {
        let folder = paths::markers();
        let listed = self.staging().list(Some(&folder)).try_collect::<Vec<ObjectMeta>>().await;
        let found = listed.map_err(Error::store("list", folder))?;
        let name =
            |meta: &ObjectMeta| meta.location.filename()?.strip_suffix(".json").map(str::to_owned);
        Ok(found.iter().filter_map(name).collect())
    }

    /// The objects of a folder of `staging`, by name, without those of folders below it. None where
    /// there is no such folder.
    pub async fn read_folder(&self, folder: &str) -> Result<Vec<(String, Bytes)>, Error> {
        let mut objects = Vec::new();
        for meta in self.list(self.staging(), "staging", Some(folder)).await? {
            let path = meta.location;
            let Some(name) = path.as_ref().strip_prefix(folder).and_then(|n| n.strip_prefix('/'))
            else {
                continue;
            };
            if !name.contains('/') {
                let got = async { self.staging().get(&path).await?.bytes().await };
                objects.push((name.to_owned(), got.await.map_err(Error::store("read", &path))?));
            }
        }
        objects.sort();
        Ok(objects)
    }

    /// Whether a staged Parquet file (name within `staging`) is there: reconcile clears away what
    /// no live version needs.
    pub async fn has_staged(&self, parquet: &str) -> Result<bool, Error> {
        let path = paths::object(parquet)?;
        Ok(head(self.staging(), &path).await?.is_some())
    }

    /// Metadata of a vendor file, or `None` where there is none.
    pub(crate) async fn head_raw(&self, path: &Path) -> Result<Option<ObjectMeta>, Error> {
        Ok(head(self.raw(), path).await?.map(|meta| self.with_change_time(meta)))
    }

    /// Hash of the bytes of a vendor file as receipts have it ([`Receipt::bytes_hash`](crate::Receipt)),
    /// by reading all of it; `None` where there is no such file.
    pub async fn source_hash(&self, path: &str) -> Result<Option<String>, Error> {
        let object = paths::source(path)?;
        let read = async {
            let mut bytes = self.raw().get(&object).await?.into_stream();
            let mut hash = XxHash3_128::new();
            while let Some(bytes) = bytes.try_next().await? {
                hash.write(&bytes);
                Counters::add(&self.counters().bytes_read, bytes.len() as u64);
            }
            Ok(format!("{:032x}", hash.finish_128()))
        };
        match read.await {
            Ok(hash) => Ok(Some(hash)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::store("read", path)(error)),
        }
    }

    /// In a local folder with the time at which the inode changed, which no program can set: a copy
    /// may keep inode, size and time of change of what it overwrites.
    pub(crate) fn with_change_time(&self, meta: ObjectMeta) -> ObjectMeta {
        #[cfg(unix)]
        if let Some(raw) = self.raw_folder()
            && let Ok(file) = std::fs::metadata(raw.join(meta.location.as_ref()))
        {
            use std::os::unix::fs::MetadataExt;
            let e_tag = format!("{}-{:x}.{:x}", etag(&meta), file.ctime(), file.ctime_nsec());
            return ObjectMeta { e_tag: Some(e_tag), ..meta };
        }
        meta
    }

    pub(crate) fn raw(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.raw
    }

    pub(crate) fn raw_folder(&self) -> Option<&Folder> {
        self.inner.raw_folder.as_deref()
    }

    pub(crate) fn staging(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.staging
    }

    pub(crate) fn quarantine(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.quarantine
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.inner.counters
    }

    pub(crate) fn process(&self) -> &str {
        &self.inner.process
    }

    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.inner.under_way
    }

    pub(crate) fn suspect(&self) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(&self.inner.suspect)
    }

    pub(crate) fn keys(&self) -> &Arc<[PiiKey]> {
        &self.keys
    }

    pub(crate) fn erased_list(&self) -> &tokio::sync::Mutex<Arc<Erased>> {
        &self.inner.erased
    }

    pub(crate) fn purchases(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.purchases
    }

    pub(crate) fn contents_are_complete(&self) -> &AtomicBool {
        &self.inner.contents_are_complete
    }

    /// Everything below a folder, or in the container, in no order.
    pub(crate) async fn list(
        &self,
        store: &Arc<dyn ObjectStore>,
        container: &str,
        folder: Option<&str>,
    ) -> Result<Vec<ObjectMeta>, Error> {
        Counters::add(&self.counters().listings, 1);
        let prefix = folder.map(paths::object).transpose()?;
        let found = store.list(prefix.as_ref()).try_collect().await;
        let place = format!("{container}/{}", folder.unwrap_or_default());
        match found.map_err(Error::store("list", place)) {
            Ok(found) => Ok(found),
            Err(error) => Err(self.explain(error).await),
        }
    }

    /// Names the container where one is missing.
    pub(crate) async fn explain(&self, error: Error) -> Error {
        if !error.is_no_container() {
            return error;
        }
        // It was there, perhaps, but is no more.
        self.inner.checked.store(false, Relaxed);
        self.check().await.err().unwrap_or(error)
    }

    /// Deletes what no receipt will name. It is only tidiness: `reconcile` does it too.
    pub(crate) async fn discard(&self, store: &Arc<dyn ObjectStore>, name: &str) {
        let Ok(path) = paths::object(name) else { return };
        if let Err(error) = store.delete(&path).await {
            tracing::debug!(%path, %error, "an orphan stays for reconcile");
        }
    }
}

/// ETag of an object without quotes; a stand-in where a store has none.
pub(crate) fn etag(meta: &ObjectMeta) -> String {
    match &meta.e_tag {
        Some(etag) => paths::plain_etag(etag),
        None => format!("{:x}-{:x}", meta.last_modified.timestamp_micros(), meta.size),
    }
}

/// The bytes of an object and when it was put, or `None` where there is none.
pub(crate) async fn get(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
) -> Result<Option<(Bytes, DateTime<Utc>)>, Error> {
    let got = async {
        let got = store.get(path).await?;
        let put_at = got.meta.last_modified;
        Ok((got.bytes().await?, put_at))
    };
    match got.await {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(Error::store("read", path)(error)),
    }
}

/// Metadata of an object, or `None` where there is none.
pub(crate) async fn head(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
) -> Result<Option<ObjectMeta>, Error> {
    match store.head(path).await {
        Ok(meta) => Ok(Some(meta)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(Error::store("look up", path)(error)),
    }
}
