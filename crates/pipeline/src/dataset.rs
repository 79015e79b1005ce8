//! The three kinds of vendor files and what they become.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A staged dataset. Its name is also its folder below `staging` and `quarantine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    #[serde(alias = "movie_review")]
    /// Who wrote which review, and whether it is positive.
    ClassifiedMovieReview,
    #[serde(alias = "log_reviews")]
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
    /// must end in `.csv` or `.csv.gz` (any case). `None` where the path is [ignored](is_ignored).
    pub fn of_path(path: &str) -> Option<Self> {
        let (folder, name) = path.split_once('/')?;
        let dataset = Self::of_folder(folder)?;
        (is_csv(name) && !is_ignored(path)).then_some(dataset)
    }

    fn of_folder(folder: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dataset| dataset.raw_folder() == folder)
    }

    /// The dataset that somebody may have meant by a name.
    fn meant_by(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let meant = [
            ("log", Self::ReviewLogs),
            ("purchas", Self::UserPurchase),
            ("review", Self::ClassifiedMovieReview),
        ];
        meant.into_iter().find(|(word, _)| name.contains(word)).map(|(_, dataset)| dataset)
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn is_csv(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".csv") || name.ends_with(".csv.gz")
}

/// Whether any part of a path begins with `.`, `_` or `~$`: what Spark and Arrow skip, and
/// what desktop programs leave beside their files.
pub fn is_ignored(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with(['.', '_']) || part.starts_with("~$"))
}

/// Why a path that is of no dataset is not read, and the name it should have.
/// `None` where the path is read or ignored.
pub fn unread(path: &str) -> Option<String> {
    if is_ignored(path) || Dataset::of_path(path).is_some() {
        return None;
    }
    let (folder, name) = path.split_once('/').unwrap_or(("", path));
    let dataset = Dataset::of_folder(folder);
    let file = if is_csv(name) { name.to_owned() } else { csv_name(name) };
    let should = match dataset.or_else(|| Dataset::meant_by(folder)).or(Dataset::meant_by(name)) {
        Some(dataset) => format!("`{}/{file}`", dataset.raw_folder()),
        None => {
            let [reviews, logs, purchases] = Dataset::ALL.map(Dataset::raw_folder);
            format!("`{reviews}/{file}`, `{logs}/{file}` or `{purchases}/{file}`")
        }
    };
    let folder_is = match folder {
        "" => "it lies in no folder".to_owned(),
        folder => format!("its folder `{folder}` is of no dataset"),
    };
    let what = match (dataset, is_csv(name)) {
        (Some(_), _) => format!("{}: send it as {should}", wrong_kind(name)),
        (None, true) => format!("{folder_is}: name it {should}"),
        (None, false) => format!("{folder_is}, and {}: send it as {should}", wrong_kind(name)),
    };
    Some(what)
}

/// What is wrong with a name that is no CSV.
fn wrong_kind(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&[".part", ".tmp", ".crdownload", ".filepart", ".partial"]) {
        "its name is that of an upload that has not ended"
    } else if ends(&[".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".bz2", ".xz", ".zst"]) {
        "it is an archive, and only gzip is unpacked"
    } else if ends(&[".xlsx", ".xls", ".ods", ".parquet", ".json", ".xml", ".avro", ".orc"]) {
        "it is no CSV, which it must be exported as"
    } else {
        "its name ends neither in `.csv` nor in `.csv.gz`"
    }
}

/// The name with the right end.
fn csv_name(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    for end in [".csv.gz", ".csv"] {
        if let Some(at) = lower.rfind(end) {
            return name[..at + end.len()].to_owned();
        }
    }
    let (end, without) = match lower.strip_suffix(".gz") {
        Some(without) => (".csv.gz", &name[..without.len()]),
        None => (".csv", name),
    };
    let stem = match without.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() && !stem.ends_with('/') && !end.contains('/') => stem,
        _ => without,
    };
    format!("{}{end}", stem.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_temporary_names_are_ignored_in_any_part() {
        for path in [
            "movie_review/._a.csv",
            "movie_review/~$a.csv",
            "movie_review/_temporary/0/part-0.csv",
            ".staging/movie_review/a.csv",
            "movie_review/d=2021-04-25/_SUCCESS",
            "movie_review/.~lock.a.csv#",
        ] {
            assert!(is_ignored(path), "{path}");
            assert_eq!(Dataset::of_path(path), None, "{path}");
        }
        for path in ["movie_review/~a.csv", "movie_review/a_b.csv", "movie_review/$a/1.csv"] {
            assert!(!is_ignored(path), "{path}");
        }
    }

    #[test]
    fn what_is_not_read_gets_the_name_that_it_should_have() {
        for (path, should) in [
            ("movie_review.csv", "`movie_review/movie_review.csv`"),
            ("Movie_Review/a.csv", "`movie_review/a.csv`"),
            ("movie_reviews/a.csv", "`movie_review/a.csv`"),
            ("movie_review /a.csv", "`movie_review/a.csv`"),
            ("review_logs/d/a.txt", "`log_reviews/d/a.csv`"),
            ("Purchases/a.CSV.GZ.part", "`user_purchase/a.CSV.GZ`"),
            ("movie_review/a.b.tsv", "`movie_review/a.b.csv`"),
            ("movie_review/b.csv.zip", "`movie_review/b.csv`"),
            ("movie_review/2021.04/noend", "`movie_review/2021.04/noend.csv`"),
            ("movie_review/a.gz", "`movie_review/a.csv.gz`"),
            ("other/a.csv", "`movie_review/a.csv`, `log_reviews/a.csv` or `user_purchase/a.csv`"),
        ] {
            let why = unread(path).unwrap();
            assert!(why.ends_with(should), "{path}: {why}");
        }
        assert_eq!(unread("movie_review/a.csv"), None);
    }

    #[test]
    fn the_first_folder_and_the_extension_decide_the_dataset() {
        assert_eq!(Dataset::of_path("movie_review/a.csv"), Some(Dataset::ClassifiedMovieReview));
        assert_eq!(Dataset::of_path("log_reviews/2021/04/a.CSV.gz"), Some(Dataset::ReviewLogs));
        for path in ["a.csv", "movie_review/a.txt", "other/a.csv", "movie_reviews/a.csv"] {
            assert_eq!(Dataset::of_path(path), None, "{path}");
        }
    }
}
