//! What the lake has that the warehouse has not absorbed yet.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use engine::{Change, Changed, Live};
use futures_util::{StreamExt, TryStreamExt, future, stream};
use lake::{Lake, Listing, Receipt, SNAPSHOT, failpoint::applies};
use pipeline::Dataset;
use warehouse::{Absorbed, State};

/// Receipts that are read at the same time.
const AT_ONCE: usize = 64;

/// The live files as they are now, and how they differ from what was published.
#[derive(Default)]
pub struct ChangeSet {
    pub live: Live,
    pub change: Change,
    /// Receipts that the warehouse has not seen.
    pub receipts: Vec<Receipt>,
    /// Paths of which the warehouse keeps what it has, and the receipt that cannot be read.
    pub unreadable: Vec<(String, u32)>,
    /// The live receipt of each changed path.
    pub live_numbers: BTreeMap<String, Option<u32>>,
}

/// Reads the receipts that are newer than those absorbed, and nothing else.
pub async fn change_set(
    lake: &Lake,
    listings: &[(Dataset, Listing)],
    state: &State,
) -> anyhow::Result<ChangeSet> {
    let mut changes = ChangeSet::default();
    if let Some((path, absorbed)) = behind(listings, state) {
        anyhow::bail!(
            "the warehouse has absorbed receipt {absorbed} of `{path}`, which this lake does not \
             have: check that LAKE and WAREHOUSE belong together"
        );
    }
    let snapshot = Snapshot::find(lake, listings, state).await?;
    let mut new_receipts = read(lake, listings, state).await?;
    for (dataset, listing) in listings {
        for (path, newest) in &listing.newest {
            let absorbed = state.paths.get(path);
            let before = absorbed.and_then(|absorbed| absorbed.live.clone());
            let mut after = before.clone();
            let mut receipts = new_receipts.remove(path).unwrap_or_default();
            let mut unreadable = None;
            for receipt in &receipts {
                match receipt.state {
                    lake::State::Accepted => (after, unreadable) = (Some(receipt.clone()), None),
                    lake::State::Forgotten => (after, unreadable) = (None, None),
                    lake::State::Unreadable => unreadable = Some(receipt.number),
                    lake::State::Loaded
                    | lake::State::Rejected
                    | lake::State::Failed
                    | lake::State::Unchanged => {}
                }
            }
            // While the snapshot is live, no receipt of a purchases file decides anything.
            let in_table = matches!(snapshot, Snapshot::Live)
                && *dataset == Dataset::UserPurchase
                && path != SNAPSHOT;
            if let Some(number) = unreadable.filter(|_| !in_table) {
                changes.unreadable.push((path.clone(), number));
                changes.live.of_mut(*dataset).extend(before);
                continue;
            }
            receipts.retain(|receipt| receipt.state != lake::State::Unreadable);
            changes.receipts.extend(receipts);
            if *dataset == Dataset::UserPurchase && path != SNAPSHOT {
                match snapshot {
                    Snapshot::Live => after = None,
                    Snapshot::TakenOut => {
                        after = staged(lake, *dataset, path, *newest).await?;
                    }
                    Snapshot::None => {}
                }
            }
            if before != after {
                changes
                    .live_numbers
                    .insert(path.clone(), after.as_ref().map(|receipt| receipt.number));
                changes.change.of_mut(*dataset).push(Changed { before, after: after.clone() });
            }
            changes.live.of_mut(*dataset).extend(after);
        }
    }
    Ok(changes)
}

/// The receipts that the warehouse has not absorbed, by path and in the order of their numbers.
async fn read(
    lake: &Lake,
    listings: &[(Dataset, Listing)],
    state: &State,
) -> anyhow::Result<BTreeMap<String, Vec<Receipt>>> {
    let mut wanted = Vec::new();
    for (dataset, listing) in listings {
        for (path, newest) in &listing.newest {
            let absorbed = state.paths.get(path).map_or(0, |absorbed| absorbed.newest);
            wanted.extend((absorbed + 1..=*newest).map(|number| (*dataset, path.clone(), number)));
        }
    }
    stream::iter(wanted)
        .map(|(dataset, path, number)| async move {
            let receipt = lake.receipts().find(dataset, &path, number).await;
            let receipt =
                receipt.with_context(|| format!("cannot read receipt {number} of `{path}`"))?;
            anyhow::Ok((path, receipt))
        })
        .buffered(AT_ONCE)
        .try_fold(BTreeMap::new(), |mut by_path: BTreeMap<_, Vec<_>>, (path, receipt)| {
            by_path.entry(path).or_default().push(receipt);
            future::ready(Ok(by_path))
        })
        .await
}

/// What is staged of a path, unless a sweep took it while the snapshot counted in its place: then
/// the file is read again, since its rows go to staging now.
async fn staged(
    lake: &Lake,
    dataset: Dataset,
    path: &str,
    newest: u32,
) -> Result<Option<Receipt>, lake::Error> {
    let staged = lake.receipts().staged(dataset, path, newest).await?;
    let Some(parquet) = staged.as_ref().and_then(|staged| staged.parquet.as_deref()) else {
        return Ok(None);
    };
    Ok(if lake.has_staged(parquet).await? { staged } else { None })
}

/// The snapshot of the operational table. While it is live, no file of purchases is: the table
/// has them all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Snapshot {
    None,
    Live,
    /// It was live when the warehouse looked last, so it knows of no file that counts now.
    TakenOut,
}

impl Snapshot {
    async fn find(
        lake: &Lake,
        listings: &[(Dataset, Listing)],
        state: &State,
    ) -> anyhow::Result<Self> {
        let of_purchases = listings.iter().find(|(dataset, _)| *dataset == Dataset::UserPurchase);
        let newest = of_purchases.and_then(|(_, listing)| listing.newest.get(SNAPSHOT));
        let Some(newest) = newest else { return Ok(Self::None) };
        let absorbed = state.paths.get(SNAPSHOT);
        let was_live = absorbed.is_some_and(|absorbed| absorbed.live.is_some());
        let is_live = match absorbed {
            Some(absorbed) if absorbed.newest == *newest => was_live,
            _ => lake.receipts().live(Dataset::UserPurchase, SNAPSHOT, *newest).await?.is_some(),
        };
        Ok(match (is_live, was_live) {
            (true, _) => Self::Live,
            (false, true) => Self::TakenOut,
            (false, false) => Self::None,
        })
    }
}

/// The first path of which the warehouse has absorbed more than the listings show.
pub fn behind(listings: &[(Dataset, Listing)], state: &State) -> Option<(String, u32)> {
    let listed = |path: &str| listings.iter().find_map(|(_, listing)| listing.newest.get(path));
    let behind = state
        .paths
        .iter()
        .find(|(path, absorbed)| listed(path).is_none_or(|newest| *newest < absorbed.newest));
    behind.map(|(path, absorbed)| (path.clone(), absorbed.newest))
}

/// A lake that was recreated, or put back from a backup, gives numbers again that the warehouse has
/// absorbed, so receipts are compared by what wrote them. Read are a live one, those put since the
/// newest publish, and those that newer ones follow: all others were there when the warehouse absorbed
/// them. `marked_at`: when the marker in the lake was put, which follows each publish and is finer
/// than its second. In a lake put back from a backup it is older.
pub async fn check_lake(
    lake: &Lake,
    listings: &[(Dataset, Listing)],
    state: &State,
    marked_at: Option<DateTime<Utc>>,
) -> anyhow::Result<()> {
    let published_at: Option<DateTime<Utc>> =
        state.published_at.as_deref().and_then(|time| time.parse().ok());
    let since = published_at.max(published_at.and(marked_at));
    // In a recreated lake all of them differ. More than one, as somebody may have damaged it.
    let mut unproven = 3;
    for (dataset, listing) in listings {
        for (path, newest) in &listing.newest {
            let Some(absorbed) = state.paths.get(path) else { continue };
            let changed = match newest.cmp(&absorbed.newest) {
                Ordering::Less => continue,
                Ordering::Equal => since.is_some_and(|since| listing.is_put_since(path, since)),
                Ordering::Greater => true,
            };
            let proves = unproven > 0 && absorbed.live.is_some();
            if !changed && !proves {
                continue;
            }
            unproven -= i32::from(proves);
            let receipt = match lake.receipts().get(*dataset, path, absorbed.newest).await {
                // Somebody deleted or damaged it.
                Err(lake::Error::Missing { .. } | lake::Error::Damaged { .. }) => continue,
                receipt => receipt?,
            };
            anyhow::ensure!(
                is_same(absorbed, &receipt),
                "receipt {} of `{path}` is not the one that the warehouse has absorbed: check that \
                 LAKE and WAREHOUSE belong together; if the lake was recreated or put back from a \
                 backup, recreate the warehouse too",
                receipt.number
            );
            if proves {
                unproven = 0;
            }
        }
    }
    Ok(())
}

fn is_same(absorbed: &Absorbed, receipt: &Receipt) -> bool {
    match &absorbed.live {
        // No two attempts have the same name.
        Some(live) if live.number == receipt.number => live.attempt == receipt.attempt,
        _ => absorbed.written_at == receipt.written_at,
    }
}

/// Excludes purchases with the content of another live path: a process that accepted the second one
/// was stopped before it checked for duplicates again. Returns whether there were any; then the
/// listing is out of date.
pub async fn exclude_duplicates(lake: &Lake, changes: &ChangeSet) -> anyhow::Result<bool> {
    let duplicates = duplicates(changes);
    for Duplicate { path, kept, hash } in &duplicates {
        lake.exclude_duplicate(path, kept, hash).await?;
    }
    Ok(!duplicates.is_empty())
}

/// The change set as it is once duplicates are excluded, for a plan, which writes no receipt.
pub fn without_duplicates(mut changes: ChangeSet) -> ChangeSet {
    let paths: BTreeSet<String> =
        duplicates(&changes).into_iter().map(|duplicate| duplicate.path.to_owned()).collect();
    let is_duplicate = |receipt: &Option<Receipt>| {
        receipt.as_ref().is_some_and(|receipt| paths.contains(&receipt.path))
    };
    changes.live_numbers.retain(|path, _| !paths.contains(path));
    for changed in changes.change.purchases.iter_mut().filter(|c| is_duplicate(&c.after)) {
        changed.after = None;
        if let Some(before) = &changed.before {
            changes.live_numbers.insert(before.path.clone(), None);
        }
    }
    changes.change.purchases.retain(|changed| changed.before != changed.after);
    changes.live.purchases.retain(|receipt| !paths.contains(&receipt.path));
    changes
}

/// Purchases with the content of another live path.
struct Duplicate<'a> {
    path: &'a str,
    /// The live path that keeps the content.
    kept: &'a str,
    hash: &'a str,
}

fn duplicates(changes: &ChangeSet) -> Vec<Duplicate<'_>> {
    if changes.change.purchases.is_empty() || !applies("duplicates at publish") {
        return Vec::new();
    }
    let mut kept: BTreeMap<&str, &str> = BTreeMap::new();
    let mut duplicates = Vec::new();
    for Receipt { path, content_hash, .. } in &changes.live.purchases {
        let Some(hash) = content_hash.as_deref() else { continue };
        match kept.get(hash) {
            Some(kept) => duplicates.push(Duplicate { path, kept, hash }),
            None => drop(kept.insert(hash, path)),
        }
    }
    duplicates
}

/// Everything that is live, as if nothing had been published: a new fact recipe.
pub fn from_scratch(live: &Live) -> Change {
    let all = |receipts: &[Receipt]| {
        receipts.iter().map(|r| Changed { before: None, after: Some(r.clone()) }).collect()
    };
    Change { reviews: all(&live.reviews), logs: all(&live.logs), purchases: all(&live.purchases) }
}
