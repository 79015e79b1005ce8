//! A calendar day, counted as Arrow and Parquet count it.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// Days since 1970-01-01 (Arrow `Date32`), proleptic Gregorian, years 1 to 9999.
/// Written as `yyyy-mm-dd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Day(pub i32);

impl Day {
    /// 9999-12-31.
    pub const MAX: Self = Self(2_932_896);

    /// The day of a date, or `None` where there is no such date.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        (1..=9999).contains(&year).then(|| Self(date.to_epoch_days()))
    }

    /// Year, month (1 to 12) and day of the month.
    pub fn ymd(self) -> (i32, u32, u32) {
        let date = NaiveDate::from_epoch_days(self.0).unwrap_or(NaiveDate::MAX);
        (date.year(), date.month(), date.day())
    }

    /// Key of `dim_date`: `yyyymmdd`.
    pub fn key(self) -> i32 {
        let (year, month, day) = self.ymd();
        year * 10_000 + month as i32 * 100 + day as i32
    }

    /// The day of a `dim_date` key.
    pub fn from_key(key: i32) -> Option<Self> {
        let (month, day) = (key / 100 % 100, key % 100);
        Self::from_ymd(key / 10_000, month.try_into().ok()?, day.try_into().ok()?)
    }

    /// Meteorological season of the northern hemisphere.
    pub fn season(self) -> &'static str {
        match self.ymd().1 {
            12 | 1 | 2 => "Winter",
            3..=5 => "Spring",
            6..=8 => "Summer",
            _ => "Fall",
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// The text is no `yyyy-mm-dd` date.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a date: write it as yyyy-mm-dd")]
pub struct NoDay(String);

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let parse = || {
            let mut parts = text.splitn(3, '-');
            let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
            Self::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        };
        parse().ok_or_else(|| NoDay(text.to_owned()))
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = NoDay;

    fn try_from(text: String) -> Result<Self, NoDay> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_goes_there_and_back() {
        let mut day = Day::from_ymd(1900, 1, 1).unwrap();
        while day < Day::from_ymd(2300, 1, 1).unwrap() {
            let (y, m, d) = day.ymd();
            assert_eq!(Day::from_ymd(y, m, d), Some(day));
            assert_eq!(Day::from_key(day.key()), Some(day));
            assert_eq!(day.to_string().parse::<Day>().unwrap(), day);
            day = Day(day.0 + 1);
        }
    }

    #[test]
    fn known_days_have_the_numbers_that_arrow_gives_them() {
        for (text, number) in [
            ("1970-01-01", 0),
            ("2021-04-25", 18_742),
            ("2000-02-29", 11_016),
            ("0001-01-01", -719_162),
        ] {
            assert_eq!(text.parse::<Day>().unwrap().0, number, "{text}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_none() {
        for (y, m, d) in
            [(2021, 2, 29), (1900, 2, 29), (2021, 13, 1), (2021, 0, 1), (2021, 4, 31), (0, 1, 1)]
        {
            assert_eq!(Day::from_ymd(y, m, d), None, "{y}-{m}-{d}");
        }
    }

    #[test]
    fn seasons_follow_the_months() {
        let season = |m| Day::from_ymd(2021, m, 1).unwrap().season();
        assert_eq!([12, 3, 6, 9].map(season), ["Winter", "Spring", "Summer", "Fall"]);
    }
}
