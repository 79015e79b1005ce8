//! Quality checks: each of them can fail, and fails for the right day only.

use std::collections::BTreeMap;

use pipeline::{
    Day,
    dimensions::{COUNT, place},
    facts::{
        Check, DayTotal, Fact, FactBatch, Unknown, check, check_growth, check_shrink, check_unknown,
    },
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

#[test]
fn a_day_that_grows_far_beyond_the_median_of_the_days_before_it_fails() {
    let before = |counts: &[u64]| -> BTreeMap<Day, u64> {
        counts.iter().zip(1..).map(|(count, ago)| (Day(TUESDAY.0 - ago), *count)).collect()
    };
    let fails = |before: &BTreeMap<Day, u64>, now| {
        let after = BTreeMap::from([(TUESDAY, now)]);
        let found = check_growth(before, &after, |_| Some(10.0));
        assert!(found.iter().all(|found| (found.day, found.check) == (TUESDAY, Check::DayGrowth)));
        !found.is_empty()
    };
    // One great day among them is no rule.
    let usual = before(&[200, 50_000, 200, 190, 210]);
    assert!(fails(&usual, 2_001));
    assert!(!fails(&usual, 2_000));
    assert!(!fails(&before(&[20, 20, 20]), 999), "a small day");
    assert!(!fails(&before(&[20, 20]), 5_000), "too few days before it");
    assert!(!fails(&before(&[]), 5_000), "a first load");
    let long_ago = BTreeMap::from([15, 16, 17].map(|ago| (Day(TUESDAY.0 - ago), 20)));
    assert!(!fails(&long_ago, 5_000), "no day before it for two weeks");
    let mut accepted = usual.clone();
    accepted.insert(TUESDAY, 3_000);
    assert!(!fails(&accepted, 3_001), "somebody has accepted so many before");
    let after = BTreeMap::from([(TUESDAY, 9_000)]);
    assert_eq!(check_growth(&usual, &after, |_| None), []);
}

#[test]
fn a_jump_of_unknown_in_one_dimension_fails() {
    let browser = place("browser");
    let day = |reviews, unknown_browsers| {
        let mut unknown = [0; COUNT];
        unknown[browser] = unknown_browsers;
        Unknown { reviews, unknown }
    };
    let fails = |before: &[Unknown], now: Unknown| {
        let before = BTreeMap::from([(TUESDAY, before.to_vec())]);
        let found = check_unknown(&before, &BTreeMap::from([(TUESDAY, now)]), |_| Some(0.5));
        if let [found] = &found[..] {
            assert_eq!((found.day, found.check), (TUESDAY, Check::UnknownJump));
            assert!(found.detail.contains("have no browser"), "{}", found.detail);
        }
        !found.is_empty()
    };
    assert!(fails(&[day(1_000, 100)], day(1_000, 601)));
    assert!(!fails(&[day(1_000, 100)], day(1_000, 600)));
    assert!(!fails(&[day(1_000, 100), day(200, 190)], day(1_000, 1_000)), "as it was before");
    assert!(!fails(&[day(1_000, 0)], day(99, 99)), "a small day");
    assert!(!fails(&[day(1_000, 1_000)], day(1_000, 0)), "a browser is named again");
    assert!(!fails(&[], day(1_000, 1_000)), "nothing is usual yet");
}
