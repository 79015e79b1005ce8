//! .NET's `TimeSpan` in text, as host.json and function.json write durations.

use std::time::Duration;

/// Reads `[d.]hh:mm:ss[.fraction]`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration: write it as hh:mm:ss");
    let (days, clock) = match text.split_once(':').map(|(first, _)| first.split_once('.')) {
        Some(Some((days, _))) => (days, &text[days.len() + 1..]),
        _ => ("0", text),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else { return Err(wrong()) };
    let number = |text: &str, end: u64| match text.parse::<u64>() {
        Ok(number) if number < end && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
        _ => Err(wrong()),
    };
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let millis = format!("{:0<3}", fraction.get(..fraction.len().min(3)).unwrap_or_default());
    let (days, hours) = (number(days, 10_000_000)?, number(hours, 24)?);
    let whole = ((days * 24 + hours) * 60 + number(minutes, 60)?) * 60 + number(seconds, 60)?;
    Ok(Duration::from_secs(whole) + Duration::from_millis(number(&millis, 1000)?))
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
    fn durations_are_read_as_dotnet_does() {
        assert_eq!(parse("00:30:00"), Ok(Duration::from_secs(1800)));
        assert_eq!(parse("1.02:00:01"), Ok(Duration::from_secs(26 * 3600 + 1)));
        assert_eq!(parse("00:00:00.2500000"), Ok(Duration::from_millis(250)));
        assert_eq!(text(Duration::from_secs(3723)), "01:02:03");
        for wrong in ["", "30", "00:60:00", "24:00:00", "0:0:-1", "-1", "00:00:1x", "a.00:00:00"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
