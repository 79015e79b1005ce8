//! Purchases add up, so the same content must not be live under two paths.
//!
//! An index names the paths that brought each content: `staging/_contents/<hash>/<path>/entry`. An entry is
//! put before the receipt, so every live version has one, and it decides nothing: the receipts of its
//! path do. A publish finds what slipped through.

use std::sync::atomic::Ordering::Relaxed;

use futures_util::{StreamExt, TryStreamExt, future, pin_mut, stream};
use object_store::{ObjectStoreExt, PutPayload};
use pipeline::{Dataset, FileReason, FileRefusal};

use crate::{
    Error, Lake, Receipt,
    failpoint::{applies, reach},
    paths,
    store::head,
};

/// Receipts read at the same time.
const AT_ONCE: usize = 64;

const DATASET: Dataset = Dataset::UserPurchase;

/// Folder of the index below `staging`.
const FOLDER: &str = "_contents";

/// Ends the name of an entry: below its path, as receipts are, since one path may begin with another.
const ENTRY: &str = "/entry";

/// There once all live versions have an entry: a lake may be older than its index.
const COMPLETE: &str = "_contents/complete";

/// The first other path (byte order) whose live version has this content. One listing of the paths
/// that brought it, and the newest receipt of each.
pub(crate) async fn find_duplicate(
    lake: &Lake,
    path: &str,
    content_hash: &str,
) -> Result<Option<String>, Error> {
    let folder = format!("{FOLDER}/{content_hash}");
    let entries = lake.list(lake.staging(), "staging", Some(&folder)).await?;
    let path_of = |name: &str| {
        let path = name.strip_prefix(&folder)?.strip_prefix('/')?;
        Some(path.strip_suffix(ENTRY)?.to_owned())
    };
    let mut others: Vec<_> =
        entries.iter().filter_map(|meta| path_of(meta.location.as_ref())).collect();
    others.sort();
    others.retain(|other| other != path);
    let counts = stream::iter(others)
        .map(|other| async move {
            let Some(newest) = lake.receipts().newest(DATASET, &other).await? else {
                return Ok::<_, Error>(None);
            };
            let live = lake.receipts().live_from(newest).await?;
            let has_it = |live: Receipt| live.content_hash.as_deref() == Some(content_hash);
            Ok(live.is_some_and(has_it).then_some(other))
        })
        .buffered(AT_ONCE)
        .try_filter_map(|other| future::ready(Ok(other)));
    pin_mut!(counts);
    counts.try_next().await
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
    /// Enters that a path brings this content, before its receipt is put.
    pub(crate) async fn enter_content(&self, path: &str, content_hash: &str) -> Result<(), Error> {
        reach("content:before")?;
        self.put_empty(&format!("{FOLDER}/{content_hash}/{path}{ENTRY}")).await?;
        Ok(reach("content:after")?)
    }

    async fn put_empty(&self, name: &str) -> Result<(), Error> {
        let put = self.staging().put(&paths::object(name)?, PutPayload::new()).await;
        put.map(drop).map_err(Error::store("write", name))
    }

    /// Enters what is live in a lake that had no index yet.
    pub(crate) async fn complete_contents(&self) -> Result<(), Error> {
        if self.contents_are_complete().load(Relaxed) {
            return Ok(());
        }
        if head(self.staging(), &paths::object(COMPLETE)?).await?.is_none() {
            let listing = self.receipts().list(DATASET).await?;
            stream::iter(listing.newest)
                .map(async |(path, newest)| {
                    let live = self.receipts().live(DATASET, &path, newest).await?;
                    match live.and_then(|live| live.content_hash) {
                        Some(hash) => self.enter_content(&path, &hash).await,
                        None => Ok(()),
                    }
                })
                .buffer_unordered(AT_ONCE)
                .try_collect::<()>()
                .await?;
            self.put_empty(COMPLETE).await?;
        }
        self.contents_are_complete().store(true, Relaxed);
        Ok(())
    }

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
        // Somebody may have deleted it, and the path would be taken in again.
        self.enter_content(kept, content_hash).await?;
        let refusal = Some(same_content(kept).into());
        let same = |live: &Receipt| live.content_hash.as_deref() == Some(content_hash);
        self.receipts().exclude_if(DATASET, path, refusal, same).await
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
        match find_duplicate(self, &receipt.path, hash).await? {
            Some(other) => Ok(!self.has_source(&other).await?),
            None => Ok(true),
        }
    }
}
