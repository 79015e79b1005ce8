//! Purchases add up, so the same content must not be live under two paths.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use pipeline::{Dataset, FileReason, FileRefusal};

use crate::{Error, Lake, Receipt, Refusal};

/// Receipts read at the same time.
const AT_ONCE: usize = 16;

/// The live content of each purchase path as it was found last. Held locked from the look for a
/// twin to the commit, so that two ingests of one process cannot both find nothing.
#[derive(Default)]
pub(crate) struct Purchases {
    known: HashMap<String, Known>,
}

/// Receipts never change, so the newest one says whether this is still right.
struct Known {
    newest: (u32, String),
    live: Option<String>,
}

impl Purchases {
    /// The first other path (byte order) whose live version has this content. One listing, and
    /// the receipts that are new since the last look.
    pub(crate) async fn twin(
        &mut self,
        lake: &Lake,
        path: &str,
        content_hash: &str,
    ) -> Result<Option<String>, Error> {
        let dataset = Dataset::UserPurchase;
        let listing = lake.receipts(dataset).await?;
        let mut unknown = Vec::new();
        for (path, &number) in &listing.newest {
            let etag = listing.etags.get(path).cloned().unwrap_or_default();
            let newest = (number, etag);
            if self.known.get(path).is_none_or(|known| known.newest != newest) {
                unknown.push((path.clone(), newest));
            }
        }
        let mut read = stream::iter(unknown)
            .map(|(path, newest)| async move {
                let live = lake.live_receipt(dataset, &path, newest.0).await?;
                let live = live.and_then(|receipt| receipt.content_hash);
                Ok::<_, Error>((path, Known { newest, live }))
            })
            .buffer_unordered(AT_ONCE);
        while let Some((path, known)) = read.try_next().await? {
            self.known.insert(path, known);
        }
        let mut others = listing.newest.keys().filter(|other| *other != path);
        let same = |other: &&String| {
            self.known.get(*other).is_some_and(|known| known.live.as_deref() == Some(content_hash))
        };
        Ok(others.find(same).cloned())
    }
}

/// Why a file is refused whose content counts as `twin` already.
pub(crate) fn same_content(twin: &str) -> FileRefusal {
    let detail = format!(
        "`{twin}` has the same bytes and counts already: send each file once; this one counts \
         as soon as that one is restated or forgotten"
    );
    FileRefusal::new(FileReason::SameContent, detail)
}

impl Lake {
    /// Takes the live version of purchases with this content out, because `kept` counts with the
    /// same. `None` where the path has no such version any more.
    ///
    /// Of two processes that accept the same content under two paths at the same moment, each
    /// sees only what was there before; whoever sees both takes the greater path out.
    pub async fn take_out_twin(
        &self,
        path: &str,
        kept: &str,
        content_hash: &str,
    ) -> Result<Option<Receipt>, Error> {
        let FileRefusal { reason, detail } = same_content(kept);
        let refusal = Some(Refusal { reason, detail });
        let same = |live: &Receipt| live.content_hash.as_deref() == Some(content_hash);
        self.forget_if(Dataset::UserPurchase, path, refusal, same).await
    }

    /// Whether a receipt refused content that counts nowhere else by now: its file waits to be
    /// read again.
    pub async fn is_free_again(&self, receipt: &Receipt) -> Result<bool, Error> {
        let refused = receipt.refusal.as_ref().map(|refusal| refusal.reason);
        let hash = match &receipt.content_hash {
            Some(hash) if refused == Some(FileReason::SameContent) => hash,
            _ => return Ok(false),
        };
        let twin = self.purchases().lock().await.twin(self, &receipt.path, hash).await?;
        Ok(twin.is_none())
    }
}
