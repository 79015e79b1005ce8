//! Customers whose data must not come back: a create-only list, `staging/_erased/NNNNNN.json`, that
//! every ingest heeds.
//!
//! An entry names customers and their reviews by keyed hashes, and the files that held them when it
//! was appended. Such a file waits until a receipt says that the entry was heeded.

mod eraser;
pub(crate) mod list;
mod search;

use std::sync::Arc;

use object_store::PutMode;
use pipeline::logs::PiiKey;

use crate::{
    Error, Lake,
    failpoint::reach,
    paths::{self, ERASED},
    receipt::now,
    store::get,
};

pub(crate) use eraser::Eraser;
use list::{Entry, Erased};
pub use search::Erasure;

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
        let found = get(self.staging(), &paths::object(&name)?).await?;
        let Some((bytes, _)) = found else { return Ok(None) };
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
