//! The facts of some days: which staged files take part, and in which order.
//!
//! Mostly all at once. Where the logs of the days outgrow the budget they come in parts by their
//! ids, and of each file the row groups that may hold these are read.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use lake::Receipt;
use pipeline::{
    Day, IdRanges,
    facts::{FactBatch, LatestLogs, Logs, REVIEW_COLUMNS, log_columns},
};

use super::Embedded;
use crate::{Error, Live};

/// What facts are built from.
#[derive(Clone, Copy)]
pub struct Build<'a> {
    pub engine: &'a Embedded,
    pub live: &'a Live,
    pub days: &'a BTreeSet<Day>,
}

/// Which ids come next.
pub struct Part {
    first: i64,
    /// How many at most: as far apart as those that fitted before, twice as far where all did.
    width: u64,
    /// Log rows of the parts before that count, by the rank of their file.
    counted: BTreeMap<u32, u64>,
}

impl Default for Part {
    /// All ids.
    fn default() -> Self {
        Self { first: i64::MIN, width: u64::MAX, counted: BTreeMap::new() }
    }
}

impl Build<'_> {
    /// The facts of a part of the ids, of as many as fit the budget, and the next part.
    pub async fn facts(self, part: Part) -> Result<(FactBatch, Option<Part>), Error> {
        let rows = self.live.logs.iter().map(|receipt| self.of_days(receipt)).sum::<u64>();
        let wanted = part.first..=part.first.saturating_add_unsigned(part.width);
        let memory = self.engine.memory_bytes;
        let mut logs = Logs::new(self.days, rows as usize, wanted.clone(), memory);
        let mut sources = Vec::new();
        for (rank, receipt) in self.ranked() {
            let ids = receipt.ids();
            // There may be room for fewer ids after each file.
            if self.of_days(receipt) > 0 && ids.meets(&IdRanges::of(logs.ids().clone())) {
                let (range, columns) = (Some(logs.ids().clone()), log_columns());
                let push = |batch| logs.push(&batch, rank);
                self.engine.read(receipt, &columns, range, push).await?;
                sources.push((rank, ids));
            }
        }
        let ids = logs.ids().clone();
        let width = match ids == wanted {
            true => part.width.saturating_mul(2),
            false => ids.end().abs_diff(part.first),
        };
        let next = ids.end().checked_add(1).and_then(|from| self.first_id(from));
        let mut latest = logs.latest();
        self.supersede(&mut latest, &sources).await?;
        self.join(&mut latest).await?;
        let mut counted = part.counted;
        latest.counted().into_iter().for_each(|(rank, n)| *counted.entry(rank).or_default() += n);
        let mut superseded = self.superseded_reviews(&latest);
        // Log rows that no part counts: known when all parts are there.
        if next.is_none() {
            superseded.extend(self.superseded_logs(&counted));
        }
        let facts = FactBatch { superseded, ..latest.facts() };
        Ok((facts, next.map(|first| Part { first, width, counted })))
    }

    fn superseded_reviews(&self, latest: &LatestLogs) -> BTreeMap<String, u64> {
        let path = |rank: u32| self.live.reviews[rank as usize].path.clone();
        latest.superseded_reviews().iter().map(|(rank, rows)| (path(*rank), *rows)).collect()
    }

    fn superseded_logs(&self, counted: &BTreeMap<u32, u64>) -> impl Iterator<Item = (String, u64)> {
        self.ranked().filter_map(|(rank, receipt)| {
            let counted = counted.get(&rank).copied().unwrap_or(0);
            let rows = self.of_days(receipt).saturating_sub(counted);
            (rows > 0).then(|| (receipt.path.clone(), rows))
        })
    }

    /// The first id of a log file with rows of the days, from this one on.
    fn first_id(&self, from: i64) -> Option<i64> {
        let of_days = self.live.logs.iter().filter(|receipt| self.of_days(receipt) > 0);
        let first = |receipt: &Receipt| {
            let first = receipt.ids().iter().find(|ids| *ids.end() >= from);
            first.map(|ids| from.max(*ids.start()))
        };
        of_days.filter_map(first).min()
    }

    fn ranked(&self) -> impl Iterator<Item = (u32, &Receipt)> {
        (0_u32..).zip(&self.live.logs)
    }

    /// Log rows of the days in a file.
    fn of_days(&self, receipt: &Receipt) -> u64 {
        let of_days = receipt.days.iter().filter(|(day, _)| self.days.contains(day));
        of_days.map(|(_, rows)| rows).sum()
    }

    /// A greater path may hold the same ids on days that are not built now; only files with such
    /// days, and only where a lesser file with rows of the days overlaps, have to be asked.
    async fn supersede(
        &self,
        latest: &mut LatestLogs,
        sources: &[(u32, Cow<'_, IdRanges>)],
    ) -> Result<(), Error> {
        let wanted = latest.ids();
        for (rank, receipt) in self.ranked() {
            let ids = receipt.ids();
            let beats = || sources.iter().any(|(other, less)| *other < rank && less.meets(&ids));
            let elsewhere = || receipt.days.keys().any(|day| !self.days.contains(day));
            if wanted.meets(&ids) && elsewhere() && beats() {
                let supersede = |batch| latest.supersede(&batch, rank);
                self.engine.read(receipt, &["log_id"], wanted.hull(), supersede).await?;
            }
        }
        Ok(())
    }

    async fn join(&self, latest: &mut LatestLogs) -> Result<(), Error> {
        let wanted = latest.ids();
        for (rank, receipt) in self.live.reviews.iter().enumerate().rev() {
            if wanted.meets(&receipt.ids()) {
                let join = |batch| latest.reviews(&batch, rank as u32);
                self.engine.read(receipt, &REVIEW_COLUMNS, wanted.hull(), join).await?;
            }
        }
        Ok(())
    }
}
