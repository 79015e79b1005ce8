//! How long files take from their last write to staging, and on to the facts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use lake::{Receipt, State};
use pipeline::Dataset;
use serde::Serialize;

/// Seconds that the files of a dataset took, counted from the last write of each. Versions that
/// counted before, and were only staged again, do not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Whose files these are.
    pub dataset: Dataset,
    /// How many files were counted.
    pub files: u64,
    /// To the receipt that took the file in.
    pub staged: Percentiles,
    /// To the commit of the publish that absorbed it; `None` where rows go to a table first.
    pub published: Option<Percentiles>,
}

/// Of 100 files, so many took at most so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Half of them.
    pub p50: u64,
    /// 95.
    pub p95: u64,
    /// 99.
    pub p99: u64,
}

impl Percentiles {
    /// By nearest rank, of values with how often they occur. `None` without any.
    fn of(counted: &BTreeMap<u64, u64>) -> Option<Self> {
        let all: u64 = counted.values().sum();
        let at = |percent: u64| {
            let mut before = 0;
            let mut values = counted.iter();
            let found = values.find(|(_, files)| {
                before += **files;
                before * 100 >= all * percent
            });
            found.map(|(value, _)| *value)
        };
        Some(Self { p50: at(50)?, p95: at(95)?, p99: at(99)? })
    }
}

/// Files that took the same time.
pub(crate) struct Counted {
    pub(crate) dataset: String,
    pub(crate) staged: u64,
    pub(crate) published: Option<u64>,
    pub(crate) files: u64,
}

impl Latency {
    /// Of files that a publish has absorbed at this moment, by dataset.
    pub fn of(receipts: &[Receipt], absorbed_at: DateTime<Utc>) -> Vec<Self> {
        Self::summed(receipts.iter().filter_map(|receipt| {
            let (staged, published) = seconds(receipt, absorbed_at)?;
            let dataset = receipt.dataset.name().to_owned();
            Some(Counted { dataset, staged, published, files: 1 })
        }))
    }

    pub(crate) fn summed(counted: impl IntoIterator<Item = Counted>) -> Vec<Self> {
        let mut datasets: BTreeMap<String, [BTreeMap<u64, u64>; 2]> = BTreeMap::new();
        for Counted { dataset, staged, published, files } in counted {
            let [to_staging, to_facts] = datasets.entry(dataset).or_default();
            *to_staging.entry(staged).or_default() += files;
            if let Some(published) = published {
                *to_facts.entry(published).or_default() += files;
            }
        }
        let latency = |(name, [staged, published]): (String, [BTreeMap<u64, u64>; 2])| {
            let dataset = Dataset::ALL.into_iter().find(|dataset| dataset.name() == name)?;
            let files = staged.values().sum();
            let published = Percentiles::of(&published);
            Some(Self { dataset, files, staged: Percentiles::of(&staged)?, published })
        };
        datasets.into_iter().filter_map(latency).collect()
    }
}

/// Seconds from the last write of a file to its receipt, and to the moment at which a publish has
/// absorbed it: by the rules of `v_load_history`. `None` where the receipt took nothing new in.
pub fn seconds(receipt: &Receipt, absorbed_at: DateTime<Utc>) -> Option<(u64, Option<u64>)> {
    let since: DateTime<Utc> = receipt.source_at.as_ref()?.parse().ok()?;
    let staged_at: DateTime<Utc> = receipt.written_at.parse().ok()?;
    let to = |at: DateTime<Utc>| (at - since).num_seconds().max(0).unsigned_abs();
    match receipt.state {
        State::Accepted => Some((to(staged_at), Some(to(absorbed_at)))),
        State::Loaded => Some((to(staged_at), None)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_files_had() {
        let of = |seconds: &[(u64, u64)]| Percentiles::of(&seconds.iter().copied().collect());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(7, 1)]), Some(Percentiles { p50: 7, p95: 7, p99: 7 }));
        assert_eq!(of(&[(1, 95), (9, 5)]), Some(Percentiles { p50: 1, p95: 1, p99: 9 }));
        assert_eq!(of(&[(1, 50), (2, 44), (9, 6)]), Some(Percentiles { p50: 1, p95: 9, p99: 9 }));
    }
}
