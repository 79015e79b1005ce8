//! The days of logs: read, and counted. They come in long runs, so the last one is kept at hand.

use std::collections::BTreeMap;

use crate::Day;

#[derive(Default)]
pub struct Days {
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
    /// The day that a log's date stands for, if it does.
    pub fn of(&mut self, text: &str) -> Option<Day> {
        let text: &[u8; LENGTH] = text.as_bytes().try_into().ok()?;
        match &self.read {
            Some((known, day)) if known == text => Some(*day),
            _ => {
                let day = date(text)?;
                self.read = Some((*text, day));
                Some(day)
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
            assert_eq!(days.of("04-25-2021"), Day::from_ymd(2021, 4, 25));
        }
        for text in
            ["25-04-2021", "4-25-2021", "04/25/2021", "02-30-2021", "04-25-21", "", "+4-25-2021"]
        {
            assert_eq!(days.of(text), None, "{text}");
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
