//! Customers whose data must not come back: a create-only list, `staging/_erased/NNNNNN.json`, that
//! every ingest heeds.
//!
//! An entry names customers and their reviews by keyed hashes, and the files that held them when it
//! was appended. Such a file waits until a receipt says that the entry was heeded.

mod eraser;
mod search;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use object_store::{ObjectStoreExt, PutMode};
use pipeline::logs::PiiKey;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Lake,
    failpoint::reach,
    paths::{self, ERASED},
    receipt::now,
};

pub(crate) use eraser::Eraser;
pub use search::Erasure;

/// One entry of the list. Never changed and never deleted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Fingerprint of the key of its hashes.
    pub key: String,
    /// UTC, `2021-04-25T06:15:04Z`.
    pub at: String,
    /// Which try wrote it.
    pub attempt: String,
    /// Customers who are erased from here on.
    pub customers: BTreeSet<String>,
    /// Reviews whose logs are.
    pub reviews: BTreeSet<String>,
    /// Reviews that another customer has by now: their logs count again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub released: BTreeSet<String>,
    /// Paths that have to be staged again.
    pub files: BTreeSet<String>,
}

/// The list as a whole.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    entries: u32,
    keys: BTreeSet<String>,
    customers: HashSet<String>,
    reviews: HashSet<String>,
    files: HashMap<String, u32>,
}

impl Erased {
    /// Number of entries.
    pub fn entries(&self) -> u32 {
        self.entries
    }

    /// Fingerprints of the keys that its hashes were made with.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// How many entries a receipt of this path must have heeded.
    pub fn due(&self, path: &str) -> u32 {
        self.files.get(path).copied().unwrap_or_default()
    }

    fn add(&mut self, entry: Entry) {
        self.entries += 1;
        self.keys.insert(entry.key);
        self.customers.extend(entry.customers);
        self.reviews.retain(|review| !entry.released.contains(review));
        self.reviews.extend(entry.reviews);
        self.files.extend(entry.files.into_iter().map(|path| (path, self.entries)));
    }

    fn has_customer(&self, keys: &[PiiKey], id: i64) -> bool {
        keys.iter().any(|key| self.customers.contains(&key.customer(id)))
    }

    pub(crate) fn has_review(&self, keys: &[PiiKey], id: i64) -> bool {
        keys.iter().any(|key| self.reviews.contains(&key.review(id)))
    }
}

impl Lake {
    /// The list of erased customers, as it is now. One small read where nothing is new. An error
    /// where a key of it is not known, since nobody could heed it.
    pub async fn erased(&self) -> Result<Arc<Erased>, Error> {
        let mut known = self.erased_list().lock().await;
        while let Some(entry) = self.read_entry(known.entries + 1).await? {
            Arc::make_mut(&mut known).add(entry);
        }
        let is_known = |id: &&String| self.keys().iter().any(|key| key.id() == *id);
        if let Some(key) = known.keys.iter().find(|key| !is_known(key)) {
            let problem = format!(
                "needs the key with the fingerprint {key}: set PII_KEY to it, or add it to PII_KEY_OLD \
                 where PII_KEY is a newer one"
            );
            return Err(Error::ErasedKey { problem });
        }
        Ok(Arc::clone(&known))
    }

    async fn read_entry(&self, number: u32) -> Result<Option<Entry>, Error> {
        let name = name(number);
        let path = paths::object(&name)?;
        let got = async { self.staging().get(&path).await?.bytes().await };
        let bytes = match got.await {
            Ok(bytes) => bytes,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(Error::store("read", name)(error)),
        };
        let entry = serde_json::from_slice(&bytes).map_err(|error| {
            // Only where the JSON breaks, never what it says.
            let why = format!("no entry from line {} column {} on", error.line(), error.column());
            Error::Damaged { name, why }
        });
        entry.map(Some)
    }

    /// Appends an entry behind those that `known` has. `false` where another one came first.
    pub(crate) async fn append_erased(&self, known: &Erased, entry: Entry) -> Result<bool, Error> {
        let name = name(known.entries + 1);
        let entry = Entry { at: now(), attempt: paths::attempt(), ..entry };
        let bug =
            |error: serde_json::Error| Error::Bug { path: name.clone(), detail: error.to_string() };
        let json = serde_json::to_vec_pretty(&entry).map_err(bug)?;
        reach("erased:before")?;
        let path = paths::object(&name)?;
        let put = self.staging().put_opts(&path, json.into(), PutMode::Create.into()).await;
        reach("erased:after")?;
        match put {
            Ok(_) => Ok(true),
            // Perhaps it is ours: a put whose answer was lost is sent again.
            Err(object_store::Error::AlreadyExists { .. }) => {
                let there = self.read_entry(known.entries + 1).await?;
                Ok(there.is_some_and(|there| there.attempt == entry.attempt))
            }
            Err(error) => Err(Error::store("write", name)(error)),
        }
    }

    /// The key of new entries.
    pub(crate) fn erasure_key(&self) -> Result<&PiiKey, Error> {
        let problem = "is kept under a key: set PII_KEY to at least 32 bytes in base64, such as those of \
                       `openssl rand -base64 48 | tr -d '\\n'`";
        self.keys().first().ok_or_else(|| Error::ErasedKey { problem: problem.to_owned() })
    }
}

/// Name, within `staging`, of an entry.
fn name(number: u32) -> String {
    format!("{ERASED}/{number:06}.json")
}
