//! Which days are plausible.

use crate::{Day, refusal::Expected};

/// Days of logs and purchases that are plausible. What lies outside is a slip of the pen, and would
/// make a day of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// The first.
    pub from: Day,
    /// The last. `None`: [`AHEAD`](Self::AHEAD) days behind the day on which a version was read
    /// first, which [`read_on`](Self::read_on) has to say, because nobody here knows the time.
    pub to: Option<Day>,
}

impl Default for Dates {
    /// From 1990-01-01 on.
    fn default() -> Self {
        Self { from: Day(7_305), to: None }
    }
}

impl Dates {
    /// Days from today to the last plausible day: one behind tomorrow, because clocks differ and the
    /// day begins earlier elsewhere.
    pub const AHEAD: i32 = 2;

    /// With its end, for a version that was read first on this day.
    pub fn read_on(self, today: Day) -> Self {
        Self { to: self.to.or(Some(Day(today.0 + Self::AHEAD))), ..self }
    }

    /// Whether the day is plausible; otherwise what is.
    #[inline]
    pub(crate) fn check(self, day: Day) -> Result<Day, Expected> {
        let to = self.to.unwrap_or(Day::MAX);
        if day < self.from || day > to { Err(Expected::Days(self.from, to)) } else { Ok(day) }
    }

    /// What the parser version says of it: the setting, not the day of reading. A version keeps the
    /// end that it was read with first, so its rows do not depend on when they are staged again.
    pub(crate) fn version(self) -> String {
        let to = self.to.map(|day| day.to_string()).unwrap_or_default();
        format!("dates-{}..{to}", self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_plausible_from_1990_to_the_day_behind_tomorrow() {
        let dates = Dates::default().read_on(day("2026-11-28"));
        for (text, plausible) in [
            ("1989-12-31", false),
            ("1990-01-01", true),
            ("2026-11-30", true),
            ("2026-12-01", false),
            ("0021-04-26", false),
            ("9021-04-26", false),
        ] {
            assert_eq!(dates.check(day(text)).is_ok(), plausible, "{text}");
        }
    }

    #[test]
    fn a_window_that_is_set_does_not_move() {
        let set = Dates { from: day("2000-01-01"), to: Some(day("2010-12-31")) };
        assert_eq!(set.read_on(day("2026-11-28")), set);
        assert_eq!(set.version(), "dates-2000-01-01..2010-12-31");
        let expected = set.check(day("2011-01-01")).unwrap_err();
        assert_eq!(expected.to_string(), "a day from 2000-01-01 to 2010-12-31");
        assert_eq!(Dates::default().version(), "dates-1990-01-01..");
    }
}
