//! Schedules of timers: NCRONTAB with six fields of numbers, in UTC.
//!
//! Not one of the cron crates: they follow other dialects. `croner` joins day and weekday by OR
//! unless told otherwise and knows `L`, `W` and `#`; `cron` counts Sunday as 1. The host joins
//! them by AND, counts Sunday as 0 and refuses the rest, and so does this page of code.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Timelike, Utc};

/// When a timer fires.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub text: String,
    /// A bit for each number, in the order of [`FIELDS`].
    fields: [u64; 6],
}

/// Name, first and last number.
const FIELDS: [(&str, u32, u32); 6] = [
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 6),
];

/// Long enough for 29 February on a given weekday.
const DAYS: usize = 366 * 41;

impl Schedule {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let parts: [&str; 6] = parts.try_into().map_err(|_| {
            format!(
                "the schedule `{text}` needs six fields: second minute hour day month weekday, \
                 like `0 */5 * * * *`"
            )
        })?;
        let mut fields = [0; 6];
        for ((bits, part), (name, first, last)) in fields.iter_mut().zip(parts).zip(FIELDS) {
            for item in part.split(',') {
                *bits |= numbers(item, first, last)
                    .ok_or_else(|| format!("the schedule `{text}` has the {name} `{part}`"))?;
            }
        }
        Ok(Self { text: text.to_owned(), fields })
    }

    /// The first occurrence after this instant; `None` for 30 February.
    pub(crate) fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let from = after.with_nanosecond(0)? + Duration::seconds(1);
        let mut floor = from.num_seconds_from_midnight();
        for date in from.date_naive().iter_days().take(DAYS).filter(|date| self.has_day(*date)) {
            if date > from.date_naive() {
                floor = 0;
            }
            let mut times = (floor..24 * 60 * 60)
                .filter_map(|second| NaiveTime::from_num_seconds_from_midnight_opt(second, 0));
            if let Some(time) = times.find(|time| self.has_time(*time)) {
                return Some(date.and_time(time).and_utc());
            }
        }
        None
    }

    /// The host keeps no status of schedules that fire more than once a minute.
    pub(crate) fn is_often(&self, now: DateTime<Utc>) -> bool {
        let occurrences = std::iter::successors(self.next(now), |at| self.next(*at)).take(5);
        let occurrences: Vec<_> = occurrences.collect();
        occurrences.windows(2).any(|pair| pair[1] - pair[0] < Duration::minutes(1))
    }

    fn has(&self, field: usize, number: u32) -> bool {
        self.fields[field] & (1 << number) != 0
    }

    fn has_time(&self, time: NaiveTime) -> bool {
        self.has(0, time.second()) && self.has(1, time.minute()) && self.has(2, time.hour())
    }

    fn has_day(&self, date: NaiveDate) -> bool {
        self.has(3, date.day())
            && self.has(4, date.month())
            && self.has(5, date.weekday().num_days_from_sunday())
    }
}

/// A bit for each number of `*`, `5`, `1-5`, `*/10`, `5/10` (begins at 5) or `1-30/2`.
fn numbers(item: &str, first: u32, last: u32) -> Option<u64> {
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
        None => (item, 1),
    };
    let (from, to) = match range.split_once('-') {
        _ if range == "*" => (first, last),
        Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
        None if item.contains('/') => (range.parse().ok()?, last),
        None => (range.parse().ok()?, range.parse().ok()?),
    };
    let valid = first <= from && from <= to && to <= last;
    valid.then(|| (from..=to).step_by(step).fold(0, |bits, number| bits | 1 << number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_occurrence_is_found() {
        for (schedule, expected) in [
            ("0 */5 * * * *", "2026-11-23T06:20:00Z"),
            ("0 15 6 * * *", "2026-11-24T06:15:00Z"),
            ("1 15 6 * * *", "2026-11-23T06:15:01Z"),
            ("30 59 23 31 12 *", "2026-12-31T23:59:30Z"),
            ("0 0 9-17/4 * 1 1-5", "2027-01-01T09:00:00Z"),
            ("*/20,7 * * * * *", "2026-11-23T06:15:07Z"),
            // Day and weekday.
            ("0 0 0 13 * 5", "2027-08-13T00:00:00Z"),
            ("0 0 0 29 2 0", "2032-02-29T00:00:00Z"),
            ("0 0 0 30 2 *", ""),
        ] {
            let now = "2026-11-23T06:15:00.5Z".parse().unwrap();
            let next = Schedule::parse(schedule).unwrap().next(now);
            assert_eq!(next, expected.parse().ok(), "{schedule}");
        }
    }

    #[test]
    fn schedules_that_fire_within_a_minute_are_often() {
        let often = |text| Schedule::parse(text).unwrap().is_often(DateTime::UNIX_EPOCH);
        assert!(often("*/30 * * * * *") && often("0,1 0 * * * *"));
        assert!(!often("0 * * * * *") && !often("0 0 3 * * *"));
    }

    #[test]
    fn other_dialects_are_refused() {
        for wrong in [
            "* * * * *",
            "60 * * * * *",
            "0 0 0 0 * *",
            "0 0 0 * * 7",
            "0 0 0 L * *",
            "0 0 0 * jan *",
            "0 5-1 * * * *",
        ] {
            assert!(Schedule::parse(wrong).is_err(), "{wrong}");
        }
        let error = Schedule::parse("0 61 * * * *").unwrap_err();
        assert!(error.contains("the minute `61`"), "{error}");
    }
}
