//! Numbers made ready to be drawn: what is shown, what is summed up as the rest, and where the
//! marks of an axis lie. Knows nothing of HTML.

use std::collections::BTreeMap;

use pipeline::Day;
use warehouse::dashboard::{Member, Sums};

/// The greatest members of a dimension, and all others together.
#[derive(Debug, PartialEq)]
pub struct Top<'a> {
    /// Those with reviews, the greatest first.
    pub shown: Vec<&'a Member>,
    /// How many more there are, and what they come to.
    pub rest: Option<(usize, Sums)>,
    pub total: Sums,
}

impl<'a> Top<'a> {
    /// Of the members that the filter lets through.
    pub fn of(members: &'a [Member], most: usize) -> Self {
        let chosen = members.iter().filter(|member| member.chosen && member.sums.reviews > 0);
        let mut shown: Vec<_> = chosen.collect();
        // Sorting is stable: equals stay in the order of their texts.
        shown.sort_by_key(|member| std::cmp::Reverse(member.sums.reviews));
        let total = shown.iter().map(|member| member.sums).sum();
        let rest = shown.split_off(most.min(shown.len()));
        let rest =
            (!rest.is_empty()).then(|| (rest.len(), rest.iter().map(|member| member.sums).sum()));
        Self { shown, rest, total }
    }

    /// The greatest number of a single member.
    pub fn greatest(&self) -> u64 {
        self.shown.first().map_or(0, |member| member.sums.reviews)
    }
}

/// How many days one point of the line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Day,
    Week,
    Month,
    Year,
}

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The first day of the step that a day belongs to. Weeks begin on Mondays.
    fn first(self, day: Day) -> Day {
        let (year, month, of_month) = day.ymd();
        match self {
            Self::Day => day,
            // 1970-01-01 was a Thursday.
            Self::Week => Day(day.0 - (day.0 + 3).rem_euclid(7)),
            Self::Month => Day(day.0 - of_month as i32 + 1),
            Self::Year => Day::from_ymd(year, 1, 1).unwrap_or(Day(day.0 - 31 * (month as i32 - 1))),
        }
    }

    fn next(self, first: Day) -> Day {
        match self {
            Self::Day => Day(first.0 + 1),
            Self::Week => Day(first.0 + 7),
            Self::Month => self.first(Day(first.0 + 31)),
            Self::Year => self.first(Day(first.0 + 366)),
        }
    }
}

/// What a line shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Reviews,
    /// The average review score, in percent.
    Positive,
}

impl Measure {
    /// On the axis; `None` where there is nothing to show.
    pub fn of(self, sums: Sums) -> Option<f64> {
        match self {
            Self::Reviews => Some(sums.reviews as f64),
            Self::Positive => sums.score().map(|score| score * 100.0),
        }
    }
}

/// Points of a line that can still be told apart.
const MOST_POINTS: i32 = 400;

/// A measure over time. A step without reviews is there, too: of reviews it is a zero.
#[derive(Debug, PartialEq)]
pub struct Line {
    pub measure: Measure,
    pub step: Step,
    /// First day of each step.
    pub points: Vec<(Day, Sums)>,
    /// The upper end of the axis, a round number.
    pub top: u64,
}

impl Line {
    pub fn of(days: &BTreeMap<Day, Sums>, measure: Measure) -> Option<Self> {
        let (first, last) = (*days.first_key_value()?.0, *days.last_key_value()?.0);
        let length = last.0 - first.0 + 1;
        let step = [(Step::Day, 1), (Step::Week, 7), (Step::Month, 28)]
            .into_iter()
            .find(|(_, days)| length / days <= MOST_POINTS)
            .map_or(Step::Year, |(step, _)| step);
        let mut sums: BTreeMap<Day, Sums> = BTreeMap::new();
        for (day, of_day) in days {
            *sums.entry(step.first(*day)).or_default() += *of_day;
        }
        let mut points = Vec::new();
        let mut at = step.first(first);
        while at <= last {
            points.push((at, sums.get(&at).copied().unwrap_or_default()));
            at = step.next(at);
        }
        let values = points.iter().filter_map(|(_, sums)| measure.of(*sums));
        let greatest = values.fold(0.0, f64::max).ceil() as u64;
        Some(Self { measure, step, points, top: round_up(greatest) })
    }
}

/// The next of 2, 4, 6, 10, 20, 40, ...: half of it is a round number, too.
fn round_up(number: u64) -> u64 {
    let mut unit: u64 = 1;
    loop {
        if let Some(top) =
            [2, 4, 6, 10].map(|n| unit.saturating_mul(n)).into_iter().find(|top| *top >= number)
        {
            return top;
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(reviews: u64) -> Sums {
        Sums { reviews, positive: reviews / 2 }
    }

    fn member(text: &str, reviews: u64, chosen: bool) -> Member {
        Member { text: text.to_owned(), sums: sums(reviews), chosen }
    }

    #[test]
    fn the_greatest_are_shown_and_the_others_summed_up() {
        let members = [
            member("a", 1, true),
            member("b", 9, true),
            member("c", 0, true),
            member("d", 20, false),
            member("e", 9, true),
            member("f", 2, true),
        ];
        let top = Top::of(&members, 2);
        let shown: Vec<&str> = top.shown.iter().map(|member| &*member.text).collect();
        assert_eq!(shown, ["b", "e"]);
        assert_eq!(top.rest, Some((2, Sums { reviews: 3, positive: 1 })));
        assert_eq!((top.total.reviews, top.greatest()), (21, 9));
        assert_eq!(Top::of(&members, 4).rest, None);
        assert_eq!(Top::of(&[], 4).greatest(), 0);
    }

    #[test]
    fn days_without_reviews_are_zeros() {
        let days = [(Day(18_742), sums(3)), (Day(18_745), sums(11))].into();
        let line = Line::of(&days, Measure::Reviews).unwrap();
        let reviews: Vec<_> = line.points.iter().map(|(day, s)| (day.0, s.reviews)).collect();
        assert_eq!(reviews, [(18_742, 3), (18_743, 0), (18_744, 0), (18_745, 11)]);
        assert_eq!((line.step, line.top), (Step::Day, 20));
        assert_eq!(Line::of(&BTreeMap::new(), Measure::Reviews), None);
    }

    #[test]
    fn a_share_of_no_reviews_is_a_gap() {
        let of = |reviews, positive| Sums { reviews, positive };
        let days = [(Day(18_742), of(8, 3)), (Day(18_743), of(0, 0)), (Day(18_744), of(5, 0))];
        let line = Line::of(&days.into(), Measure::Positive).unwrap();
        let shares: Vec<_> = line.points.iter().map(|(_, sums)| line.measure.of(*sums)).collect();
        assert_eq!((shares, line.top), (vec![Some(37.5), None, Some(0.0)], 40));
    }

    #[test]
    fn longer_spans_have_longer_steps_and_lose_no_review() {
        let first = Day::from_ymd(2019, 12, 30).unwrap();
        for (length, step, points) in [
            (400, Step::Day, 400),
            (1_000, Step::Week, 143),
            (3_650, Step::Month, 121),
            (40_000, Step::Year, 111),
        ] {
            let days = (0..length).map(|nth| (Day(first.0 + nth), sums(2))).collect();
            let line = Line::of(&days, Measure::Reviews).unwrap();
            assert_eq!((line.step, line.points.len()), (step, points), "{length} days");
            let reviews: u64 = line.points.iter().map(|(_, sums)| sums.reviews).sum();
            assert_eq!(reviews, 2 * length as u64, "{length} days");
        }
    }

    #[test]
    fn an_axis_ends_at_a_round_number() {
        let tops = [0, 1, 2, 3, 5, 7, 10, 11, 39, 41, 430, 999_999].map(round_up);
        assert_eq!(tops, [2, 2, 2, 4, 6, 10, 10, 20, 40, 60, 600, 1_000_000]);
        assert_eq!(round_up(u64::MAX), u64::MAX);
    }
}
