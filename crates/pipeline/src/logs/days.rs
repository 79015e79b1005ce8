//! The days of logs: read, and counted. They come in long runs, so the last one is kept at hand.

use std::collections::BTreeMap;

use crate::{Dates, Day, purchases::has_short_year, refusal::Expected};

#[derive(Default)]
pub struct Days {
    /// Days that are plausible.
    dates: Dates,
    /// Rows of each day, but for the last run.
    counts: BTreeMap<Day, u64>,
    /// The day counted last, and how often since another one.
    run: Option<(Day, u64)>,
    /// The text read last, and its day.
    read: Option<([u8; LENGTH], Day)>,
}

/// Characters of `MM-dd-yyyy`.
const LENGTH: usize = 10;

impl Days {
    pub fn new(dates: Dates) -> Self {
        Self { dates, ..Self::default() }
    }

    /// The day that a log's date stands for, or what is expected in its place.
    pub fn of(&mut self, text: &str) -> Result<Day, Expected> {
        let Ok(bytes) = <&[u8; LENGTH]>::try_from(text.as_bytes()) else { return Err(form(text)) };
        match &self.read {
            Some((known, day)) if known == bytes => Ok(*day),
            _ => {
                let day = date(bytes).ok_or_else(|| form(text))?;
                let day = self.dates.check(day)?;
                self.read = Some((*bytes, day));
                Ok(day)
            }
        }
    }

    pub fn count(&mut self, day: Day) {
        match &mut self.run {
            Some((last, rows)) if *last == day => *rows += 1,
            run => {
                if let Some((last, rows)) = run.replace((day, 1)) {
                    *self.counts.entry(last).or_default() += rows;
                }
            }
        }
    }

    /// Rows of each day so far.
    pub fn counts(&self) -> BTreeMap<Day, u64> {
        let mut counts = self.counts.clone();
        if let Some((day, rows)) = self.run {
            *counts.entry(day).or_default() += rows;
        }
        counts
    }
}

#[cold]
fn form(text: &str) -> Expected {
    Expected::Form(match has_short_year(text.as_bytes()) {
        true => "a year of four digits, as in 12-31-2021",
        false => "MM-dd-yyyy, as in 12-31-2021",
    })
}

/// A day as logs write it: `MM-dd-yyyy`.
fn date(text: &[u8; LENGTH]) -> Option<Day> {
    let digits = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = &text[range];
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then(|| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    };
    if text[2] != b'-' || text[5] != b'-' {
        return None;
    }
    Day::from_ymd(digits(6..10)? as i32, digits(0..2)?, digits(3..5)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_dates_are_month_day_year() {
        let mut days = Days::default();
        for _ in 0..2 {
            assert_eq!(days.of("04-25-2021").ok(), Day::from_ymd(2021, 4, 25));
        }
        for text in ["25-04-2021", "4-25-2021", "04/25/2021", "02-30-2021", "", "+4-25-2021"] {
            let expected = Expected::Form("MM-dd-yyyy, as in 12-31-2021");
            assert_eq!(days.of(text), Err(expected), "{text}");
        }
        for text in ["04-25-21", "4/25/21", "25.4.21", "4-25-21 10:00"] {
            let expected = Expected::Form("a year of four digits, as in 12-31-2021");
            assert_eq!(days.of(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn days_that_are_not_plausible_are_refused_whatever_was_read_before() {
        let (from, to) = (Day::from_ymd(2020, 1, 1).unwrap(), Day::from_ymd(2021, 4, 27).unwrap());
        let mut days = Days::new(Dates { from, to: Some(to) });
        for _ in 0..2 {
            assert!(days.of("01-01-2020").is_ok() && days.of("04-27-2021").is_ok());
            for text in ["04-26-0021", "04-26-9021", "12-31-2019", "04-28-2021"] {
                assert_eq!(days.of(text), Err(Expected::Days(from, to)), "{text}");
            }
        }
    }

    #[test]
    fn days_are_counted_in_whatever_order_they_come() {
        let mut days = Days::default();
        assert!(days.counts().is_empty());
        [3, 3, 1, 3, 2, 2].into_iter().for_each(|day| days.count(Day(day)));
        assert_eq!(days.counts(), BTreeMap::from([(Day(1), 1), (Day(2), 2), (Day(3), 3)]));
    }
}
