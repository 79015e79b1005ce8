//! Purchases add up, so the same content must not be live under two paths.

use futures_util::{StreamExt, TryStreamExt, stream};
use pipeline::{Dataset, FileReason, FileRefusal};

use crate::{
    Error, Lake, Receipt,
    failpoint::applies,
    paths,
    store::{LiveContent, LiveContents, head},
};

/// Receipts read at the same time.
const AT_ONCE: usize = 16;

/// The first other path (byte order) whose live version has this content. One listing, and
/// the receipts that are new since the last look. `known` stays locked from here to the commit, so
/// that two ingests of one process cannot both find nothing.
pub(crate) async fn find_duplicate(
    lake: &Lake,
    known: &mut LiveContents,
    path: &str,
    content_hash: &str,
) -> Result<Option<String>, Error> {
    let dataset = Dataset::UserPurchase;
    let listing = lake.receipts().list(dataset).await?;
    let mut unknown = Vec::new();
    for (path, &number) in &listing.newest {
        let newest = (number, listing.etag(path).to_owned());
        if known.get(path).is_none_or(|known| known.newest != newest) {
            unknown.push((path.clone(), newest));
        }
    }
    let mut read = stream::iter(unknown)
        .map(|(path, newest)| async move {
            let live = lake.receipts().live(dataset, &path, newest.0).await?;
            let hash = live.and_then(|receipt| receipt.content_hash);
            Ok::<_, Error>((path, LiveContent { newest, hash }))
        })
        .buffer_unordered(AT_ONCE);
    while let Some((path, content)) = read.try_next().await? {
        known.insert(path, content);
    }
    let mut others = listing.newest.keys().filter(|other| *other != path);
    let same = |other: &&String| {
        known.get(*other).is_some_and(|known| known.hash.as_deref() == Some(content_hash))
    };
    Ok(others.find(same).cloned())
}

/// Why a file is refused whose content counts under `other` already.
pub(crate) fn same_content(other: &str) -> FileRefusal {
    let detail = format!(
        "`{other}` has the same rows and counts already: send each file once; this one counts \
         as soon as that one is restated or forgotten"
    );
    FileRefusal::new(FileReason::SameContent, detail)
}

impl Lake {
    /// Excludes the live version of purchases with this content, because `kept` counts with the
    /// same. `None` where the path has no such version any more.
    ///
    /// Of two processes that accept the same content under two paths at the same moment, each
    /// sees only what was there before; whoever sees both excludes the greater path.
    pub async fn exclude_duplicate(
        &self,
        path: &str,
        kept: &str,
        content_hash: &str,
    ) -> Result<Option<Receipt>, Error> {
        let refusal = Some(same_content(kept).into());
        let same = |live: &Receipt| live.content_hash.as_deref() == Some(content_hash);
        self.receipts().exclude_if(Dataset::UserPurchase, path, refusal, same).await
    }

    /// Excludes the live version of `other` where its file is gone from `raw`: it was renamed, or
    /// compressed, to `path`. `false` where it is still there.
    pub(crate) async fn take_over(
        &self,
        other: &str,
        path: &str,
        content_hash: &str,
    ) -> Result<bool, Error> {
        if self.has_source(other).await? {
            return Ok(false);
        }
        self.exclude_duplicate(other, path, content_hash).await?;
        Ok(true)
    }

    async fn has_source(&self, path: &str) -> Result<bool, Error> {
        Ok(head(self.raw(), &paths::source(path)?).await?.is_some())
    }

    /// Whether a receipt refused content that counts nowhere else by now, or under a name that is
    /// gone from `raw`: its file waits to be read again.
    pub async fn is_free_again(&self, receipt: &Receipt) -> Result<bool, Error> {
        let refused = receipt.refusal.as_ref().map(|refusal| refusal.reason);
        let hash = match &receipt.content_hash {
            Some(hash) if refused == Some(FileReason::SameContent) && applies("free again") => hash,
            _ => return Ok(false),
        };
        let mut known = self.purchases().lock().await;
        match find_duplicate(self, &mut known, &receipt.path, hash).await? {
            Some(other) => Ok(!self.has_source(&other).await?),
            None => Ok(true),
        }
    }
}
