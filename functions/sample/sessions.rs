//! Who reviews when, and when the log of it arrives.

use super::{
    Sample,
    rng::{Rng, Stream},
};

/// Customers are numbered as those of the shop that the purchases come from.
pub const FIRST_CUSTOMER: i64 = 12_346;
pub const CUSTOMERS: u64 = 5_942;

/// A review, and the logs that go with it.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    pub id: i64,
    pub customer: i64,
    /// Index of the day that the review is delivered on.
    pub day: u32,
    /// Index of the day of its log; some reviews have none.
    log: Option<u32>,
    /// A log of the same day without any review.
    stray: Option<i64>,
}

impl Session {
    /// Ids and days of the logs, ids ascending.
    pub fn logs(&self) -> impl Iterator<Item = (i64, u32)> + use<> {
        let stray = self.stray.map(|id| (id, self.day));
        stray.into_iter().chain(self.log.map(|day| (self.id, day)))
    }
}

/// All sessions of a sample, ids and days ascending.
pub struct Sessions {
    rng: Rng,
    reviews: u64,
    days: u32,
    customers: u64,
    made: u64,
    id: i64,
}

impl Sessions {
    pub fn new(sample: &Sample) -> Self {
        Self {
            rng: Rng::new(sample.seed, Stream::Sessions, 0),
            reviews: sample.reviews,
            days: sample.days(),
            customers: (sample.reviews / 6).clamp(20, CUSTOMERS),
            made: 0,
            id: 1_000,
        }
    }
}

impl Iterator for Sessions {
    type Item = Session;

    fn next(&mut self) -> Option<Session> {
        if self.made == self.reviews {
            return None;
        }
        let rng = &mut self.rng;
        let day = (u128::from(self.made) * u128::from(self.days) / u128::from(self.reviews)) as u32;
        let gap = if rng.in_thousand(100) { 1 + rng.below(4) as i64 } else { 0 };
        let stray = (gap > 0 && rng.in_thousand(120)).then_some(self.id + 1);
        self.id += 1 + gap;
        // The smaller of two numbers: some customers review often, many once or twice.
        let one = rng.below(self.customers).min(rng.below(self.customers));
        let customer = FIRST_CUSTOMER + (one * CUSTOMERS / self.customers) as i64;
        let late = u32::from(rng.in_thousand(60) && day + 1 < self.days);
        let log = rng.in_thousand(980).then_some(day + late);
        self.made += 1;
        Some(Session { id: self.id, customer, day, log, stray })
    }
}
