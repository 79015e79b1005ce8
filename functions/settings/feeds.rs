//! How often each feed is to bring a file.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use pipeline::Dataset;
use serde::{Serialize, Serializer};

use super::WrongSetting;

/// A file is expected once in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    hours: u16,
}

const DAY: u16 = 24;

impl Rhythm {
    /// `6h` or `1d`, from an hour to a year.
    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let number: u16 = number.parse().ok()?;
        let hours = match unit {
            "h" => number,
            "d" => number.checked_mul(DAY)?,
            _ => return None,
        };
        (1..=366 * DAY).contains(&hours).then_some(Self { hours })
    }

    /// When a feed is late whose newest file arrived then: after its rhythm and a quarter more.
    pub fn late_from(self, arrived_at: DateTime<Utc>) -> DateTime<Utc> {
        arrived_at + TimeDelta::minutes(i64::from(self.hours) * 75)
    }
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hours % DAY {
            0 => write!(f, "{}d", self.hours / DAY),
            _ => write!(f, "{}h", self.hours),
        }
    }
}

impl Serialize for Rhythm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `FEED_RHYTHM`: that of each dataset, in the order of [`Dataset::ALL`]; `None` where no file is
/// expected at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feeds([Option<Rhythm>; Dataset::ALL.len()]);

impl Default for Feeds {
    fn default() -> Self {
        Self([Some(Rhythm { hours: DAY }); Dataset::ALL.len()])
    }
}

impl Feeds {
    /// Reads `FEED_RHYTHM` through `get`, which knows values by their names.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, WrongSetting> {
        parse(get("FEED_RHYTHM"))
    }

    /// How often a dataset is to bring a file.
    pub fn rhythm(&self, dataset: Dataset) -> Option<Rhythm> {
        let place = Dataset::ALL.iter().position(|other| *other == dataset)?;
        self.0[place]
    }
}

fn parse(value: Option<String>) -> Result<Feeds, WrongSetting> {
    let mut feeds = Feeds::default();
    for part in value.as_deref().unwrap_or_default().split(',').filter(|part| !part.is_empty()) {
        let parsed = part.trim().split_once(':').and_then(|(feed, rhythm)| {
            let place = Dataset::ALL.iter().position(|dataset| dataset.raw_folder() == feed)?;
            Some((place, if rhythm == "off" { None } else { Some(Rhythm::parse(rhythm)?) }))
        });
        let (place, rhythm) = parsed.ok_or_else(|| {
            let names = Dataset::ALL.map(Dataset::raw_folder).join(", ");
            let problem = format!(
                "`{part}` is not FEED:RHYTHM, as in `movie_review:1d` or `user_purchase:off`: the \
                 feeds are {names}; a rhythm is from 1h to 366d"
            );
            WrongSetting::new("FEED_RHYTHM", problem)
        })?;
        feeds.0[place] = rhythm;
    }
    Ok(feeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feed_brings_a_file_a_day_unless_set() {
        let of = |text: &str| {
            let feeds = parse(Some(text.to_owned())).unwrap();
            Dataset::ALL.map(|dataset| feeds.rhythm(dataset).map(|rhythm| rhythm.to_string()))
        };
        let day = || Some("1d".to_owned());
        assert_eq!(of(""), [day(), day(), day()]);
        assert_eq!(of("log_reviews:6h, user_purchase:off"), [day(), Some("6h".to_owned()), None]);
        assert_eq!(of("movie_review:48h")[0].as_deref(), Some("2d"));
        for wrong in ["1d", "movie_review:0h", "movie_review:1w", "logs:1d", "log_reviews:é"] {
            let error = parse(Some(wrong.to_owned())).unwrap_err().to_string();
            assert!(error.starts_with(&format!("FEED_RHYTHM: `{wrong}` is not ")), "{error}");
        }
    }

    #[test]
    fn a_feed_is_late_after_its_rhythm_and_a_quarter_more() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let late = |rhythm| Rhythm::parse(rhythm).unwrap().late_from(at("2021-04-25T06:00:00Z"));
        assert_eq!(late("1d"), at("2021-04-26T12:00:00Z"));
        assert_eq!(late("4h"), at("2021-04-25T11:00:00Z"));
    }
}
