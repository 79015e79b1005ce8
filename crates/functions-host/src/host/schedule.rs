//! Schedules of timers: NCRONTAB with six fields, in UTC.
//!
//! Not one of the cron crates: they follow other dialects. `croner` joins day and weekday by OR
//! unless told otherwise and knows `L`, `W` and `#`; `cron` counts Sunday as 1. The host joins
//! them by AND, counts Sunday as 0 and refuses the rest, and so does this page of code.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Timelike, Utc};

/// What is matched: second, minute, hour, day, month, weekday, a bit for each number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    fields: [u64; 6],
}

struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    /// Names of the numbers from `first` on.
    names: &'static [&'static str],
}

const FIELDS: [Field; 6] = [
    Field { name: "second", first: 0, last: 59, names: &[] },
    Field { name: "minute", first: 0, last: 59, names: &[] },
    Field { name: "hour", first: 0, last: 23, names: &[] },
    Field { name: "day", first: 1, last: 31, names: &[] },
    Field {
        name: "month",
        first: 1,
        last: 12,
        names: &[
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
    },
    Field {
        name: "day of the week",
        first: 0,
        last: 6,
        names: &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
    },
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
        for ((bits, part), field) in fields.iter_mut().zip(parts).zip(&FIELDS) {
            for item in part.split(',') {
                *bits |= field.item(item).ok_or_else(|| {
                    format!("the schedule `{text}` has the {} `{part}`", field.name)
                })?;
            }
        }
        Ok(Self { fields })
    }

    /// The first occurrence after this instant; `None` for 30 February.
    pub(crate) fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let from = after.with_nanosecond(0)? + Duration::seconds(1);
        let mut date = from.date_naive();
        let mut floor = from.time();
        for _ in 0..DAYS {
            if self.has_day(date)
                && let Some(time) = self.time(floor)
            {
                return Some(date.and_time(time).and_utc());
            }
            (date, floor) = (date.succ_opt()?, NaiveTime::MIN);
        }
        None
    }

    /// The host keeps no status of schedules that fire more than once a minute.
    pub(crate) fn is_often(&self, now: DateTime<Utc>) -> bool {
        let mut occurrences = std::iter::successors(self.next(now), |at| self.next(*at)).take(5);
        let mut before = occurrences.next();
        occurrences.any(|at| {
            let gap = before.replace(at).map(|before| at - before);
            gap.is_some_and(|gap| gap < Duration::minutes(1))
        })
    }

    fn has(&self, field: usize, number: u32) -> bool {
        self.fields[field] & (1 << number) != 0
    }

    fn has_day(&self, date: NaiveDate) -> bool {
        self.has(3, date.day())
            && self.has(4, date.month())
            && self.has(5, date.weekday().num_days_from_sunday())
    }

    fn time(&self, floor: NaiveTime) -> Option<NaiveTime> {
        let all = |field, from| (from..60).filter(move |number| self.has(field, *number));
        for hour in all(2, floor.hour()).filter(|hour| *hour < 24) {
            let same_hour = hour == floor.hour();
            for minute in all(1, if same_hour { floor.minute() } else { 0 }) {
                let same = same_hour && minute == floor.minute();
                if let Some(second) = all(0, if same { floor.second() } else { 0 }).next() {
                    return NaiveTime::from_hms_opt(hour, minute, second);
                }
            }
        }
        None
    }
}

impl Field {
    /// `*`, `5`, `1-5`, `*/10`, `1-30/2`; names by their first three letters or in full.
    fn item(&self, text: &str) -> Option<u64> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0)?),
            None => (text, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.first, self.last),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            // `5/10` begins at 5.
            None if text.contains('/') => (self.number(range)?, self.last),
            None => (self.number(range)?, self.number(range)?),
        };
        let numbers = (first..=last).step_by(usize::try_from(step).ok()?);
        (first <= last).then(|| numbers.fold(0, |bits, number| bits | 1 << number))
    }

    fn number(&self, text: &str) -> Option<u32> {
        let lower = text.to_ascii_lowercase();
        let named = |name: &&str| **name == lower || (lower.len() == 3 && name.starts_with(&lower));
        let number = match self.names.iter().position(named) {
            Some(at) => u32::try_from(at).ok()? + self.first,
            None => text.parse().ok()?,
        };
        (self.first..=self.last).contains(&number).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str) -> String {
        let at = Schedule::parse(schedule).unwrap().next(after.parse().unwrap());
        at.map(|at| at.format("%FT%T").to_string()).unwrap_or_default()
    }

    #[test]
    fn the_next_occurrence_is_found() {
        let now = "2026-11-23T06:15:00.5Z";
        assert_eq!(next("0 */5 * * * *", now), "2026-11-23T06:20:00");
        assert_eq!(next("0 15 6 * * *", now), "2026-11-24T06:15:00");
        assert_eq!(next("1 15 6 * * *", now), "2026-11-23T06:15:01");
        assert_eq!(next("30 59 23 31 12 *", now), "2026-12-31T23:59:30");
        assert_eq!(next("0 0 9-17/4 * jan Mon-Fri", now), "2027-01-01T09:00:00");
        assert_eq!(next("*/20,7 * * * * *", now), "2026-11-23T06:15:07");
        assert_eq!(next("0 0 0 13 * friday", now), "2027-08-13T00:00:00", "day AND weekday");
        assert_eq!(next("0 0 0 29 2 0", now), "2032-02-29T00:00:00");
        assert_eq!(next("0 0 0 30 2 *", now), "");
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
            "0 5-1 * * * *",
        ] {
            assert!(Schedule::parse(wrong).is_err(), "{wrong}");
        }
        let error = Schedule::parse("0 61 * * * *").unwrap_err();
        assert!(error.contains("the minute `61`"), "{error}");
    }
}
