//! The ids of a file as a few ranges: what decides which files may have ids in common.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Ranges of one set at most. One would do for ids that ascend from day to day; the others keep a
/// few ids far off from making the set overlap with everything.
const MOST: usize = 8;

/// Gaps up to this do not end a range, so that a file of dense ids costs nothing per row.
const SLACK: u64 = 1024;

/// Ascending ranges that hold every id of the set, and others between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRanges(Vec<(i64, i64)>);

impl IdRanges {
    /// All ids of one range.
    pub fn of(range: RangeInclusive<i64>) -> Self {
        Self(vec![range.into_inner()])
    }

    /// Whether there is no id at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ranges of the set.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The ranges, ascending.
    pub fn iter(&self) -> impl Iterator<Item = RangeInclusive<i64>> {
        self.0.iter().map(|&(first, last)| first..=last)
    }

    /// From the smallest id to the greatest.
    pub fn hull(&self) -> Option<RangeInclusive<i64>> {
        Some(self.0.first()?.0..=self.0.last()?.1)
    }

    /// Whether the id lies in one of the ranges.
    pub fn contains(&self, id: i64) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < id);
        self.0.get(at).is_some_and(|(first, _)| *first <= id)
    }

    /// Whether the sets may have an id in common.
    pub fn meets(&self, other: &Self) -> bool {
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(our), Some(their)) = (ours.peek(), theirs.peek()) {
            if our.1 < their.0 {
                ours.next();
            } else if their.1 < our.0 {
                theirs.next();
            } else {
                return true;
            }
        }
        false
    }
}

/// Collects ids into [`IdRanges`], in constant memory and in any order. The widest gaps between
/// ids stay, up to the number of ranges.
#[derive(Debug)]
pub struct IdCollector {
    /// Ascending, with gaps of more than `slack` between them.
    ranges: Vec<(i64, i64)>,
    /// The range that the last id came into.
    at: usize,
    slack: u64,
}

impl Default for IdCollector {
    fn default() -> Self {
        Self { ranges: Vec::with_capacity(MOST + 1), at: 0, slack: SLACK }
    }
}

impl IdCollector {
    /// Adds one id.
    #[inline]
    pub fn insert(&mut self, id: i64) {
        let next = self.ranges.get(self.at + 1).map_or(i64::MAX, |(first, _)| *first);
        if let Some((first, last)) = self.ranges.get_mut(self.at)
            && id >= *first
            && id < next
            && (id <= *last || id.abs_diff(*last) <= self.slack)
        {
            *last = id.max(*last);
            return;
        }
        self.find_place(id);
    }

    fn find_place(&mut self, id: i64) {
        let at = self.ranges.partition_point(|(_, last)| *last < id);
        if self.ranges.get(at).is_some_and(|(first, _)| *first <= id) {
            self.at = at;
            return;
        }
        self.ranges.insert(at, (id, id));
        self.at = at;
        while let Some(gap) =
            self.narrowest().filter(|gap| self.ranges.len() > MOST || self.gap(*gap) <= self.slack)
        {
            // As long as there are no more gaps than may stay, each that is narrower would be the
            // next to go: the slack grows with those that went.
            if self.ranges.len() > MOST {
                self.slack = self.slack.max(self.gap(gap));
            }
            self.ranges[gap].1 = self.ranges[gap + 1].1;
            self.ranges.remove(gap + 1);
            self.at -= usize::from(self.at > gap);
        }
    }

    /// Between this range and the next one.
    fn gap(&self, at: usize) -> u64 {
        self.ranges[at + 1].0.abs_diff(self.ranges[at].1)
    }

    fn narrowest(&self) -> Option<usize> {
        (0..self.ranges.len().saturating_sub(1)).min_by_key(|at| self.gap(*at))
    }

    /// What was collected so far.
    pub fn ranges(&self) -> IdRanges {
        IdRanges(self.ranges.clone())
    }
}

impl FromIterator<i64> for IdRanges {
    fn from_iter<I: IntoIterator<Item = i64>>(ids: I) -> Self {
        let mut collector = IdCollector::default();
        ids.into_iter().for_each(|id| collector.insert(id));
        collector.ranges()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(ranges: &IdRanges) -> Vec<(i64, i64)> {
        ranges.0.clone()
    }

    #[test]
    fn ids_far_off_have_ranges_of_their_own() {
        let wild = [1000, i64::MAX, 1001, i64::MIN, 1003, 9 * 10_i64.pow(18), 1002];
        let expected = [
            (i64::MIN, i64::MIN),
            (1000, 1003),
            (9 * 10_i64.pow(18), 9 * 10_i64.pow(18)),
            (i64::MAX, i64::MAX),
        ];
        assert_eq!(plain(&wild.into_iter().collect()), expected);
    }

    #[test]
    fn every_id_is_held_in_whatever_order_and_the_widest_gaps_stay() {
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            state >> 16
        };
        for spread in [10, 1_000, 1_000_000, u64::MAX >> 20] {
            let ids: Vec<i64> = (0..2_000).map(|_| (random() % spread) as i64 - 500).collect();
            let ranges: IdRanges = ids.iter().copied().collect();
            assert!(ids.iter().all(|id| ranges.contains(*id)), "{spread}");
            assert!(ranges.len() <= MOST && plain(&ranges).is_sorted());
            let hull = ids.iter().min().zip(ids.iter().max()).map(|(a, b)| *a..=*b);
            assert_eq!(ranges.hull(), hull);
        }
        // Nine clusters: the two that lie nearest to each other become one.
        let clusters = (0..9_i64).flat_map(|n| {
            let first = if n == 8 { 7_050_000 } else { n * 1_000_000 };
            (0..500).map(move |id| first + 7 * id)
        });
        let ranges: IdRanges = clusters.collect();
        let joined = (7_000_000, 7_050_000 + 7 * 499);
        assert_eq!((ranges.len(), plain(&ranges)[7]), (8, joined));
    }

    #[test]
    fn sets_meet_where_ranges_do() {
        let set = |ids: &[i64]| ids.iter().copied().collect::<IdRanges>();
        let wild = set(&[5_000, 1_000_000_000, -1_000_000_000]);
        assert!(wild.meets(&set(&[5_000])) && set(&[1_000_000_000]).meets(&wild));
        assert!(!wild.meets(&set(&[900_000])) && !set(&[0]).meets(&wild));
        assert!(!wild.meets(&IdRanges::default()) && !wild.contains(0) && wild.contains(5_000));
    }
}
