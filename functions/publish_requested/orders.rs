//! What this process knows of orders and publishes: which order waits for all others, how long,
//! and which ones a publish has covered.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Instant, sleep};

/// An order waits no longer than this, nor than seven quarters of the delay.
const LONGEST: Duration = Duration::from_secs(30);

/// How far clocks of instances may lie apart: an order that is given so shortly before a publish
/// began is published for once more, which finds nothing new at the price of a listing.
const CLOCKS: TimeDelta = TimeDelta::seconds(2);

/// Orders of this process.
pub struct Orders(Mutex<Known>);

impl Default for Orders {
    /// What was accepted before this process began, it cannot know: as if it were until now.
    fn default() -> Self {
        Self(Mutex::new(Known { newest: lake::now(), ..Known::default() }))
    }
}

#[derive(Clone, Copy, Default)]
struct Known {
    /// An order waits for its burst to settle.
    waits: bool,
    /// When the newest file was accepted.
    newest: DateTime<Utc>,
    /// When the newest publish that succeeded began.
    published: DateTime<Utc>,
}

impl Known {
    fn covers(&self, accepted_at: DateTime<Utc>) -> bool {
        accepted_at + CLOCKS <= self.published
    }

    /// How much longer an order waits for files that may follow, after it has waited for so long.
    fn left(&self, accepted_at: DateTime<Utc>, delay: Duration, waited: Duration) -> Duration {
        let longest = (delay * 7 / 4).min(LONGEST);
        // What came before the newest publish does not make the next one come earlier.
        let last = accepted_at.max(self.published) + longest;
        let left = (last.min(self.newest + delay) - lake::now()).to_std().unwrap_or_default();
        // Whatever another clock says.
        left.min(longest.saturating_sub(waited))
    }
}

impl Orders {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file was accepted.
    pub fn accepted(&self, at: DateTime<Utc>) {
        let mut known = self.known();
        known.newest = known.newest.max(at);
    }

    /// A publish that began then has succeeded, whoever asked for it.
    pub fn published(&self, began: DateTime<Utc>) {
        let mut known = self.known();
        known.published = known.published.max(began);
    }

    /// The turn to wait and publish; `None` where a publish has covered the order, or an order
    /// that waits is going to.
    pub fn turn(&self, accepted_at: DateTime<Utc>) -> Option<Turn<'_>> {
        let mut known = self.known();
        known.newest = known.newest.max(accepted_at);
        if known.waits || known.covers(accepted_at) {
            return None;
        }
        known.waits = true;
        Some(Turn { orders: self, accepted_at })
    }
}

/// The one order of this process that waits. Its drop ends the turn.
pub struct Turn<'a> {
    orders: &'a Orders,
    accepted_at: DateTime<Utc>,
}

impl Turn<'_> {
    /// Waits until no file was accepted for `delay`, but not for ever: files may come all day.
    /// Returns whether anything is left to publish.
    pub async fn settle(self, delay: Duration) -> bool {
        let began = Instant::now();
        loop {
            let known = *self.orders.known();
            if known.covers(known.newest) {
                return false;
            }
            let left = known.left(self.accepted_at, delay, began.elapsed());
            if left.is_zero() {
                return true;
            }
            sleep(left).await;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.orders.known().waits = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_millis(40);

    #[tokio::test]
    async fn one_order_waits_for_all_and_publishes_for_all() {
        let orders = Orders::default();
        let turn = orders.turn(lake::now()).expect("nobody waits");
        assert!(orders.turn(lake::now()).is_none(), "the first one publishes for it");
        assert!(turn.settle(DELAY).await);
        // From here on the first one publishes: what comes now may be too late for that.
        assert!(orders.turn(lake::now()).is_some());
        assert!(orders.turn(lake::now()).is_some(), "an order that was dropped waits no more");
    }

    #[tokio::test]
    async fn an_order_that_a_publish_has_covered_is_no_work() {
        let orders = Orders::default();
        let now = lake::now();
        let waiting = orders.turn(now).expect("nothing was published");
        orders.published(now + CLOCKS);
        assert!(!waiting.settle(DELAY).await, "the timer came first");
        assert!(orders.turn(now).is_none());
        // Another order that joined may be newer than the publish.
        let waiting = orders.turn(now + CLOCKS).expect("accepted after the publish began");
        orders.published(now + CLOCKS * 2);
        orders.accepted(now + CLOCKS * 2);
        assert!(waiting.settle(DELAY).await);
    }

    #[test]
    fn files_that_come_all_the_time_are_not_waited_for_for_ever() {
        let (now, hour) = (lake::now(), TimeDelta::hours(1));
        let seconds = |many| Duration::from_secs(many);
        let known = Known { newest: now + hour, published: now - hour, ..Known::default() };
        let left = |accepted_at, waited| known.left(accepted_at, seconds(4), seconds(waited));
        let is_about = |found: Duration, expected| {
            assert!(found <= seconds(expected), "{found:?}");
            assert!(found > seconds(expected - 1), "{found:?}");
        };
        is_about(left(now, 0), 7);
        assert_eq!(left(now - hour, 0), Duration::ZERO, "it lay long on its queue");
        assert_eq!(left(now + hour, 5), seconds(2), "by a clock that is ahead");
        assert_eq!(known.left(now + hour, seconds(30), Duration::ZERO), LONGEST);
        let settled = Known { newest: now, ..known };
        is_about(settled.left(now, seconds(4), Duration::ZERO), 4);
    }
}
