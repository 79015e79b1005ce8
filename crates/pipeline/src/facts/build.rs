//! Latest rows, join and group: staged logs and reviews of some days become their facts.
//!
//! Call order: [`Logs::push`] for every file that has rows of the days, [`Logs::latest`],
//! [`LatestLogs::supersede`] for every file that may hold the same ids on other days,
//! [`LatestLogs::reviews`] from the greatest path down, [`LatestLogs::facts`].
//!
//! Where the logs of the days outgrow the budget, only those with the smallest ids are kept, and
//! [`Logs::ids`] says how far they go: the others are read after them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Date32Type, Int32Type, Int64Type},
};
use indexmap::IndexSet;

use super::{DayTotal, Fact, FactBatch, Interner, texts};
use crate::{
    Day, IdRanges,
    dimensions::{COUNT, DIMENSIONS},
    id_ranges::IdCollector,
};

/// Bytes of memory that one log row of the days takes until its facts are handed over.
pub const BYTES_PER_LOG: u64 = 96;

/// Bytes of one combination of texts, held in an [`IndexSet`].
const BYTES_PER_SESSION: usize = 64;

/// Columns of `review_logs` that [`Logs::push`] reads.
pub fn log_columns() -> Vec<&'static str> {
    ["log_id", "log_date"].into_iter().chain(DIMENSIONS.map(|d| d.name)).collect()
}

/// Columns of `classified_movie_review` that [`LatestLogs::reviews`] reads.
pub const REVIEW_COLUMNS: [&str; 3] = ["customer_id", "is_positive", "review_id"];

/// A log row of one of the days.
#[derive(Clone, Copy)]
struct Log {
    id: i64,
    day: i32,
    /// The texts of all dimensions as one code.
    session: u32,
    /// Place of its file among the live files in byte order of their paths.
    rank: u32,
}

/// A log whose review is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Matched {
    day: i32,
    session: u32,
    customer: i64,
    positive: i32,
}

/// What the logs of one part may take.
#[derive(Clone, Copy)]
struct Most {
    rows: usize,
    text_bytes: usize,
}

/// Collects the log rows of the days to build.
pub struct Logs {
    days: DaySet,
    ids: RangeInclusive<i64>,
    rows: Vec<Log>,
    sessions: Sessions,
    most: Most,
}

impl Logs {
    /// `rows` is how many are to be expected: room for them is taken at once, for growing copies
    /// all of them again and again. Only these `ids` are taken, and of them no more than fit
    /// `memory` (bytes, for everything until the facts are handed over).
    pub fn new(days: &BTreeSet<Day>, rows: usize, ids: RangeInclusive<i64>, memory: u64) -> Self {
        let fit = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let most = Most { rows: fit(memory / BYTES_PER_LOG).max(2), text_bytes: fit(memory / 6) };
        Self {
            days: DaySet::new(days),
            ids,
            rows: Vec::with_capacity(rows.min(most.rows)),
            sessions: Sessions::default(),
            most,
        }
    }

    /// Takes the rows of a staged batch that lie on the days. `rank` is the place of the file
    /// among the live log files in byte order of their paths.
    pub fn push(&mut self, batch: &RecordBatch, rank: u32) {
        let ids = column::<Int64Type>(batch, "log_id");
        let days = column::<Date32Type>(batch, "log_date");
        let mut texts = DIMENSIONS.map(|dimension| Texts::of(batch[dimension.name].as_ref()));
        for (row, (&id, &day)) in ids.iter().zip(days).enumerate() {
            if self.days.contains(day) && self.ids.contains(&id) {
                if self.rows.len() >= self.most.rows || self.sessions.bytes > self.most.text_bytes {
                    self.make_room();
                    // Codes have changed.
                    texts.iter_mut().for_each(Texts::forget);
                    if !self.ids.contains(&id) {
                        continue;
                    }
                }
                let session = self.sessions.session(&mut texts, row);
                self.rows.push(Log { id, day, session, rank });
            }
        }
    }

    /// The ids that are taken, fewer than asked for where they do not fit.
    pub fn ids(&self) -> &RangeInclusive<i64> {
        &self.ids
    }

    /// Drops superseded rows and, as long as more than half of the room is taken, the greater half
    /// of the ids. A single id always has room.
    fn make_room(&mut self) {
        self.keep_latest();
        self.sessions.keep(&mut self.rows);
        while self.rows.len() > 1
            && (self.rows.len() > self.most.rows / 2
                || self.sessions.bytes > self.most.text_bytes / 2)
        {
            self.rows.truncate(self.rows.len() / 2);
            let last = self.rows.last().map_or(i64::MAX, |log| log.id);
            self.ids = *self.ids.start()..=last;
            self.sessions.keep(&mut self.rows);
        }
    }

    /// One row of each id: that of the greatest path.
    fn keep_latest(&mut self) {
        let order = |a: &Log, b: &Log| a.id.cmp(&b.id).then(b.rank.cmp(&a.rank));
        if !self.rows.is_sorted_by(|a, b| order(a, b).is_le()) {
            self.rows.sort_unstable_by(order);
        }
        self.rows.dedup_by_key(|log| log.id);
    }

    /// Keeps one row of each id: that of the greatest path.
    pub fn latest(mut self) -> LatestLogs {
        self.keep_latest();
        let Self { days, rows, sessions, .. } = self;
        let (review, matched) = (vec![NONE; rows.len()], Vec::with_capacity(rows.len()));
        let (superseded, changed) = (BTreeMap::new(), BTreeSet::new());
        LatestLogs { days, review, rows, sessions, matched, superseded, changed }
    }
}

/// In the place of a review that has not come yet.
const NONE: u32 = u32::MAX;

/// One log row for each id, waiting for its review.
pub struct LatestLogs {
    days: DaySet,
    /// Ascending by id.
    rows: Vec<Log>,
    /// The place of its review in `matched`.
    review: Vec<u32>,
    sessions: Sessions,
    matched: Vec<Matched>,
    /// Reviews that do not count, by the rank of their file.
    superseded: BTreeMap<u32, u64>,
    /// Places of logs whose superseded reviews name another customer.
    changed: BTreeSet<usize>,
}

impl LatestLogs {
    /// The ids of all rows.
    pub fn ids(&self) -> IdRanges {
        let mut ids = IdCollector::default();
        self.rows.iter().for_each(|log| ids.insert(log.id));
        ids.ranges()
    }

    /// These ids stand in the log file of this rank: rows of lesser paths are superseded by it,
    /// on any day.
    pub fn supersede(&mut self, batch: &RecordBatch, rank: u32) {
        let mut seek = Seek::default();
        let mut superseded = BTreeSet::new();
        for &id in column::<Int64Type>(batch, "log_id").iter() {
            if let Some(at) = seek.find(&self.rows, id)
                && self.rows[at].rank < rank
            {
                superseded.insert(at);
            }
        }
        if !superseded.is_empty() {
            let mut places = 0..;
            self.rows.retain(|_| places.next().is_none_or(|at| !superseded.contains(&at)));
            self.review.truncate(self.rows.len());
        }
    }

    /// Log rows that count, by the rank of their file.
    pub fn counted(&self) -> BTreeMap<u32, u64> {
        let mut counted = BTreeMap::new();
        self.rows.iter().for_each(|log| *counted.entry(log.rank).or_default() += 1);
        counted
    }

    /// Reviews joined so far that do not count, by the rank of their file: a greater path has their id.
    pub fn superseded_reviews(&self) -> &BTreeMap<u32, u64> {
        &self.superseded
    }

    /// Joins a staged batch of reviews of the file of this rank among the review files. Files come
    /// from the greatest path down, so that the first review of an id is the one that counts.
    pub fn reviews(&mut self, batch: &RecordBatch, rank: u32) {
        let ids = column::<Int64Type>(batch, "review_id");
        let customers = column::<Int64Type>(batch, "customer_id");
        let positives = column::<Int32Type>(batch, "is_positive");
        let mut seek = Seek::default();
        for (row, &id) in ids.iter().enumerate() {
            let Some(at) = seek.find(&self.rows, id) else { continue };
            let customer = customers[row];
            match self.matched.get(self.review[at] as usize) {
                None => {
                    let Log { day, session, .. } = self.rows[at];
                    self.review[at] = self.matched.len() as u32;
                    let positive = positives[row];
                    self.matched.push(Matched { day, session, customer, positive });
                }
                Some(counted) => {
                    if counted.customer != customer {
                        self.changed.insert(at);
                    }
                    *self.superseded.entry(rank).or_default() += 1;
                }
            }
        }
    }

    /// Groups what was joined.
    pub fn facts(self) -> FactBatch {
        let Self { days, rows, review, sessions, mut matched, changed, .. } = self;
        let mut totals: Vec<DayTotal> = days.iter().map(DayTotal::empty).collect();
        let mut total = |day: i32, add: fn(&mut DayTotal)| {
            if let Ok(at) = totals.binary_search_by_key(&day, |total| total.day.0) {
                add(&mut totals[at]);
            }
        };
        for (log, _) in rows.iter().zip(&review).filter(|(_, review)| **review == NONE) {
            total(log.day, |total| total.unmatched += 1);
        }
        for at in changed {
            total(rows[at].day, |total| total.other_customers += 1);
        }
        drop((rows, review));
        matched.sort_unstable_by_key(|row| (row.day, row.customer, row.session));
        let mut facts: Vec<Fact> = Vec::with_capacity(matched.len());
        let mut last = None;
        for row in &matched {
            total(row.day, |total| total.matched += 1);
            let grain = (row.day, row.customer, row.session);
            match facts.last_mut() {
                Some(fact) if last == Some(grain) => {
                    fact.score += row.positive;
                    fact.count += 1;
                }
                _ => facts.push(sessions.fact(row)),
            }
            last = Some(grain);
        }
        let texts = sessions.interners;
        FactBatch { days: totals, rows: facts, texts, superseded: BTreeMap::new() }
    }
}

/// Finds ids in ascending rows. Ids mostly come ascending too, so it looks near the last
/// place first.
#[derive(Default)]
struct Seek {
    at: usize,
}

impl Seek {
    fn find(&mut self, rows: &[Log], id: i64) -> Option<usize> {
        let (mut low, mut step) = (self.at, 1);
        if low >= rows.len() || rows[low].id > id {
            low = 0;
        }
        let mut high = low;
        // Steps double until the id is passed; then between the last two lies its place.
        while high < rows.len() && rows[high].id < id {
            low = high;
            high += step;
            step *= 2;
        }
        let high = rows.len().min(high + 1);
        let found = rows[low..high].binary_search_by_key(&id, |log| log.id);
        self.at = low + found.unwrap_or_else(|place| place);
        found.is_ok().then_some(self.at)
    }
}

/// Each combination of texts of all dimensions as one integer.
#[derive(Default)]
struct Sessions {
    interners: [Interner; COUNT],
    codes: IndexSet<[u32; COUNT], ahash::RandomState>,
    /// Memory that both take.
    bytes: usize,
}

/// The texts of one column of a batch, with the codes of those that were asked for.
struct Texts<'a> {
    keys: &'a arrow_array::Int32Array,
    values: &'a arrow_array::StringArray,
    codes: Vec<Option<u32>>,
}

impl<'a> Texts<'a> {
    fn of(array: &'a dyn Array) -> Self {
        let array = array.as_dictionary::<Int32Type>();
        let values = array.values().as_string::<i32>();
        Self { keys: array.keys(), values, codes: vec![None; values.len()] }
    }

    fn forget(&mut self) {
        self.codes.fill(None);
    }

    /// The code of a row; 0 (`Unknown`) where it has no text.
    fn code(&mut self, row: usize, interner: &mut Interner) -> u32 {
        if self.keys.is_null(row) {
            return 0;
        }
        let at = self.keys.value(row) as usize;
        *self.codes[at].get_or_insert_with(|| {
            // A text that is null counts as empty.
            interner.code(if self.values.is_null(at) { "" } else { self.values.value(at) })
        })
    }
}

impl Sessions {
    fn session(&mut self, texts: &mut [Texts<'_>; COUNT], row: usize) -> u32 {
        let interners = &mut self.interners;
        let codes = std::array::from_fn(|place| texts[place].code(row, &mut interners[place]));
        let (session, is_new) = self.codes.insert_full(codes);
        if is_new {
            self.count();
        }
        session as u32
    }

    /// A new text always makes a new combination.
    fn count(&mut self) {
        self.bytes = texts::bytes(&self.interners) + self.codes.len() * BYTES_PER_SESSION;
    }

    /// Drops what none of the rows has.
    fn keep(&mut self, rows: &mut [Log]) {
        let before = std::mem::take(self);
        let mut recoder = texts::Recoder::new(&before.interners);
        let mut sessions = vec![None; before.codes.len()];
        for log in rows {
            let session = log.session as usize;
            log.session = *sessions[session].get_or_insert_with(|| {
                let codes = recoder.recode(before.codes[session], &mut self.interners);
                self.codes.insert_full(codes).0 as u32
            });
        }
        self.count();
    }

    fn fact(&self, row: &Matched) -> Fact {
        let codes = self.codes[row.session as usize];
        let (day, customer) = (Day(row.day), row.customer);
        Fact { day, customer, codes, score: row.positive, count: 1 }
    }
}

/// A set of days, one bit each.
struct DaySet {
    first: i32,
    bits: Vec<bool>,
}

impl DaySet {
    fn new(days: &BTreeSet<Day>) -> Self {
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            return Self { first: 0, bits: Vec::new() };
        };
        let mut bits = vec![false; (last.0 - first.0) as usize + 1];
        for day in days {
            bits[(day.0 - first.0) as usize] = true;
        }
        Self { first: first.0, bits }
    }

    fn contains(&self, day: i32) -> bool {
        let place = i64::from(day) - i64::from(self.first);
        usize::try_from(place).is_ok_and(|place| self.bits.get(place) == Some(&true))
    }

    fn iter(&self) -> impl Iterator<Item = Day> {
        let days = self.bits.iter().zip(self.first..);
        days.filter(|(wanted, _)| **wanted).map(|(_, day)| Day(day))
    }
}

/// The values of a column that is never null.
fn column<'a, T: arrow_array::ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> &'a arrow_buffer::ScalarBuffer<T::Native> {
    batch[name].as_primitive::<T>().values()
}
