//! The days before those that are shown, as many, to compare with.

use pipeline::Day;
use warehouse::{
    Error, Warehouse,
    dashboard::{Dashboard, Filter},
};

/// The numbers of the days before, under the same filter.
#[derive(Debug)]
pub struct Earlier {
    pub first: Day,
    pub last: Day,
    pub numbers: Dashboard,
}

/// The days before those of a filter, as many, within the span that has reviews; `None` where they
/// are not all in it: what is compared must be of the same length.
fn days_before(filter: &Filter, (first, last): (Day, Day)) -> Option<(Day, Day)> {
    let from = filter.from.unwrap_or(first);
    // A day that is yet to come would make the days before look better than these.
    let to = filter.to.unwrap_or(last).min(last);
    let length = to.0.checked_sub(from.0).filter(|length| *length >= 0)? + 1;
    let begin = Day(from.0.checked_sub(length)?);
    (begin >= first).then_some((begin, Day(from.0 - 1)))
}

/// The numbers of a filter, unless they are `read` already, and those of the days before; both of
/// one publish.
pub async fn read(
    warehouse: &mut Box<dyn Warehouse>,
    filter: &Filter,
    mut read: Option<Dashboard>,
) -> Result<(Dashboard, Option<Earlier>), Error> {
    loop {
        let numbers = match read.take() {
            Some(numbers) => numbers,
            None => warehouse.dashboard(filter).await?,
        };
        let before = numbers.span.and_then(|span| days_before(filter, span));
        let Some((first, last)) = before else { return Ok((numbers, None)) };
        let filter = Filter { from: Some(first), to: Some(last), ..filter.clone() };
        let earlier = warehouse.dashboard(&filter).await?;
        // Otherwise somebody has published in between.
        if earlier.latest == numbers.latest {
            return Ok((numbers, Some(Earlier { first, last, numbers: earlier })));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_before_are_as_many_and_all_there() {
        let day = |n: i32| Day(18_700 + n);
        let before = |from: Option<i32>, to: Option<i32>| {
            let filter = Filter { from: from.map(day), to: to.map(day), ..Filter::default() };
            let found = days_before(&filter, (day(0), day(29)));
            found.map(|(first, last)| (first.0 - 18_700, last.0 - 18_700))
        };
        assert_eq!(before(Some(10), Some(16)), Some((3, 9)));
        assert_eq!(before(Some(7), Some(13)), Some((0, 6)));
        assert_eq!(before(Some(23), None), Some((16, 22)), "up to the newest day");
        assert_eq!(before(Some(28), Some(99)), Some((26, 27)), "days to come do not count");
        for (from, to) in [(None, None), (None, Some(5)), (Some(6), Some(13)), (Some(9), Some(8))] {
            assert_eq!(before(from, to), None, "{from:?} {to:?}");
        }
        assert_eq!(before(Some(40), None), None, "nothing is shown");
        assert_eq!(before(Some(i32::MIN), Some(i32::MAX - 20_000)), None);
    }
}
