//! What vendors have sent: the files of each dataset, and what is not read.

use std::{
    collections::{BTreeMap, HashSet},
    fmt, fs, io,
    path::{Path as Folder, PathBuf},
};

use chrono::{DateTime, SecondsFormat, Utc};
use object_store::ObjectMeta;
use pipeline::{
    Dataset,
    dataset::{is_ignored, unread},
};
use serde::Serialize;

use crate::{
    Error, Lake,
    azure_names::original,
    paths,
    store::{etag, head},
};

/// A vendor file as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Name within `raw`.
    pub path: String,
    /// Without quotes, as in receipts.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// When it was written, by the clock of the storage.
    pub written_at: DateTime<Utc>,
}

/// What `raw` holds, by one listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// The vendor files of each dataset that has any, sorted by path (byte order).
    pub files: BTreeMap<Dataset, Vec<Source>>,
    /// What is not read, sorted.
    pub unread: Vec<Unread>,
    /// Objects with a [hidden or temporary](is_ignored) name.
    pub ignored: u64,
}

/// Something in `raw` that is not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unread {
    /// A sentence with the name, escaped, that says why, and which name it should have.
    pub why: String,
    /// When it was written, `2021-04-25T06:15:04Z`; `None` where nobody can tell.
    pub since: Option<String>,
}

impl Lake {
    /// The vendor files of a dataset, by one listing, sorted by path (byte order). Objects that
    /// are no CSV are left out, and so are those whose names cannot be handled.
    pub async fn sources(&self, dataset: Dataset) -> Result<Vec<Source>, Error> {
        let mut raw = self.list_raw_below(Some(dataset.raw_folder())).await?;
        Ok(raw.files.remove(&dataset).unwrap_or_default())
    }

    /// Everything in `raw`: what is not read must not hide from people, nor keep other files from
    /// being read.
    pub async fn list_raw(&self) -> Result<Raw, Error> {
        self.list_raw_below(None).await
    }

    async fn list_raw_below(&self, folder: Option<&str>) -> Result<Raw, Error> {
        let mut raw = Raw::default();
        let found = match self.list(self.raw(), "raw", folder).await {
            Err(Error::Store { why, .. }) if self.raw_folder().is_some() => {
                // The listing ends at a name, a folder or a link that it cannot handle.
                tracing::debug!("listed again, name by name: {why}");
                self.walk(folder.unwrap_or_default(), &mut raw.unread).await?
            }
            found => found?,
        };
        for meta in found {
            let shown = meta.location.as_ref();
            let path = original(shown);
            if is_ignored(&path) || is_folder(&meta) {
                raw.ignored += u64::from(is_ignored(&path));
                continue;
            }
            match (paths::source(&path).and(paths::source(shown)), Dataset::of_path(shown)) {
                (Err(error), _) => raw.unread.push(Unread::new(error.to_string(), &meta)),
                (Ok(_), Some(dataset)) => raw.files.entry(dataset).or_default().push(Source {
                    path: shown.to_owned(),
                    etag: etag(&self.with_change_time(meta.clone())),
                    size: meta.size,
                    written_at: meta.last_modified,
                }),
                (Ok(_), None) => {
                    let why = unread(shown).unwrap_or_default();
                    let why = format!("`{}`: {why}", shown.escape_debug());
                    raw.unread.push(Unread::new(why, &meta));
                }
            }
        }
        raw.files.values_mut().for_each(|files| files.sort_by(|a, b| a.path.cmp(&b.path)));
        raw.unread.sort();
        Ok(raw)
    }

    /// All files below a folder of a local `raw` whose names can be handled.
    async fn walk(
        &self,
        folder: &str,
        misnamed: &mut Vec<Unread>,
    ) -> Result<Vec<ObjectMeta>, Error> {
        let Some(raw) = self.raw_folder().map(Folder::to_owned) else { return Ok(Vec::new()) };
        let top = raw.join(folder);
        let read = tokio::task::spawn_blocking(move || names(&raw, top)).await;
        let names = read.map_err(|_| Error::Crashed { path: folder.to_owned() })?;
        let mut found = Vec::new();
        for name in names {
            let found_there = match name.and_then(|name| paths::object(&name)) {
                Ok(path) => head(self.raw(), &path).await,
                Err(error) => Err(error),
            };
            match found_there {
                Ok(meta) => found.extend(meta),
                Err(error) => misnamed.push(Unread { why: error.to_string(), since: None }),
            }
        }
        Ok(found)
    }
}

impl Unread {
    fn new(why: String, meta: &ObjectMeta) -> Self {
        let since = meta.last_modified.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self { why, since: Some(since) }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.since {
            Some(since) => write!(f, "{} (since {since})", self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// What stands for a folder in a store that has none: nothing, under a name without an end.
fn is_folder(meta: &ObjectMeta) -> bool {
    meta.size == 0 && meta.location.filename().is_some_and(|name| !name.contains('.'))
}

/// Names of all files below `top`, relative to `raw`; an error for each that is no text, for each
/// folder that cannot be read, and for each link to a folder that is read already.
fn names(raw: &Folder, top: PathBuf) -> Vec<Result<String, Error>> {
    let mut names = Vec::new();
    let mut folders = vec![top];
    let mut seen = HashSet::new();
    while let Some(folder) = folders.pop() {
        let name = |path: &Folder| path.strip_prefix(raw).unwrap_or(path).to_owned();
        let entries = fs::canonicalize(&folder)
            .and_then(|real| match seen.insert(real) {
                true => fs::read_dir(&folder),
                false => Err(io::Error::other("it is a link to a folder that is read already")),
            })
            .and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(why) => {
                let folder = name(&folder).to_string_lossy().into_owned();
                names.push(Err(Error::Folder { folder, why }));
                continue;
            }
        };
        for entry in entries {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = name(&path);
            names.push(name.to_str().map(str::to_owned).ok_or_else(|| Error::Name {
                path: name.to_string_lossy().into_owned(),
                why: "it is no UTF-8".to_owned(),
            }));
        }
    }
    names
}
