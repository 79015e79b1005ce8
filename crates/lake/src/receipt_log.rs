//! The create-only log of receipts: how they are named, listed, read and put.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode};
use pipeline::Dataset;
use twox_hash::XxHash3_128;

use crate::{
    Error, Lake, Receipt, Refusal, State,
    failpoint::{applies, reach},
    paths, store,
    work::Counters,
};

/// Folder of the receipts below `staging`.
const FOLDER: &str = "_receipts";

/// The receipts of a dataset as one listing found them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Number of the newest receipt of each source path.
    pub newest: BTreeMap<String, u32>,
    /// Its object, so that a lake made anew does not look like the one before.
    objects: BTreeMap<String, Object>,
}

/// A receipt as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    etag: String,
    put_at: DateTime<Utc>,
}

impl Listing {
    /// 32 hexadecimal digits that change when any receipt is added.
    pub fn hash(&self) -> String {
        let mut hasher = XxHash3_128::new();
        for (path, number) in &self.newest {
            let etag = self.etag(path);
            // Neither a path nor an ETag holds control characters.
            hasher.write(format!("{path}\n{number}\n{etag}\n").as_bytes());
        }
        format!("{:032x}", hasher.finish_128())
    }

    /// ETag of the newest receipt; empty where there is none.
    pub(crate) fn etag(&self, path: &str) -> &str {
        self.objects.get(path).map_or("", |object| &object.etag)
    }

    /// Whether the newest receipt was put in this second or later, by the storage's clock.
    pub fn is_put_since(&self, path: &str, second: DateTime<Utc>) -> bool {
        self.objects.get(path).is_some_and(|object| object.put_at >= second)
    }

    fn add(&mut self, path: &str, number: u32, meta: &ObjectMeta) {
        if self.newest.get(path).is_none_or(|newest| *newest < number) {
            self.newest.insert(path.to_owned(), number);
            let object = Object { etag: store::etag(meta), put_at: meta.last_modified };
            self.objects.insert(path.to_owned(), object);
        }
    }
}

/// What became of a receipt that we tried to add.
#[derive(Debug, PartialEq)]
pub(crate) enum Commit {
    /// It stands in the log.
    Done,
    /// This receipt of another writer has its number.
    Taken(Box<Receipt>),
}

/// The receipts of a lake: for each source path 1, 2, 3 ..., never changed and never deleted.
#[derive(Clone, Copy)]
pub struct ReceiptLog<'a> {
    lake: &'a Lake,
}

impl Lake {
    /// What became of the versions of each source path.
    pub fn receipts(&self) -> ReceiptLog<'_> {
        ReceiptLog { lake: self }
    }
}

impl ReceiptLog<'_> {
    pub(crate) fn staging(&self) -> &Arc<dyn ObjectStore> {
        self.lake.staging()
    }

    /// The receipts of a dataset, by one listing.
    pub async fn list(self, dataset: Dataset) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        let folder = format!("{FOLDER}/{dataset}");
        for meta in self.lake.list(self.lake.staging(), "staging", Some(&folder)).await? {
            if let Some((path, number)) = parse(dataset, meta.location.as_ref()) {
                listing.add(path, number, &meta);
            }
        }
        Ok(listing)
    }

    /// The receipt of this number, [`Error::Missing`] where there is none.
    pub async fn get(self, dataset: Dataset, path: &str, number: u32) -> Result<Receipt, Error> {
        let name = name(dataset, path, number);
        let object = paths::object(&name)?;
        let got = async { self.lake.staging().get(&object).await?.bytes().await };
        let bytes = got.await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => Error::Missing { name: name.clone() },
            error => Error::store("read", &name)(error),
        })?;
        Counters::add(&self.lake.counters().receipts_read, 1);
        // Only where the JSON breaks, never what it says.
        serde_json::from_slice(&bytes).map_err(|error| Error::Damaged {
            name,
            why: format!("no receipt from line {} column {} on", error.line(), error.column()),
        })
    }

    /// When the receipt of this number was put, `None` where there is none.
    pub async fn put_at(
        self,
        dataset: Dataset,
        path: &str,
        number: u32,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let object = paths::object(&name(dataset, path, number))?;
        let meta = store::head(self.lake.staging(), &object).await?;
        Ok(meta.map(|meta| meta.last_modified))
    }

    /// The receipt of a number that a listing shows. One that is damaged or gone is
    /// [`Unreadable`](State::Unreadable): it covers no version, so that the file is read again.
    pub async fn find(self, dataset: Dataset, path: &str, number: u32) -> Result<Receipt, Error> {
        match self.get(dataset, path, number).await {
            Err(error @ (Error::Damaged { .. } | Error::Missing { .. }))
                if applies("damaged receipts") =>
            {
                tracing::warn!("{error}");
                Ok(Receipt::new(dataset, path, number, State::Unreadable))
            }
            found => found,
        }
    }

    /// The newest receipt of a source path, by one listing of its log.
    pub async fn newest(self, dataset: Dataset, path: &str) -> Result<Option<Receipt>, Error> {
        let folder = format!("{FOLDER}/{dataset}/{path}");
        let prefix = paths::object(&folder)?;
        Counters::add(&self.lake.counters().listings, 1);
        // Not below: another path may begin with this one.
        let found = self.lake.staging().list_with_delimiter(Some(&prefix)).await;
        let found = found.map_err(Error::store("list", &folder))?;
        let numbers = found
            .objects
            .iter()
            .filter_map(|meta| parse(dataset, meta.location.as_ref()).map(|(_, number)| number));
        match numbers.max() {
            Some(newest) => self.find(dataset, path, newest).await.map(Some),
            None => Ok(None),
        }
    }

    /// The live version of a source path: its newest `accepted` or `loaded` receipt that no
    /// `forgotten` follows, looking back from number `newest`.
    pub async fn live(
        self,
        dataset: Dataset,
        path: &str,
        newest: u32,
    ) -> Result<Option<Receipt>, Error> {
        match newest {
            0 => Ok(None),
            newest => self.live_from(self.find(dataset, path, newest).await?).await,
        }
    }

    /// As [`live`](Self::live), of what is staged: a version that was loaded into the operational
    /// table does not take the place of a staged one, the table's snapshot does.
    pub async fn staged(
        self,
        dataset: Dataset,
        path: &str,
        newest: u32,
    ) -> Result<Option<Receipt>, Error> {
        match newest {
            0 => Ok(None),
            newest => {
                let newest = self.find(dataset, path, newest).await?;
                self.look_back(newest, |state| state == State::Accepted).await
            }
        }
    }

    /// As [`live`](Self::live), with the newest receipt at hand.
    pub(crate) async fn live_from(self, newest: Receipt) -> Result<Option<Receipt>, Error> {
        self.look_back(newest, |state| matches!(state, State::Accepted | State::Loaded)).await
    }

    /// Number of a receipt that cannot be read and would say what is live: the newest one says nothing
    /// of it.
    pub async fn unreadable(self, newest: &Receipt) -> Result<Option<u32>, Error> {
        let decides = |state| !matches!(state, State::Rejected | State::Failed | State::Unchanged);
        let deciding = self.look_back(newest.clone(), decides).await?;
        let unreadable = deciding.filter(|receipt| receipt.state == State::Unreadable);
        Ok(unreadable.map(|receipt| receipt.number))
    }

    /// The newest receipt in such a state that no `forgotten` follows, and none that is unreadable.
    async fn look_back(
        self,
        newest: Receipt,
        is_live: impl Fn(State) -> bool,
    ) -> Result<Option<Receipt>, Error> {
        let mut receipt = newest;
        loop {
            if is_live(receipt.state) {
                return Ok(Some(receipt));
            }
            let is_last = matches!(receipt.state, State::Forgotten | State::Unreadable);
            if is_last || receipt.number <= 1 {
                return Ok(None);
            }
            receipt = self.find(receipt.dataset, &receipt.path, receipt.number - 1).await?;
        }
    }

    /// How many `failed` receipts of one version in a row the given one ends.
    pub async fn failures(self, newest: &Receipt) -> Result<u32, Error> {
        let (mut failures, mut number) = (1, newest.number);
        while number > 1 {
            number -= 1;
            let before = self.find(newest.dataset, &newest.path, number).await?;
            let same = before.etag == newest.etag && before.recipe == newest.recipe;
            if before.state != State::Failed || !same {
                break;
            }
            failures += 1;
        }
        Ok(failures)
    }

    /// Excludes a source path: appends a `forgotten` receipt. `None` when nothing is live.
    pub async fn exclude(self, dataset: Dataset, path: &str) -> Result<Option<Receipt>, Error> {
        self.exclude_if(dataset, path, None, |_| true).await
    }

    /// As [`exclude`](Self::exclude), when the live version is one that `which` picks. A refusal
    /// says why, and of which content.
    pub(crate) async fn exclude_if(
        self,
        dataset: Dataset,
        path: &str,
        refusal: Option<Refusal>,
        which: impl Fn(&Receipt) -> bool,
    ) -> Result<Option<Receipt>, Error> {
        loop {
            let Some(newest) = self.newest(dataset, path).await? else { return Ok(None) };
            let live = match newest.state {
                // What it says is not known: it may be live.
                State::Unreadable => Some(newest.clone()),
                _ => self.live_from(newest.clone()).await?,
            };
            let Some(live) = live.filter(&which) else { return Ok(None) };
            // The version that lies in `raw` stays out.
            let etag = self.of_last_version(newest.clone()).await?.etag;
            let receipt = Receipt {
                etag,
                size: newest.size,
                recipe: newest.recipe.clone(),
                read_on: newest.read_on,
                content_hash: refusal.as_ref().and(live.content_hash),
                bytes_hash: refusal.as_ref().and(live.bytes_hash),
                refusal: refusal.clone(),
                ..Receipt::new(dataset, path, newest.number + 1, State::Forgotten)
            };
            if self.append(&receipt).await? != Commit::Done {
                continue;
            }
            // Another one may have been found unchanged before the receipt was put.
            let etag = self.of_last_version(newest).await?.etag;
            if etag == receipt.etag {
                return Ok(Some(receipt));
            }
            let (number, attempt) = (receipt.number + 1, paths::attempt());
            let receipt = Receipt { etag, number, attempt, ..receipt };
            if self.append(&receipt).await? == Commit::Done {
                return Ok(Some(receipt));
            }
        }
    }

    /// Appends a receipt to the log of its path, unless its number is taken.
    pub(crate) async fn append(self, receipt: &Receipt) -> Result<Commit, Error> {
        let name = name(receipt.dataset, &receipt.path, receipt.number);
        let bug = |detail: String| Error::Bug { path: receipt.path.clone(), detail };
        let json = serde_json::to_vec_pretty(receipt).map_err(|error| bug(error.to_string()))?;
        let object = paths::object(&name)?;
        reach("receipt:before")?;
        let mode = if applies("create only") { PutMode::Create } else { PutMode::Overwrite };
        let put = self.lake.staging().put_opts(&object, json.into(), mode.into()).await;
        reach("receipt:after")?;
        match put {
            Ok(_) => Ok(Commit::Done),
            // Perhaps it is ours: a put whose answer was lost is sent again.
            Err(object_store::Error::AlreadyExists { .. }) => {
                let there = self.find(receipt.dataset, &receipt.path, receipt.number).await?;
                let ours = applies("own receipt") && there.attempt == receipt.attempt;
                Ok(if ours { Commit::Done } else { Commit::Taken(Box::new(there)) })
            }
            Err(error) => Err(Error::store("write", name)(error)),
        }
    }
}

/// Name, within `staging`, of a receipt.
fn name(dataset: Dataset, source: &str, number: u32) -> String {
    format!("{FOLDER}/{dataset}/{source}/{number:06}.json")
}

/// The source path and the number that a receipt's name stands for; `None` for other objects.
fn parse(dataset: Dataset, name: &str) -> Option<(&str, u32)> {
    let rest = name.strip_prefix(FOLDER)?.strip_prefix('/')?;
    let rest = rest.strip_prefix(dataset.name())?.strip_prefix('/')?;
    let (source, file) = rest.rsplit_once('/')?;
    let digits = file.strip_suffix(".json")?;
    let canonical = digits.len() >= 6 && digits.bytes().all(|b| b.is_ascii_digit());
    canonical.then(|| digits.parse().ok()).flatten().map(|number| (source, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVIEWS: Dataset = Dataset::ClassifiedMovieReview;
    const PATH: &str = "movie_review/a.csv";

    #[tokio::test]
    async fn a_number_is_given_once_and_a_writer_knows_its_own_receipt() {
        let dir = tempfile::tempdir().unwrap();
        for lake in [Lake::memory(), Lake::local(dir.path()).unwrap()] {
            let receipt = Receipt::new(REVIEWS, PATH, 1, State::Accepted);
            assert_eq!(lake.receipts().append(&receipt).await.unwrap(), Commit::Done);
            // Sent again after its answer was lost.
            assert_eq!(lake.receipts().append(&receipt).await.unwrap(), Commit::Done);
            let other = Receipt::new(REVIEWS, PATH, 1, State::Accepted);
            let taken = Commit::Taken(Box::new(receipt.clone()));
            assert_eq!(lake.receipts().append(&other).await.unwrap(), taken);
            assert_eq!(lake.receipts().get(REVIEWS, PATH, 1).await.unwrap(), receipt);
        }
    }

    #[tokio::test]
    async fn a_damaged_receipt_is_told_from_a_missing_one() {
        let lake = Lake::memory();
        let object = paths::object(&name(REVIEWS, PATH, 1)).unwrap();
        lake.staging().put(&object, "{\"path".into()).await.unwrap();
        let error = lake.receipts().get(REVIEWS, PATH, 1).await.unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }

    #[test]
    fn a_receipt_is_found_by_its_name() {
        let dataset = Dataset::ReviewLogs;
        let found = name(dataset, "log_reviews/a b.csv", 7);
        assert_eq!(found, "_receipts/review_logs/log_reviews/a b.csv/000007.json");
        assert_eq!(parse(dataset, &found), Some(("log_reviews/a b.csv", 7)));
        let far = name(dataset, "x.csv", 12_345_678);
        assert_eq!(parse(dataset, &far), Some(("x.csv", 12_345_678)));
        for other in ["_receipts/review_logs/a.csv/1.json", "_receipts/review_logs/a/+00001.json"] {
            assert_eq!(parse(dataset, other), None);
        }
        assert_eq!(parse(Dataset::UserPurchase, &found), None);
    }
}
