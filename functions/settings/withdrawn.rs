//! What becomes of a file that counted and is gone from `raw`.

use super::WrongSetting;

/// `WITHDRAWN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// It counts.
    Keep,
    /// It counts, and every run warns of it.
    Alert,
    /// As `Alert`; it is excluded once it has been gone for so long.
    Forget {
        /// 0: with the run that sees it.
        days: u16,
    },
}

pub(super) fn withdrawn(value: Option<String>) -> Result<Withdrawn, WrongSetting> {
    match value.as_deref().unwrap_or("alert") {
        "keep" => Ok(Withdrawn::Keep),
        "alert" => Ok(Withdrawn::Alert),
        other => {
            let days = other.strip_prefix("forget:").and_then(|days| days.strip_suffix('d'));
            let days = days.and_then(|days| days.parse().ok());
            let wrong = || {
                let problem = format!("`{other}` is neither keep, alert nor forget:7d");
                WrongSetting::new("WITHDRAWN", problem)
            };
            Ok(Withdrawn::Forget { days: days.ok_or_else(wrong)? })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_alert_unless_set_and_wrong_texts_are_named() {
        let read = |text: &str| withdrawn(Some(text.to_owned()));
        assert_eq!(withdrawn(None).ok(), Some(Withdrawn::Alert));
        assert_eq!(read("keep").ok(), Some(Withdrawn::Keep));
        assert_eq!(read("forget:7d").ok(), Some(Withdrawn::Forget { days: 7 }));
        for wrong in ["forget", "forget:7", "forget:-1d", "forget:d", "never"] {
            let error = read(wrong).map(drop).unwrap_err().to_string();
            assert!(error.starts_with("WITHDRAWN: ") && error.contains(wrong), "{error}");
        }
    }
}
