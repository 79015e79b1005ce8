//! Versions with the bytes of the live one, remembered beside the log: a file that is sent again and
//! again costs no receipt. One small object for each path, overwritten; where it is lost, the file is
//! read once more.

use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};

use crate::{Error, Receipt, State, paths, receipt::now, receipt_log::ReceiptLog, store::get};

/// Folder of these below `staging`.
const FOLDER: &str = "_unchanged";

#[derive(Serialize, Deserialize)]
struct Unchanged {
    /// The attempt that wrote the newest receipt then: another one decides alone.
    attempt: String,
    etag: String,
    /// When it was found, UTC.
    found_at: String,
}

impl Unchanged {
    fn receipt(self, newest: Receipt) -> Receipt {
        let Self { etag, found_at: written_at, .. } = self;
        Receipt { etag, written_at, restaged: false, ..newest }
    }
}

fn name(receipt: &Receipt) -> String {
    format!("{FOLDER}/{}/{}/last.json", receipt.dataset, receipt.path)
}

impl ReceiptLog<'_> {
    /// The newest receipt of a path as one of this version, where that was found unchanged after it;
    /// else as it is.
    pub async fn of_version(self, newest: Receipt, etag: &str) -> Result<Receipt, Error> {
        if newest.etag == etag { Ok(newest) } else { self.of_last_version(newest).await }
    }

    /// The newest receipt of a path as one of the version that was found unchanged after it, if
    /// there is one.
    pub(crate) async fn of_last_version(self, newest: Receipt) -> Result<Receipt, Error> {
        if !leaves_live(&newest) {
            return Ok(newest);
        }
        let found = get(self.staging(), &paths::object(&name(&newest))?).await?;
        let Some((bytes, _)) = found else { return Ok(newest) };
        Ok(match serde_json::from_slice::<Unchanged>(&bytes) {
            Ok(last) if last.attempt == newest.attempt => last.receipt(newest),
            _ => newest,
        })
    }

    /// Remembers that the version has the bytes of the live one. `None` where the newest receipt is
    /// of a version that was not taken in: the log has to say that another one counts by now.
    pub(crate) async fn remember_unchanged(
        self,
        newest: &Receipt,
        etag: String,
    ) -> Result<Option<Receipt>, Error> {
        if !leaves_live(newest) {
            return Ok(None);
        }
        let name = name(newest);
        let attempt = newest.attempt.clone();
        let last = Unchanged { attempt, etag, found_at: now() };
        let json = serde_json::to_vec(&last)
            .map_err(|error| Error::Bug { path: name.clone(), detail: error.to_string() })?;
        let put = self.staging().put(&paths::object(&name)?, json.into()).await;
        put.map_err(Error::store("write", name))?;
        Ok(Some(last.receipt(newest.clone())))
    }
}

/// Whether the version of a receipt was taken in.
fn leaves_live(receipt: &Receipt) -> bool {
    matches!(receipt.state, State::Accepted | State::Loaded | State::Unchanged)
}
