//! A timer's schedule against the clock. The host fires up to 2 ms before an occurrence.
//!
//! A date matters in one place, `insert_date` of the facts. What else a scheduled function takes
//! from the clock are instants for people, ages of files, and durations.

use chrono::{DateTime, TimeDelta, Utc};
use custom_handler::Timer;

/// How early a timer may fire. An occurrence further away is not the one that fires.
const EARLY: TimeDelta = TimeDelta::seconds(1);

/// The occurrence that fires, where the clock has not reached it.
pub fn not_before(timer: &Timer, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    timer.next.filter(|next| now < *next && *next - now <= EARLY)
}

/// Whether no occurrence fires: somebody calls the function through the host, before its time.
pub fn is_by_hand(timer: &Timer, now: DateTime<Utc>) -> bool {
    timer.next.is_some_and(|next| next - now > EARLY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn for_midnight() -> Timer {
        Timer::at(at("2021-04-26T00:00:00Z"))
    }

    #[test]
    fn a_timer_that_fires_a_moment_before_midnight_counts_as_midnight() {
        let (timer, early) = (for_midnight(), at("2021-04-25T23:59:59.998Z"));
        assert_eq!(not_before(&timer, early), Some(at("2021-04-26T00:00:00Z")));
        assert!(!is_by_hand(&timer, early));
        assert_eq!(not_before(&Timer::default(), early), None, "without a record");
    }

    #[test]
    fn late_or_called_by_hand_the_clock_counts() {
        let timer = for_midnight();
        for now in ["2021-04-26T00:00:00Z", "2021-04-29T06:15:04Z", "2021-04-25T18:00:00Z"] {
            assert_eq!(not_before(&timer, at(now)), None, "{now}");
        }
        assert!(is_by_hand(&timer, at("2021-04-25T18:00:00Z")));
        assert!(!is_by_hand(&timer, at("2021-04-29T06:15:04Z")), "past due");
        assert!(!is_by_hand(&Timer::default(), at("2021-04-25T18:00:00Z")));
    }
}
