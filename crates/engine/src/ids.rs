//! Sets of ids of a changed file.

use std::ops::RangeInclusive;

/// The ids that a file has or had.
#[derive(Debug, Default)]
pub struct Ids {
    /// Ascending, each once.
    ids: Vec<i64>,
    /// Where a staged file is gone, its range stands for its ids.
    ranges: Vec<RangeInclusive<i64>>,
}

impl Ids {
    pub fn extend(&mut self, ids: &[i64]) {
        self.ids.extend_from_slice(ids);
    }

    pub fn extend_range(&mut self, range: RangeInclusive<i64>) {
        self.ranges.push(range);
    }

    /// To be called once, after the last id was added and before the first is looked for.
    pub fn seal(&mut self) {
        self.ids.sort_unstable();
        self.ids.dedup();
    }

    /// Smallest and greatest.
    pub fn range(&self) -> Option<RangeInclusive<i64>> {
        let ranges = || self.ranges.iter();
        let least =
            self.ids.first().into_iter().chain(ranges().map(RangeInclusive::start)).min()?;
        let greatest =
            self.ids.last().into_iter().chain(ranges().map(RangeInclusive::end)).max()?;
        Some(*least..=*greatest)
    }

    pub fn contains(&self, id: i64) -> bool {
        self.ids.binary_search(&id).is_ok() || self.ranges.iter().any(|range| range.contains(&id))
    }

    /// Whether any id lies in the range.
    pub fn meet(&self, range: &RangeInclusive<i64>) -> bool {
        let from = self.ids.partition_point(|id| id < range.start());
        self.ids.get(from).is_some_and(|id| id <= range.end())
            || self.ranges.iter().any(|other| overlap(other, range))
    }
}

/// Ids of a staged file, if it has any row.
pub fn range_of(receipt: &lake::Receipt) -> Option<RangeInclusive<i64>> {
    Some(receipt.min_id?..=receipt.max_id?)
}

pub fn overlap(a: &RangeInclusive<i64>, b: &RangeInclusive<i64>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}
