//! What the dashboard asks a warehouse, and the answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::{HeldCustomer, Latency, RefusedDay};
use pipeline::{Day, dimensions::DAILY};

/// Customers are counted fact by fact, within spans of days that hold at most so many: about a
/// tenth of a second on SQLite.
pub const MOST_FACTS: u64 = 500_000;

/// Which facts to add up. A set that is empty, or an end that is `None`, lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Filter {
    /// Texts of each of [`DAILY`], compared byte for byte.
    pub texts: [BTreeSet<String>; DAILY.len()],
    /// First day.
    pub from: Option<Day>,
    /// Last day.
    pub to: Option<Day>,
}

impl Filter {
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// First and last key of `dim_date`.
    pub(crate) fn keys(&self) -> (i32, i32) {
        (self.from.map_or(0, Day::key), self.to.map_or(99_991_231, Day::key))
    }
}

/// Reviews, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Sum of `review_count`.
    pub reviews: u64,
    /// Sum of `review_score`: the positive ones among them.
    pub positive: u64,
}

impl Sums {
    /// Average review score: the positive share, from 0 to 1. `None` without reviews.
    pub fn score(self) -> Option<f64> {
        (self.reviews > 0).then(|| self.positive as f64 / self.reviews as f64)
    }
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.reviews += other.reviews;
        self.positive += other.positive;
    }
}

impl std::iter::Sum for Sums {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let mut sum = Self::default();
        all.for_each(|sums| sum += sums);
        sum
    }
}

/// A member of a dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// As the dimension has it.
    pub text: String,
    /// Under the filters of the other dimensions and of the days. So a member that is not chosen
    /// shows what it would add.
    pub sums: Sums,
    /// Whether the filter lets it through.
    pub chosen: bool,
}

/// Customers and what they spent, each counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Customers {
    /// Customers, each once.
    pub count: u64,
    /// In 1/100,000.
    pub spend_e5: i128,
}

/// How new the files of a dataset are that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Name of the staged dataset.
    pub dataset: String,
    /// Paths whose rows count.
    pub live: u64,
    /// Paths whose newest version was refused.
    pub refused: u64,
    /// When the newest of them was ingested, UTC, `2021-04-25T06:15:04Z`.
    pub newest_at: Option<String>,
    /// When the newest file was read first, refused or not, in the same form.
    pub arrived_at: Option<String>,
}

/// The newest publish, and what was absorbed since: everything that a dashboard shows changes with
/// it and with nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestPublish {
    /// Counted from 1.
    pub publish_id: i64,
    /// UTC, `2021-04-25T06:15:04Z`.
    pub published_at: String,
    /// As in [`Head`](crate::Head): freshness changes with it.
    pub absorption_id: i64,
}

/// The numbers of a filter, all from one state of the warehouse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dashboard {
    /// `None` where nothing was published yet.
    pub latest: Option<LatestPublish>,
    /// First and last day with facts, whatever the filter.
    pub span: Option<(Day, Day)>,
    /// Days with reviews under the filter.
    pub days: BTreeMap<Day, Sums>,
    /// All members of each of [`DAILY`], by text.
    pub members: [Vec<Member>; DAILY.len()],
    /// Customers of the filter's facts. `None` where the span of days holds more than
    /// [`MOST_FACTS`] facts, chosen or not.
    pub customers: Option<Customers>,
    /// Everybody who bought something, with reviews or without, whatever the filter.
    pub buyers: Customers,
    /// One for each dataset of which any file was absorbed, by name.
    pub freshness: Vec<Freshness>,
    /// How long the files of the last 30 days took, by dataset.
    pub latency: Vec<Latency>,
    /// Days that keep their last good rows.
    pub refused_days: Vec<RefusedDay>,
    /// Customers who keep their last total.
    pub held_customers: Vec<HeldCustomer>,
}

impl Dashboard {
    /// All reviews under the filter.
    pub fn total(&self) -> Sums {
        self.days.values().copied().sum()
    }
}

/// Those of the dashboard.
pub(crate) type All = [Dimension; DAILY.len()];

/// Adds up one dimension.
#[derive(Debug)]
pub(crate) struct Dimension {
    /// By key, in order.
    members: Vec<(i64, Member)>,
    is_filtered: bool,
}

impl Dimension {
    /// Of all members by key, with the texts that the filter names.
    fn new(mut members: Vec<(i64, String)>, wanted: &BTreeSet<String>) -> Self {
        members.sort_unstable();
        let is_filtered = !wanted.is_empty();
        let members = members.into_iter().map(|(key, text)| {
            let chosen = !is_filtered || wanted.contains(&text);
            (key, Member { text, sums: Sums::default(), chosen })
        });
        Self { members: members.collect(), is_filtered }
    }

    /// The place of a key in this dimension. Keys are given one after the other, so that it is
    /// nearly always the key itself.
    pub(crate) fn place(&self, key: i64) -> Option<usize> {
        let guess = usize::try_from(key).ok()?;
        match self.members.get(guess) {
            Some((found, _)) if *found == key => Some(guess),
            _ => self.members.binary_search_by_key(&key, |(found, _)| *found).ok(),
        }
    }

    /// All of them, of their members by key.
    pub(crate) fn of(mut members: [Vec<(i64, String)>; DAILY.len()], filter: &Filter) -> All {
        let mut members = |nth: usize| std::mem::take(&mut members[nth]);
        std::array::from_fn(|nth| Self::new(members(nth), &filter.texts[nth]))
    }

    /// Adds reviews of one member of each dimension, by their places: to each where the others are
    /// chosen. Returns whether all of them are.
    pub(crate) fn add(all: &mut All, places: [usize; DAILY.len()], sums: Sums) -> bool {
        let chosen = |(dimension, place): &(&Self, usize)| dimension.members[*place].1.chosen;
        let missed = places.len() - all.iter().zip(places).filter(chosen).count();
        for (dimension, place) in all.iter_mut().zip(places) {
            let member = &mut dimension.members[place].1;
            // Of all filters it may miss its own.
            if missed == usize::from(!member.chosen) {
                member.sums += sums;
            }
        }
        missed == 0
    }

    /// Sets the sums of a member that were added up elsewhere.
    pub(crate) fn set(&mut self, place: usize, sums: Sums) {
        self.members[place].1.sums = sums;
    }

    /// The keys that the filter lets through, `None` for all.
    pub(crate) fn chosen(&self) -> Option<Vec<i64>> {
        let chosen = self.members.iter().filter(|(_, member)| member.chosen);
        self.is_filtered.then(|| chosen.map(|(key, _)| *key).collect())
    }

    /// By text. `Unknown` is a member only where facts have it.
    pub(crate) fn finish(self) -> Vec<Member> {
        let met =
            self.members.into_iter().filter(|(key, member)| *key > 0 || member.sums.reviews > 0);
        let mut members: Vec<Member> = met.map(|(_, member)| member).collect();
        members.sort_by(|a, b| a.text.cmp(&b.text));
        members
    }
}
