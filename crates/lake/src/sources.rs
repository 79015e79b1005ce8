//! What vendors have sent: the files of a dataset, and names that nobody can handle.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path as Folder, PathBuf},
};

use chrono::{DateTime, Utc};
use object_store::ObjectMeta;
use pipeline::Dataset;

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

/// The vendor files of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Sorted by path (byte order).
    pub files: Vec<Source>,
    /// What lies among them under a name that cannot be handled: a sentence each, with the name
    /// escaped, that says what is wrong with it.
    pub misnamed: Vec<String>,
}

impl Lake {
    /// The vendor files of a dataset, by one listing, sorted by path (byte order). Objects that
    /// are no CSV are left out, and so are [misnamed](Sources::misnamed) ones.
    pub async fn sources(&self, dataset: Dataset) -> Result<Vec<Source>, Error> {
        Ok(self.list_sources(dataset).await?.files)
    }

    /// As [`sources`](Self::sources), with what is misnamed: it must not hide from people, nor
    /// keep other files from being read.
    pub async fn list_sources(&self, dataset: Dataset) -> Result<Sources, Error> {
        let folder = dataset.raw_folder();
        let mut sources = Sources::default();
        let found = match self.list(self.raw(), "raw", folder).await {
            Err(Error::Store { why, .. }) if self.raw_folder().is_some() => {
                // The listing ends at a name, a folder or a link that it cannot handle.
                tracing::debug!("listed again, name by name: {why}");
                self.walk(folder, &mut sources.misnamed).await?
            }
            found => found?,
        };
        for meta in found {
            let path = meta.location.as_ref();
            if Dataset::of_path(path) != Some(dataset) {
                continue;
            }
            match paths::source(path).map_err(|error| named(path).err().unwrap_or(error)) {
                Ok(_) => sources.files.push(Source {
                    path: path.to_owned(),
                    etag: etag(&meta),
                    size: meta.size,
                    written_at: meta.last_modified,
                }),
                Err(error) => sources.misnamed.push(error.to_string()),
            }
        }
        sources.files.sort_by(|a, b| a.path.cmp(&b.path));
        sources.misnamed.sort();
        Ok(sources)
    }

    /// All files below a folder of a local `raw` whose names can be handled.
    async fn walk(
        &self,
        folder: &str,
        misnamed: &mut Vec<String>,
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
                Err(error) => misnamed.push(error.to_string()),
            }
        }
        Ok(found)
    }
}

/// What is wrong with the name itself, of which a listing may show another spelling.
fn named(path: &str) -> Result<(), Error> {
    paths::source(&original(path)).map(drop)
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
