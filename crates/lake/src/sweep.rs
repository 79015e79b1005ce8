//! What interrupted work and old versions leave behind goes: a file is kept only while it is live,
//! or while somebody may still read it.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStoreExt, path::Path};
use pipeline::Dataset;
use serde::Serialize;

use crate::{
    Error, Lake, Receipt, SNAPSHOT, State,
    failpoint::{applies, now},
    paths,
};

/// Receipts read, and files deleted, at the same time.
const AT_ONCE: usize = 32;

/// Files that were cleared away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Files of `staging`.
    pub parquet: u64,
    /// Files of `quarantine`.
    pub quarantine: u64,
}

/// What decides whether a replaced version may go.
struct Rules {
    dataset: Dataset,
    before: DateTime<Utc>,
    /// Every warehouse has absorbed every receipt.
    absorbed: bool,
    /// A snapshot of the operational table counts in the place of what was staged of files.
    in_table: bool,
}

impl Rules {
    /// Whether a receipt decides what is live of its path.
    fn decides(&self, receipt: &Receipt) -> bool {
        match receipt.state {
            State::Accepted | State::Forgotten => true,
            State::Loaded => self.in_table,
            State::Rejected | State::Failed | State::Unchanged | State::Unreadable => false,
        }
    }

    /// Whether nobody reads any more what a receipt replaces: it is absorbed, or all work that
    /// began before it is over. A warehouse that comes later does without.
    fn is_settled(&self, receipt: &Receipt) -> bool {
        let written_at = receipt.written_at.parse::<DateTime<Utc>>();
        self.absorbed
            || written_at.is_ok_and(|at| at <= self.before)
            || !applies("replaced versions")
    }
}

/// Names of the files of one source path that must stay.
#[derive(Default)]
struct Named {
    staged: HashSet<String>,
    quarantined: HashSet<String>,
}

/// Old files of one source path.
#[derive(Default)]
struct Old {
    staged: Vec<Path>,
    quarantined: Vec<Path>,
}

impl Lake {
    /// Deletes staged and quarantine files of a dataset that were last modified before the
    /// `grace` period, unless the live version of their path has them. Of a version that was
    /// replaced or excluded the staged file stays until every warehouse has absorbed that, or
    /// until it, too, is older than the grace period. The grace is for work under way: whose
    /// receipt is still to come, or who has listed the receipts before.
    ///
    /// One listing of each container, where there is any old file also of the receipts and of the
    /// markers of warehouses, and the receipts of paths with old files, from the newest back to the
    /// live one.
    pub async fn sweep(&self, dataset: Dataset, grace: Duration) -> Result<Swept, Error> {
        // Before the receipts: a file committed in between is named by a receipt that is seen.
        let before = if applies("grace") { now() - grace } else { now() };
        let mut old: BTreeMap<String, Old> = BTreeMap::new();
        for (path, file) in self.old_files(dataset, false, before).await? {
            old.entry(path).or_default().staged.push(file);
        }
        for (path, file) in self.old_files(dataset, true, before).await? {
            old.entry(path).or_default().quarantined.push(file);
        }
        if old.is_empty() {
            return Ok(Swept::default());
        }
        let listing = self.receipts().list(dataset).await?;
        // Somebody has taken the log away: what it named is all that is left.
        if listing.newest.is_empty() {
            return Ok(Swept::default());
        }
        let absorbed = self.is_absorbed(&listing).await?;
        let newest = listing.newest;
        let snapshot = newest.get(SNAPSHOT).copied().unwrap_or(0);
        let in_table = self.receipts().live(dataset, SNAPSHOT, snapshot).await?.is_some();
        let rules = &Rules { dataset, before, absorbed, in_table };
        stream::iter(old)
            .map(|(path, old)| {
                let newest = newest.get(&path).copied().unwrap_or(0);
                async move {
                    let Some(named) = self.named(rules, &path, newest).await? else {
                        return Ok(Swept::default());
                    };
                    let orphan =
                        |names: &HashSet<String>, file: &Path| !names.contains(file.as_ref());
                    let mut swept = Swept::default();
                    for file in old.staged.iter().filter(|file| orphan(&named.staged, file)) {
                        swept.parquet += self.clear(file, false).await?;
                    }
                    for file in old.quarantined.iter().filter(|f| orphan(&named.quarantined, f)) {
                        swept.quarantine += self.clear(file, true).await?;
                    }
                    Ok(swept)
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_fold(Swept::default(), async |sum, swept| {
                let parquet = sum.parquet + swept.parquet;
                Ok(Swept { parquet, quarantine: sum.quarantine + swept.quarantine })
            })
            .await
    }

    /// Deletes start markers that were last modified before the `grace` period: those of messages
    /// that are long gone. Returns how many.
    pub async fn sweep_start_markers(&self, grace: Duration) -> Result<u64, Error> {
        let before = now() - grace;
        let listed = self.list(self.staging(), "staging", Some(paths::START_MARKERS)).await?;
        let mut swept = 0;
        for marker in listed.into_iter().filter(|meta| meta.last_modified <= before) {
            swept += self.clear(&marker.location, false).await?;
        }
        Ok(swept)
    }

    /// Files last modified before a moment, each with its source path.
    async fn old_files(
        &self,
        dataset: Dataset,
        quarantined: bool,
        before: DateTime<Utc>,
    ) -> Result<Vec<(String, Path)>, Error> {
        let (store, container) = match quarantined {
            false => (self.staging(), "staging"),
            true => (self.quarantine(), "quarantine"),
        };
        let found = self.list(store, container, Some(dataset.name())).await?;
        let old = found.into_iter().filter(|meta| meta.last_modified <= before);
        let named = old.filter_map(|meta| {
            let source = paths::parse_parquet(dataset, meta.location.as_ref())?.to_owned();
            Some((source, meta.location))
        });
        Ok(named.collect())
    }

    /// Looks back from receipt number `newest`. `None`: what a receipt names is not known.
    async fn named(&self, rules: &Rules, path: &str, newest: u32) -> Result<Option<Named>, Error> {
        let (mut named, mut replaced) = (Named::default(), false);
        for number in (1..=newest).rev() {
            let receipt = self.receipts().find(rules.dataset, path, number).await?;
            if receipt.state == State::Unreadable {
                return Ok(None);
            }
            let (decides, is_settled) = (rules.decides(&receipt), rules.is_settled(&receipt));
            named.staged.extend(receipt.parquet);
            // Warehouses do not read it: it goes with the version.
            named.quarantined.extend(receipt.quarantine.filter(|_| !replaced));
            if decides && is_settled {
                break;
            }
            replaced |= decides;
        }
        Ok(Some(named))
    }

    /// Deletes refused rows that were set aside longer than the `retention` ago, whether their
    /// version is live or not. Returns the number of files.
    pub async fn sweep_quarantine(
        &self,
        dataset: Dataset,
        retention: Duration,
    ) -> Result<u64, Error> {
        let mut swept = 0;
        for (_, file) in self.old_files(dataset, true, now() - retention).await? {
            swept += self.clear(&file, true).await?;
        }
        Ok(swept)
    }

    async fn clear(&self, file: &Path, quarantined: bool) -> Result<u64, Error> {
        let store = if quarantined { self.quarantine() } else { self.staging() };
        match store.delete(file).await {
            Ok(()) => Ok(1),
            // Another sweep came first.
            Err(object_store::Error::NotFound { .. }) => Ok(0),
            Err(error) => Err(Error::store("delete", file)(error)),
        }
    }
}
