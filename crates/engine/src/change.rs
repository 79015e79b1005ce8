//! The live files, and how they changed since the last publish.

use lake::Receipt;
use pipeline::{Dataset, Day};

/// The live version of every path, by dataset, in byte order of the paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    pub reviews: Vec<Receipt>,
    pub logs: Vec<Receipt>,
    pub purchases: Vec<Receipt>,
}

/// The live version of one path, before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    pub before: Option<Receipt>,
    pub after: Option<Receipt>,
}

/// Every path whose live version changed, by dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    pub reviews: Vec<Changed>,
    pub logs: Vec<Changed>,
    pub purchases: Vec<Changed>,
}

impl Live {
    /// Log rows of a day, in all files: each id counts as often as it stands.
    pub fn logs_of(&self, day: Day) -> u64 {
        self.logs.iter().filter_map(|receipt| receipt.days.get(&day)).sum()
    }

    pub fn of_mut(&mut self, dataset: Dataset) -> &mut Vec<Receipt> {
        match dataset {
            Dataset::ClassifiedMovieReview => &mut self.reviews,
            Dataset::ReviewLogs => &mut self.logs,
            Dataset::UserPurchase => &mut self.purchases,
        }
    }
}

impl Change {
    pub fn of_mut(&mut self, dataset: Dataset) -> &mut Vec<Changed> {
        match dataset {
            Dataset::ClassifiedMovieReview => &mut self.reviews,
            Dataset::ReviewLogs => &mut self.logs,
            Dataset::UserPurchase => &mut self.purchases,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.reviews.is_empty() && self.logs.is_empty() && self.purchases.is_empty()
    }
}

impl Changed {
    /// Both versions, where they are there.
    pub fn versions(&self) -> impl Iterator<Item = &Receipt> {
        self.before.iter().chain(&self.after)
    }
}
