//! Quality checks: each of them can fail, and fails for the right day only.

use std::collections::BTreeMap;

use pipeline::{
    Day,
    dimensions::COUNT,
    facts::{Check, DayTotal, Fact, FactBatch, check, check_shrink},
};

const MONDAY: Day = Day(18_736);
const TUESDAY: Day = Day(18_737);

fn fact(day: Day, customer: i64, score: i32, count: i32) -> Fact {
    Fact { day, customer, codes: [1; COUNT], score, count }
}

fn batch(rows: Vec<Fact>) -> FactBatch {
    let total = |day| {
        let counts = rows.iter().filter(|fact| fact.day == day).map(|fact| fact.count as u64);
        DayTotal { day, matched: counts.sum(), unmatched: 0, other_customers: 0 }
    };
    FactBatch { days: vec![total(MONDAY), total(TUESDAY)], rows, ..FactBatch::default() }
}

#[test]
fn each_check_fails_for_the_right_day_only() {
    let sound = vec![fact(MONDAY, 1, 0, 1), fact(MONDAY, 2, 3, 3), fact(TUESDAY, 1, 1, 2)];
    let twice = vec![fact(MONDAY, 1, 0, 1), fact(TUESDAY, 1, 0, 1), fact(TUESDAY, 1, 1, 1)];
    let apart = vec![fact(MONDAY, 2, 0, 1), fact(MONDAY, 1, 0, 1), fact(MONDAY, 2, 1, 1)];
    let scored = |score, count| vec![fact(MONDAY, 1, score, count), fact(TUESDAY, 1, 0, 1)];
    let shrunk = vec![fact(MONDAY, 1, 0, 5), fact(TUESDAY, 1, 0, 4)];
    let mut miscounted = batch(vec![fact(MONDAY, 1, 0, 1)]);
    miscounted.days[1].matched = 1;
    for (case, batch, before, expected) in [
        ("sound days", batch(sound), 4, None),
        ("a grain stands twice", batch(twice), 0, Some((TUESDAY, Check::UniqueGrain))),
        ("a grain stands twice, apart", batch(apart), 0, Some((MONDAY, Check::UniqueGrain))),
        ("2 of 1", batch(scored(2, 1)), 0, Some((MONDAY, Check::ScoreWithinCount))),
        ("-1 of 1", batch(scored(-1, 1)), 0, Some((MONDAY, Check::ScoreWithinCount))),
        ("0 of 0", batch(scored(0, 0)), 0, Some((MONDAY, Check::ScoreWithinCount))),
        ("more matched", miscounted, 0, Some((TUESDAY, Check::CountsMatchReviews))),
        ("half is lost and more", batch(shrunk), 10, Some((TUESDAY, Check::DayShrink))),
    ] {
        let before = BTreeMap::from([(MONDAY, before), (TUESDAY, before)]);
        let after = batch.days.iter().map(|total| (total.day, total.matched)).collect();
        let shrunk = check_shrink(&before, &after, |_| Some(0.5));
        let found: Vec<_> = check(&batch).into_iter().chain(shrunk).collect();
        let found: Vec<_> = found.iter().map(|found| (found.day, found.check)).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{case}");
    }
}

#[test]
fn a_day_may_lose_more_where_a_restated_file_explains_it() {
    let (before, after) = (BTreeMap::from([(TUESDAY, 10)]), BTreeMap::from([(TUESDAY, 4)]));
    assert_eq!(check_shrink(&before, &after, |_| None), []);
    assert_eq!(check_shrink(&before, &after, |_| Some(0.6)), []);
    assert_eq!(check_shrink(&before, &after, |_| Some(0.5)).len(), 1);
}
