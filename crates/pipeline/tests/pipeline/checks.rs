//! Quality checks: each of them can fail, and fails for the right day only.

use std::collections::BTreeMap;

use pipeline::{
    Day,
    dimensions::COUNT,
    facts::{Check, DayTotal, Fact, FactBatch, check},
};

const MONDAY: Day = Day(18_736);
const TUESDAY: Day = Day(18_737);

fn fact(day: Day, customer: i64, score: i32, count: i32) -> Fact {
    Fact { day, customer, codes: [1; COUNT], score, count }
}

fn batch(rows: Vec<Fact>) -> FactBatch {
    let total = |day| {
        let counts = rows.iter().filter(|fact| fact.day == day).map(|fact| fact.count as u64);
        DayTotal { day, matched: counts.sum(), unmatched: 0 }
    };
    FactBatch { days: vec![total(MONDAY), total(TUESDAY)], rows, ..FactBatch::default() }
}

fn offences(batch: &FactBatch, before: u64) -> Vec<(Day, Check)> {
    let before = BTreeMap::from([(MONDAY, before), (TUESDAY, before)]);
    let found = check(batch, &before, |_| Some(0.5));
    found.into_iter().map(|offence| (offence.day, offence.check)).collect()
}

#[test]
fn sound_days_pass() {
    let batch = batch(vec![fact(MONDAY, 1, 0, 1), fact(MONDAY, 2, 3, 3), fact(TUESDAY, 1, 1, 2)]);
    assert_eq!(offences(&batch, 4), []);
}

#[test]
fn a_grain_that_stands_twice_is_found() {
    let batch = batch(vec![fact(MONDAY, 1, 0, 1), fact(TUESDAY, 1, 0, 1), fact(TUESDAY, 1, 1, 1)]);
    assert_eq!(offences(&batch, 0), [(TUESDAY, Check::UniqueGrain)]);
    let apart = [fact(MONDAY, 2, 0, 1), fact(MONDAY, 1, 0, 1), fact(MONDAY, 2, 1, 1)];
    assert_eq!(offences(&self::batch(apart.to_vec()), 0), [(MONDAY, Check::UniqueGrain)]);
}

#[test]
fn a_score_outside_its_count_is_found() {
    for (score, count) in [(2, 1), (-1, 1), (0, 0)] {
        let batch = batch(vec![fact(MONDAY, 1, score, count), fact(TUESDAY, 1, 0, 1)]);
        assert_eq!(offences(&batch, 0), [(MONDAY, Check::ScoreWithinCount)], "{score} of {count}");
    }
}

#[test]
fn counts_that_do_not_sum_up_to_the_matched_reviews_are_found() {
    let mut batch = batch(vec![fact(MONDAY, 1, 0, 1)]);
    batch.days[1].matched = 1;
    assert_eq!(offences(&batch, 0), [(TUESDAY, Check::CountsMatchReviews)]);
}

#[test]
fn a_day_may_lose_half_of_its_reviews_and_not_more() {
    let batch = batch(vec![fact(MONDAY, 1, 0, 5), fact(TUESDAY, 1, 0, 4)]);
    assert_eq!(offences(&batch, 10), [(TUESDAY, Check::DayShrink)]);
    let before = BTreeMap::from([(TUESDAY, 10)]);
    assert_eq!(check(&batch, &before, |_| None), []);
}
