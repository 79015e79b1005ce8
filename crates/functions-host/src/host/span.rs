//! .NET's `TimeSpan` in text, as host.json and function.json write durations.

use std::time::Duration;

use chrono::{NaiveTime, Timelike};

/// Reads `hh:mm:ss[.fraction]`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok();
    let no_leap_second = time.filter(|time| time.nanosecond() < 1_000_000_000);
    let span = no_leap_second.and_then(|time| (time - NaiveTime::MIN).to_std().ok());
    span.ok_or_else(|| format!("`{text}` is no duration: write it as hh:mm:ss, below a day"))
}

/// `hh:mm:ss`, for messages.
pub(crate) fn text(span: Duration) -> String {
    let seconds = span.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_hours_minutes_and_seconds() {
        assert_eq!(parse("00:30:00"), Ok(Duration::from_secs(1800)));
        assert_eq!(parse("00:00:00.2500000"), Ok(Duration::from_millis(250)));
        assert_eq!(text(Duration::from_secs(3723)), "01:02:03");
        for wrong in ["", "30", "00:60:00", "24:00:00", "00:00:60", "0:0:-1", "-1", "00:00:1x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
