//! The live files, and how they changed since the last publish.

use std::collections::BTreeSet;

use lake::{Receipt, failpoint::applies};
use pipeline::{Dataset, Day};

/// The live version of every path, by dataset, in byte order of the paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// Files of `classified_movie_review`.
    pub reviews: Vec<Receipt>,
    /// Files of `review_logs`.
    pub logs: Vec<Receipt>,
    /// Files of `user_purchase`, or the one snapshot of the operational table.
    pub purchases: Vec<Receipt>,
}

/// The live version of one path, before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// What the last publish counted; `None` where it counted nothing of the path.
    pub before: Option<Receipt>,
    /// What counts now; `None` where nothing of the path does any more.
    pub after: Option<Receipt>,
}

/// Every path whose live version changed, by dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Files of `classified_movie_review`.
    pub reviews: Vec<Changed>,
    /// Files of `review_logs`.
    pub logs: Vec<Changed>,
    /// Files of `user_purchase` and snapshots of the operational table.
    pub purchases: Vec<Changed>,
}

impl Live {
    /// Log rows of a day, in all files: each id counts as often as it stands.
    pub fn logs_of(&self, day: Day) -> u64 {
        self.logs.iter().filter_map(|receipt| receipt.days.get(&day)).sum()
    }

    /// Days cut into batches whose logs fit a memory budget, in order; a single day is not cut.
    pub(crate) fn batches(
        &self,
        days: &BTreeSet<Day>,
        bytes_per_log: u64,
        memory_bytes: u64,
    ) -> Vec<BTreeSet<Day>> {
        let mut batches: Vec<BTreeSet<Day>> = Vec::new();
        let mut bytes = 0;
        for day in days {
            let more = self.logs_of(*day) * bytes_per_log;
            match batches.last_mut() {
                Some(batch) if bytes + more <= memory_bytes => {
                    batch.insert(*day);
                    bytes += more;
                }
                _ => {
                    batches.push(BTreeSet::from([*day]));
                    bytes = more;
                }
            }
        }
        batches
    }

    /// The files of a dataset whose name is known only now.
    pub fn of_mut(&mut self, dataset: Dataset) -> &mut Vec<Receipt> {
        match dataset {
            Dataset::ClassifiedMovieReview => &mut self.reviews,
            Dataset::ReviewLogs => &mut self.logs,
            Dataset::UserPurchase => &mut self.purchases,
        }
    }
}

impl Change {
    /// The changes of a dataset whose name is known only now.
    pub fn of_mut(&mut self, dataset: Dataset) -> &mut Vec<Changed> {
        match dataset {
            Dataset::ClassifiedMovieReview => &mut self.reviews,
            Dataset::ReviewLogs => &mut self.logs,
            Dataset::UserPurchase => &mut self.purchases,
        }
    }

    /// Whether a file was excluded, or staged again by other rules or for customers who were erased:
    /// then texts may have to go that only it had.
    pub fn takes_out(&self) -> bool {
        self.reviews.iter().chain(&self.logs).any(|changed| {
            match (&changed.before, &changed.after) {
                (Some(before), Some(after)) => {
                    before.recipe != after.recipe || before.erasures != after.erasures
                }
                (before, _) => before.is_some(),
            }
        })
    }

    /// Whether no path changed.
    pub fn is_empty(&self) -> bool {
        self.reviews.is_empty() && self.logs.is_empty() && self.purchases.is_empty()
    }
}

impl Changed {
    /// Both versions, where they are there.
    pub fn versions(&self) -> impl Iterator<Item = &Receipt> {
        self.before.iter().filter(|_| applies("old version")).chain(&self.after)
    }
}
