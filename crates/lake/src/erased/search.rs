//! Which files hold customers, and entries that name them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use arrow_array::cast::AsArray;
use futures_util::{StreamExt, TryStreamExt, stream};
use pipeline::{Dataset, csv::cut::numbers};
use serde::Serialize;

use super::{
    eraser::{Eraser, ids},
    list::{Entry, Erased},
};
use crate::{Error, Lake, Receipt, SNAPSHOT};

/// Receipts read at the same time.
const AT_ONCE: usize = 16;

/// What an erasure found, and what is to be staged again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erasure {
    /// Customers who were not on the list before.
    pub added: u64,
    /// Staged reviews of the customers.
    pub reviews: u64,
    /// Staged log rows of these.
    pub logs: u64,
    /// Staged purchases of the customers.
    pub purchases: u64,
    /// Refused rows in quarantine whose text could name one.
    pub refused: u64,
    /// Files with any of these, which are to be staged again; among them the
    /// [snapshot](crate::SNAPSHOT) of the operational table.
    pub files: BTreeSet<(Dataset, String)>,
}

/// The newest receipt of a path, and the one with the rows that count.
struct Found {
    newest: Receipt,
    live: Option<Receipt>,
}

impl Found {
    /// The staged rows that count.
    fn staged(&self) -> Option<(&Receipt, &str)> {
        let live = self.live.as_ref()?;
        Some((live, live.parquet.as_deref()?))
    }
}

/// The column by which row groups are left out, and its values that are looked for.
type Within<'a> = (&'a str, RangeInclusive<i64>);

impl Lake {
    /// Puts customers on the list, unless they are there, and finds what holds them. From then on
    /// these files wait to be staged again, and each later ingest drops what they bring. May be
    /// repeated, at any time.
    pub async fn erase(&self, customers: &BTreeSet<i64>) -> Result<Erasure, Error> {
        let key = self.erasure_key()?;
        loop {
            let erased = self.erased().await?;
            let mut erasure = Erasure::default();
            let mut entry = Entry { key: key.id().to_owned(), ..Entry::default() };
            for customer in customers {
                erasure.added += u64::from(!erased.has_customer(self.keys(), *customer));
                let hash = key.customer(*customer);
                entry.customers.extend(Some(hash).filter(|hash| !erased.customers.contains(hash)));
            }
            let mut holders = Vec::new();
            let reviews = self.found(Dataset::ClassifiedMovieReview).await?;
            let theirs = self.reviews_of(&reviews, customers, &mut erasure, &mut holders).await?;
            let others = |customer| {
                !customers.contains(&customer) && !erased.has_customer(self.keys(), customer)
            };
            let alone = self.without_shared(&reviews, theirs, others).await?;
            let hashes = alone.iter().map(|id| key.review(*id));
            entry.reviews = hashes.filter(|hash| !erased.reviews.contains(hash)).collect();
            let logs = self.found(Dataset::ReviewLogs).await?;
            erasure.logs = self.logs_of(&logs, &alone, &mut holders).await?;
            let purchases = self.found(Dataset::UserPurchase).await?;
            for found in &purchases {
                let Some((receipt, parquet)) = found.staged() else { continue };
                let rows = self.count(parquet, "customer_id", customers).await?;
                erasure.purchases += rows;
                holders.extend((rows > 0).then(|| receipt.clone()));
            }
            for found in reviews.iter().chain(&purchases) {
                let rows = self.refused_of(found, customers).await?;
                erasure.refused += rows;
                holders.extend((rows > 0).then(|| found.newest.clone()));
            }
            for holder in holders {
                if holder.erasures >= erased.due(&holder.path) {
                    entry.files.insert(holder.path.clone());
                }
                erasure.files.insert((holder.dataset, holder.path));
            }
            let is_new = !(entry.customers.is_empty() && entry.reviews.is_empty());
            if !is_new && entry.files.is_empty() || self.append_erased(&erased, entry).await? {
                return Ok(erasure);
            }
        }
    }

    /// Before a file of reviews counts: puts those that it brought of erased customers on the list,
    /// and takes those off that others have now. `None` where another entry came first, else the
    /// entries there are.
    pub(crate) async fn note_reviews(
        &self,
        erased: &Erased,
        path: &str,
        parquet: &str,
        eraser: &Eraser,
    ) -> Result<Option<u32>, Error> {
        let key = self.erasure_key()?;
        let new = eraser.reviews.iter().copied();
        let mut new: BTreeSet<i64> =
            new.filter(|id| !erased.has_review(self.keys(), *id)).collect();
        if !new.is_empty() {
            let mut reviews = self.found(Dataset::ClassifiedMovieReview).await?;
            reviews.retain(|found| found.newest.path != path);
            let others = |customer| !erased.has_customer(self.keys(), customer);
            new = self.without_shared(&reviews, new, others).await?;
            self.take_shared(parquet, &mut new, |_| true).await?;
        }
        if new.is_empty() && eraser.reused.is_empty() {
            return Ok(Some(erased.entries));
        }
        let logs = self.found(Dataset::ReviewLogs).await?;
        let mut holders = Vec::new();
        self.logs_of(&logs, &new, &mut holders).await?;
        if !eraser.reused.is_empty() {
            let live = logs.iter().filter_map(|found| found.live.as_ref());
            holders.extend(live.filter(|live| live.rows.erased > 0).cloned());
        }
        let entry = Entry {
            key: key.id().to_owned(),
            reviews: new.iter().map(|id| key.review(*id)).collect(),
            released: (eraser.reused.iter())
                .flat_map(|id| self.keys().iter().map(|key| key.review(*id)))
                .filter(|hash| erased.reviews.contains(hash))
                .collect(),
            files: holders.into_iter().map(|holder| holder.path).collect(),
            ..Entry::default()
        };
        Ok(self.append_erased(erased, entry).await?.then_some(erased.entries + 1))
    }

    /// What counts of each path of a dataset.
    async fn found(&self, dataset: Dataset) -> Result<Vec<Found>, Error> {
        let receipts = self.receipts();
        stream::iter(receipts.list(dataset).await?.newest)
            .map(|(path, number)| async move {
                let newest = receipts.find(dataset, &path, number).await?;
                let live = receipts.live_from(newest.clone()).await?;
                Ok(Found { newest, live })
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Ids of the customers' reviews.
    async fn reviews_of(
        &self,
        reviews: &[Found],
        customers: &BTreeSet<i64>,
        erasure: &mut Erasure,
        holders: &mut Vec<Receipt>,
    ) -> Result<BTreeSet<i64>, Error> {
        let mut theirs = BTreeSet::new();
        for (receipt, parquet) in reviews.iter().filter_map(Found::staged) {
            let Some(within) = within("customer_id", customers) else { continue };
            let mut rows = 0;
            self.each_review(parquet, within, |customer, id| {
                if customers.contains(&customer) {
                    rows += 1;
                    theirs.insert(id);
                }
            })
            .await?;
            erasure.reviews += rows;
            holders.extend((rows > 0).then(|| receipt.clone()));
        }
        Ok(theirs)
    }

    /// Without the ids that others have in files that count.
    async fn without_shared(
        &self,
        reviews: &[Found],
        mut ids: BTreeSet<i64>,
        others: impl Fn(i64) -> bool,
    ) -> Result<BTreeSet<i64>, Error> {
        for (receipt, parquet) in reviews.iter().filter_map(Found::staged) {
            if ids.iter().any(|id| receipt.ids().contains(*id)) {
                self.take_shared(parquet, &mut ids, &others).await?;
            }
        }
        Ok(ids)
    }

    async fn take_shared(
        &self,
        parquet: &str,
        ids: &mut BTreeSet<i64>,
        others: impl Fn(i64) -> bool,
    ) -> Result<(), Error> {
        let Some(within) = within("review_id", ids) else { return Ok(()) };
        self.each_review(parquet, within, |customer, id| {
            if others(customer) {
                ids.remove(&id);
            }
        })
        .await
    }

    async fn each_review(
        &self,
        parquet: &str,
        within: Within<'_>,
        mut f: impl FnMut(i64, i64),
    ) -> Result<(), Error> {
        let columns = ["customer_id", "review_id"];
        let mut batches = self.read_columns(parquet, Some(&columns), Some(within)).await?;
        while let Some(batch) = batches.try_next().await? {
            let rows = ids(&batch, columns[0])?.zip(ids(&batch, columns[1])?);
            rows.for_each(|(customer, id)| {
                if let (Some(customer), Some(id)) = (customer, id) {
                    f(customer, id);
                }
            });
        }
        Ok(())
    }

    /// Number of the log rows of reviews.
    async fn logs_of(
        &self,
        logs: &[Found],
        reviews: &BTreeSet<i64>,
        holders: &mut Vec<Receipt>,
    ) -> Result<u64, Error> {
        let mut sum = 0;
        for (receipt, parquet) in logs.iter().filter_map(Found::staged) {
            if !reviews.iter().any(|id| receipt.ids().contains(*id)) {
                continue;
            }
            let rows = self.count(parquet, "log_id", reviews).await?;
            sum += rows;
            holders.extend((rows > 0).then(|| receipt.clone()));
        }
        Ok(sum)
    }

    /// Staged rows with one of these ids.
    async fn count(
        &self,
        parquet: &str,
        column: &str,
        wanted: &BTreeSet<i64>,
    ) -> Result<u64, Error> {
        let Some(within) = within(column, wanted) else { return Ok(0) };
        let mut batches = self.read_columns(parquet, Some(&[column]), Some(within)).await?;
        let mut rows = 0;
        while let Some(batch) = batches.try_next().await? {
            rows += ids(&batch, column)?.flatten().filter(|id| wanted.contains(id)).count();
        }
        Ok(rows as u64)
    }

    /// Refused rows of the newest version whose text holds the number of a customer.
    async fn refused_of(&self, found: &Found, customers: &BTreeSet<i64>) -> Result<u64, Error> {
        let newest = found.newest.quarantine.as_ref();
        let live = || found.live.as_ref().and_then(|live| live.quarantine.as_ref());
        let Some(name) = newest.or_else(live) else { return Ok(0) };
        let mut batches = match self.read_quarantined(name).await {
            // It lay there for its time.
            Err(Error::Missing { .. }) => return Ok(0),
            batches => batches?,
        };
        let mut rows = 0;
        while let Some(batch) = batches.try_next().await? {
            let Some(raw) = batch.column_by_name("raw").and_then(|raw| raw.as_string_opt::<i32>())
            else {
                continue;
            };
            let names = |text: &&str| numbers(text).any(|id| customers.contains(&id));
            rows += raw.iter().flatten().filter(names).count();
        }
        Ok(rows as u64)
    }

    /// The files that wait to be staged again because an entry of the list names them, whether they
    /// still lie in `raw` or not.
    pub async fn due_for_erasure(&self) -> Result<BTreeMap<String, Dataset>, Error> {
        let erased = self.erased().await?;
        let mut due = BTreeMap::new();
        for dataset in Dataset::ALL {
            if !erased.files.keys().any(|path| Dataset::of_path(path) == Some(dataset)) {
                continue;
            }
            let newest = self.receipts().list(dataset).await?.newest;
            let named = |path: &str| erased.due(path) > 0 && path != SNAPSHOT;
            for (path, number) in newest.into_iter().filter(|(path, _)| named(path)) {
                let receipt = self.receipts().find(dataset, &path, number).await?;
                let live = self.receipts().live_from(receipt.clone()).await?;
                let due_here = erased.due(&path);
                let holds = live.is_some_and(|live| live.erasures < due_here);
                if holds || receipt.quarantine.is_some() && receipt.erasures < due_here {
                    due.insert(path, dataset);
                }
            }
        }
        Ok(due)
    }
}

/// Where values can lie that are looked for; `None` where there are none.
fn within<'a>(column: &'a str, values: &BTreeSet<i64>) -> Option<Within<'a>> {
    Some((column, *values.first()?..=*values.last()?))
}
