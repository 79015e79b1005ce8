//! The three kinds of vendor files and what they become.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A staged dataset. Its name is also its folder below `staging` and `quarantine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    /// Who wrote which review, and whether it is positive.
    ClassifiedMovieReview,
    /// On which day, where and with what each review was written.
    ReviewLogs,
    /// Rows of the customers' invoices.
    UserPurchase,
}

impl Dataset {
    /// In the order of their staged names.
    pub const ALL: [Self; 3] = [Self::ClassifiedMovieReview, Self::ReviewLogs, Self::UserPurchase];

    /// Name of the staged dataset.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClassifiedMovieReview => "classified_movie_review",
            Self::ReviewLogs => "review_logs",
            Self::UserPurchase => "user_purchase",
        }
    }

    /// Folder below `raw` that the vendor's files of this dataset arrive in.
    pub const fn raw_folder(self) -> &'static str {
        match self {
            Self::ClassifiedMovieReview => "movie_review",
            Self::ReviewLogs => "log_reviews",
            Self::UserPurchase => "user_purchase",
        }
    }

    /// The dataset that a path below `raw` belongs to: its first folder decides, and the name
    /// must end in `.csv` or `.csv.gz` (any case).
    pub fn of_path(path: &str) -> Option<Self> {
        let (folder, name) = path.split_once('/')?;
        let name = name.to_ascii_lowercase();
        let csv = name.ends_with(".csv") || name.ends_with(".csv.gz");
        Self::ALL.into_iter().find(|dataset| csv && dataset.raw_folder() == folder)
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_folder_and_the_extension_decide_the_dataset() {
        assert_eq!(Dataset::of_path("movie_review/a.csv"), Some(Dataset::ClassifiedMovieReview));
        assert_eq!(Dataset::of_path("log_reviews/2021/04/a.CSV.gz"), Some(Dataset::ReviewLogs));
        for path in ["a.csv", "movie_review/a.txt", "other/a.csv", "movie_reviews/a.csv"] {
            assert_eq!(Dataset::of_path(path), None, "{path}");
        }
    }
}
