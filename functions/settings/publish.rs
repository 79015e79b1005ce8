//! When facts are published: soon after each accepted file, or by the timer alone.

use std::time::Duration;

use super::WrongSetting;

/// `PUBLISH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publishing {
    /// Each accepted file orders a publish; the timer is the net.
    ByEvent {
        /// `PUBLISH_DELAY`: how long no further file must come.
        delay: Duration,
    },
    /// Nothing but the schedule wakes the warehouse.
    ByTimer,
}

pub(super) fn publishing(get: impl Fn(&str) -> Option<String>) -> Result<Publishing, WrongSetting> {
    let delay = get("PUBLISH_DELAY").unwrap_or_else(|| "5".to_owned());
    let seconds =
        delay.parse().ok().filter(|seconds| (1..=30).contains(seconds)).ok_or_else(|| {
            let problem = format!("`{delay}` is not a whole number of seconds from 1 to 30");
            WrongSetting::new("PUBLISH_DELAY", problem)
        })?;
    match get("PUBLISH").as_deref().unwrap_or("event") {
        "event" => Ok(Publishing::ByEvent { delay: Duration::from_secs(seconds) }),
        "timer" => Ok(Publishing::ByTimer),
        other => Err(WrongSetting::new("PUBLISH", format!("`{other}` is neither event nor timer"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_by_event_after_five_seconds_unless_set() {
        let read = |values: &[(&str, &str)]| {
            let value = |name: &str| values.iter().find(|(known, _)| *known == name);
            publishing(|name| value(name).map(|(_, value)| (*value).to_owned()))
                .map_err(|error| error.to_string())
        };
        let by_event = |seconds| Ok(Publishing::ByEvent { delay: Duration::from_secs(seconds) });
        assert_eq!(read(&[]), by_event(5));
        assert_eq!(read(&[("PUBLISH", "event"), ("PUBLISH_DELAY", "30")]), by_event(30));
        assert_eq!(read(&[("PUBLISH", "timer")]), Ok(Publishing::ByTimer));
        for (name, value, problem) in [
            ("PUBLISH", "never", "`never` is neither event nor timer"),
            ("PUBLISH_DELAY", "0", "`0` is not a whole number of seconds from 1 to 30"),
            ("PUBLISH_DELAY", "31", "`31` is not a whole number of seconds from 1 to 30"),
            ("PUBLISH_DELAY", "5s", "`5s` is not a whole number of seconds from 1 to 30"),
        ] {
            assert_eq!(read(&[(name, value)]), Err(format!("{name}: {problem}")));
        }
    }
}
