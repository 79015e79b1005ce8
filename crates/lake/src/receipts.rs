//! The create-only log of receipts: list, read, commit.

use std::collections::BTreeMap;

use object_store::{ObjectStoreExt, PutMode};
use pipeline::Dataset;
use twox_hash::XxHash3_128;

use crate::{
    Error, Lake, Receipt, Refusal, Rows, State, failpoint::reach, paths, store, work::Counters,
};

/// The receipts of a dataset as one listing found them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Number of the newest receipt of each source path.
    pub newest: BTreeMap<String, u32>,
    /// Its ETag, so that a lake made anew does not look like the one before.
    pub(crate) etags: BTreeMap<String, String>,
}

impl Listing {
    /// 32 hexadecimal digits that change when any receipt is added.
    pub fn hash(&self) -> String {
        let mut hasher = XxHash3_128::new();
        for (path, number) in &self.newest {
            let etag = self.etags.get(path).map_or("", String::as_str);
            // Neither a path nor an ETag holds control characters.
            hasher.write(format!("{path}\n{number}\n{etag}\n").as_bytes());
        }
        format!("{:032x}", hasher.finish_128())
    }

    fn add(&mut self, path: &str, number: u32, etag: String) {
        if self.newest.get(path).is_none_or(|newest| *newest < number) {
            self.newest.insert(path.to_owned(), number);
            self.etags.insert(path.to_owned(), etag);
        }
    }
}

/// What became of a receipt that we tried to add.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Commit {
    /// It stands in the log.
    Done,
    /// Somebody else's receipt has its number: look again.
    Taken,
}

impl Lake {
    /// The receipts of a dataset, by one listing.
    pub async fn receipts(&self, dataset: Dataset) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        for meta in self.list(self.staging(), "staging", &paths::receipts(dataset)).await? {
            if let Some((path, number)) = paths::parse_receipt(dataset, meta.location.as_ref()) {
                listing.add(path, number, store::etag(&meta));
            }
        }
        Ok(listing)
    }

    /// The receipt of this number, [`Error::Missing`] where there is none.
    pub async fn receipt(
        &self,
        dataset: Dataset,
        path: &str,
        number: u32,
    ) -> Result<Receipt, Error> {
        let name = paths::receipt(dataset, path, number);
        let object = paths::object(&name)?;
        let got = async { self.staging().get(&object).await?.bytes().await };
        let bytes = got.await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => Error::Missing { name: name.clone() },
            error => Error::store("read", &name)(error),
        })?;
        Counters::add(&self.counters().receipts_read, 1);
        // Only where the JSON breaks, never what it says.
        serde_json::from_slice(&bytes).map_err(|error| Error::Damaged {
            name,
            why: format!("no receipt from line {} column {} on", error.line(), error.column()),
        })
    }

    /// The newest receipt of a source path, by one listing of its log.
    pub async fn newest_receipt(
        &self,
        dataset: Dataset,
        path: &str,
    ) -> Result<Option<Receipt>, Error> {
        let folder = paths::receipts_of(dataset, path);
        let prefix = paths::object(&folder)?;
        Counters::add(&self.counters().listings, 1);
        // Not below: another path may begin with this one.
        let found = self.staging().list_with_delimiter(Some(&prefix)).await;
        let found = found.map_err(Error::store("list", &folder))?;
        let numbers = found.objects.iter().filter_map(|meta| {
            paths::parse_receipt(dataset, meta.location.as_ref()).map(|(_, number)| number)
        });
        match numbers.max() {
            Some(newest) => self.receipt(dataset, path, newest).await.map(Some),
            None => Ok(None),
        }
    }

    /// The live version of a source path: its newest `accepted` or `loaded` receipt that no
    /// `forgotten` follows, looking back from number `newest`.
    pub async fn live_receipt(
        &self,
        dataset: Dataset,
        path: &str,
        newest: u32,
    ) -> Result<Option<Receipt>, Error> {
        match newest {
            0 => Ok(None),
            newest => self.live_from(self.receipt(dataset, path, newest).await?).await,
        }
    }

    /// As [`live_receipt`](Self::live_receipt), of what is staged: a version that was loaded into
    /// the operational table does not take the place of a staged one, the table's snapshot does.
    pub async fn staged_receipt(
        &self,
        dataset: Dataset,
        path: &str,
        newest: u32,
    ) -> Result<Option<Receipt>, Error> {
        match newest {
            0 => Ok(None),
            newest => {
                let newest = self.receipt(dataset, path, newest).await?;
                self.look_back(newest, |state| state == State::Accepted).await
            }
        }
    }

    /// As [`live_receipt`](Self::live_receipt), with the newest receipt at hand.
    pub(crate) async fn live_from(&self, newest: Receipt) -> Result<Option<Receipt>, Error> {
        self.look_back(newest, |state| matches!(state, State::Accepted | State::Loaded)).await
    }

    /// The newest receipt in such a state that no `forgotten` follows.
    async fn look_back(
        &self,
        newest: Receipt,
        is_live: impl Fn(State) -> bool,
    ) -> Result<Option<Receipt>, Error> {
        let mut receipt = newest;
        loop {
            if is_live(receipt.state) {
                return Ok(Some(receipt));
            }
            if receipt.state == State::Forgotten || receipt.number <= 1 {
                return Ok(None);
            }
            let number = receipt.number - 1;
            receipt = self.receipt(receipt.dataset, &receipt.path, number).await?;
        }
    }

    /// Takes a source path out: appends a `forgotten` receipt. `None` when nothing is live.
    pub async fn forget(&self, dataset: Dataset, path: &str) -> Result<Option<Receipt>, Error> {
        self.forget_if(dataset, path, None, |_| true).await
    }

    /// As [`forget`](Self::forget), when the live version is one that `which` picks. A refusal
    /// says why, and of which content.
    pub(crate) async fn forget_if(
        &self,
        dataset: Dataset,
        path: &str,
        refusal: Option<Refusal>,
        which: impl Fn(&Receipt) -> bool,
    ) -> Result<Option<Receipt>, Error> {
        loop {
            let Some(newest) = self.newest_receipt(dataset, path).await? else { return Ok(None) };
            let live = self.live_from(newest.clone()).await?;
            let Some(live) = live.filter(&which) else { return Ok(None) };
            let receipt = Receipt {
                number: newest.number + 1,
                state: State::Forgotten,
                attempt: paths::attempt(),
                written_at: now(),
                duration_ms: 0,
                content_hash: refusal.as_ref().and(live.content_hash),
                parquet: None,
                quarantine: None,
                refusal: refusal.clone(),
                rows: Rows::default(),
                min_id: None,
                max_id: None,
                days: BTreeMap::new(),
                extra_columns: Vec::new(),
                ..newest
            };
            if self.commit(&receipt).await? == Commit::Done {
                return Ok(Some(receipt));
            }
        }
    }

    /// Appends a receipt to the log of its path, unless its number is taken.
    pub(crate) async fn commit(&self, receipt: &Receipt) -> Result<Commit, Error> {
        let name = paths::receipt(receipt.dataset, &receipt.path, receipt.number);
        let bug = |detail: String| Error::Bug { path: receipt.path.clone(), detail };
        let json = serde_json::to_vec_pretty(receipt).map_err(|error| bug(error.to_string()))?;
        let object = paths::object(&name)?;
        reach("receipt:before")?;
        let put = self.staging().put_opts(&object, json.into(), PutMode::Create.into()).await;
        reach("receipt:after")?;
        match put {
            Ok(_) => Ok(Commit::Done),
            // Perhaps it is ours: a put whose answer was lost is sent again.
            Err(object_store::Error::AlreadyExists { .. }) => {
                let there = self.receipt(receipt.dataset, &receipt.path, receipt.number).await?;
                let ours = there.attempt == receipt.attempt;
                Ok(if ours { Commit::Done } else { Commit::Taken })
            }
            Err(error) => Err(Error::store("write", name)(error)),
        }
    }
}

/// The time as receipts write it.
pub(crate) fn now() -> String {
    chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_number_is_given_once_and_a_writer_knows_its_own_receipt() {
        let dir = tempfile::tempdir().unwrap();
        for lake in [Lake::memory(), Lake::local(dir.path()).unwrap()] {
            let receipt = Receipt {
                path: "movie_review/a.csv".to_owned(),
                dataset: Dataset::ClassifiedMovieReview,
                number: 1,
                state: State::Accepted,
                etag: "0x1".to_owned(),
                size: 3,
                recipe: "1".to_owned(),
                attempt: "a".to_owned(),
                written_at: now(),
                duration_ms: 1,
                content_hash: None,
                parquet: None,
                quarantine: None,
                refusal: None,
                rows: Rows::default(),
                min_id: None,
                max_id: None,
                days: BTreeMap::new(),
                extra_columns: Vec::new(),
            };
            assert_eq!(lake.commit(&receipt).await.unwrap(), Commit::Done);
            // Sent again after its answer was lost.
            assert_eq!(lake.commit(&receipt).await.unwrap(), Commit::Done);
            let other = Receipt { attempt: "b".to_owned(), ..receipt.clone() };
            assert_eq!(lake.commit(&other).await.unwrap(), Commit::Taken);
            assert_eq!(lake.receipt(receipt.dataset, &receipt.path, 1).await.unwrap(), receipt);
        }
    }

    #[tokio::test]
    async fn a_damaged_receipt_is_told_from_a_missing_one() {
        let lake = Lake::memory();
        let dataset = Dataset::ClassifiedMovieReview;
        let name = paths::receipt(dataset, "movie_review/a.csv", 1);
        lake.staging().put(&paths::object(&name).unwrap(), "{\"path".into()).await.unwrap();
        let error = lake.receipt(dataset, "movie_review/a.csv", 1).await.unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}
