//! Sets of ids of a changed file.

use std::ops::RangeInclusive;

use pipeline::IdRanges;

/// Ids that a file has or had.
#[derive(Debug, Default)]
pub struct Ids {
    /// Ascending, each once.
    ids: Vec<i64>,
    /// Where a staged file is gone, its ranges stand for its ids.
    ranges: Vec<IdRanges>,
    /// Where all of them lie.
    all: IdRanges,
}

impl Ids {
    pub fn extend(&mut self, ids: &[i64]) {
        self.ids.extend_from_slice(ids);
    }

    pub fn extend_ranges(&mut self, ranges: IdRanges) {
        self.ranges.push(ranges);
    }

    pub fn len(&self) -> u64 {
        self.ids.len() as u64
    }

    /// To be called once, after the last id was added and before the first is looked for.
    pub fn seal(&mut self) {
        self.ids.sort_unstable();
        self.ids.dedup();
        self.all = self.ids.iter().copied().collect();
    }

    /// Whether a file may have one of them.
    pub fn meet(&self, ids: &IdRanges) -> bool {
        self.all.meets(ids) || self.ranges.iter().any(|ranges| ranges.meets(ids))
    }

    /// Smallest and greatest.
    pub fn hull(&self) -> Option<RangeInclusive<i64>> {
        let hulls = || self.ranges.iter().chain([&self.all]).filter_map(IdRanges::hull);
        let least = hulls().map(|hull| *hull.start()).min()?;
        let greatest = hulls().map(|hull| *hull.end()).max()?;
        Some(least..=greatest)
    }

    pub fn contains(&self, id: i64) -> bool {
        self.ids.binary_search(&id).is_ok() || self.ranges.iter().any(|ranges| ranges.contains(id))
    }
}
