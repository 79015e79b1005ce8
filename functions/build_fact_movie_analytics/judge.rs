//! Checks that need more than a day's own facts: what is published of it and of the days before it,
//! what was restated, and whose reviews are whose.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Change, Changed, Live};
use pipeline::{
    Day,
    facts::{
        FEWEST_SHARED, USUAL_DAYS, Unknown, Violation, check_customers, check_growth, check_shrink,
        check_unknown,
    },
};
use warehouse::{DayCount, OwnCheck, RefusedDay, Warehouse};

use super::{plan::Sums, publish::Candidate};
use crate::deps::Deps;

/// What is published of the dirty days, and of days that show what is usual.
pub struct Before {
    pub counts: BTreeMap<Day, DayCount>,
    reviews: BTreeMap<Day, u64>,
    /// Of each dirty day: its own, and that of a day before it.
    unknown: BTreeMap<Day, Vec<Unknown>>,
}

impl Before {
    /// Reads sums of the days and of the two weeks before each. `max_jump`: 1 reads no facts.
    pub async fn read(
        warehouse: &mut dyn Warehouse,
        days: &BTreeSet<Day>,
        max_jump: f64,
    ) -> Result<Self, warehouse::Error> {
        let around = days.iter().flat_map(|day| (day.0 - USUAL_DAYS..=day.0).map(Day)).collect();
        let counts = warehouse.day_counts(Some(&around)).await?;
        let reviews: BTreeMap<_, _> = counts.iter().map(|(day, of)| (*day, of.reviews)).collect();
        // Of each dirty day those that it is compared with.
        let compared = |day: &Day| -> Vec<Day> {
            let shows = |(_, reviews): &(&Day, &u64)| **reviews >= FEWEST_SHARED && max_jump < 1.0;
            let own = reviews.get_key_value(day).filter(shows);
            let before = reviews.range(Day(day.0 - USUAL_DAYS)..*day).rev().find(shows);
            own.into_iter().chain(before).map(|(day, _)| *day).collect()
        };
        let compared: BTreeMap<Day, Vec<Day>> = days.iter().map(|d| (*d, compared(d))).collect();
        let wanted: BTreeSet<Day> = compared.values().flatten().copied().collect();
        let unknown = match wanted.is_empty() {
            true => BTreeMap::new(),
            false => warehouse.unknown_counts(&wanted).await?,
        };
        let of = |day: &Day| {
            let (reviews, unknown) = (*reviews.get(day)?, *unknown.get(day)?);
            Some(Unknown { reviews, unknown })
        };
        let unknown = compared
            .into_iter()
            .map(|(day, with)| (day, with.iter().filter_map(of).collect()))
            .collect();
        Ok(Self { counts, reviews, unknown })
    }
}

/// Of days that were built whole: the reviews that each would count.
pub async fn shrunk(
    deps: &Deps,
    candidate: &Candidate,
    after: &BTreeMap<Day, u64>,
) -> anyhow::Result<Vec<Violation>> {
    let most = deps.settings.max_day_shrink;
    let mut shrunk =
        check_shrink(&candidate.before.reviews, after, |day| candidate.judges(day).then_some(most));
    // Read only where it can explain something.
    if !shrunk.is_empty() {
        let restated = restated_days(deps, &candidate.live, &candidate.change).await?;
        shrunk.retain(|violation| !restated.contains(&violation.day));
    }
    Ok(shrunk)
}

/// Of days that were built: what each comes to.
pub fn unusual(deps: &Deps, candidate: &Candidate, days: &BTreeMap<Day, Sums>) -> Vec<Violation> {
    let limit = |most: f64| move |day| candidate.judges(day).then_some(most);
    let (reviews, unknown) =
        days.iter().map(|(day, sums)| ((*day, sums.counted.reviews), (*day, sums.counted))).unzip();
    let Before { reviews: before, unknown: shares, .. } = &candidate.before;
    let mut found = check_growth(before, &reviews, limit(deps.settings.max_day_growth));
    found.extend(check_unknown(shares, &unknown, limit(deps.settings.max_unknown_jump)));
    found
}

/// Whom to leave out: where days fail that a file has changed, those that are only judged again come
/// first, as they were. Their rows alone may make all days fail, by a check that names no day.
pub fn blamed(
    candidate: &Candidate,
    before: &[RefusedDay],
    days: &BTreeSet<Day>,
    violations: Vec<RefusedDay>,
) -> Vec<RefusedDay> {
    let is_again =
        |day: &&RefusedDay| days.contains(&day.day) && candidate.again.contains(&day.day);
    if violations.iter().all(|day| is_again(&day) || !OwnCheck::is_own(&day.check)) {
        return violations;
    }
    let again: Vec<_> = before.iter().filter(is_again).cloned().collect();
    if again.is_empty() { violations } else { again }
}

/// Days with reviews that have another customer elsewhere, where that is news: a review file that
/// changed has an id of theirs, or nobody has accepted them yet. Else a log that comes later would
/// hold a day back that somebody has accepted.
pub async fn other_customers(
    deps: &Deps,
    candidate: &Candidate,
    customers: &BTreeMap<Day, (u64, u64)>,
) -> anyhow::Result<Vec<Violation>> {
    let most = deps.settings.max_customer_changes;
    let judged = |day: Day| {
        let known = candidate.accepted().contains(&day) || candidate.again.contains(&day);
        (!known).then_some(most)
    };
    let mut found = check_customers(customers, judged);
    if found.is_empty() {
        return Ok(found);
    }
    // New rules are no news of a file.
    let reviews = if candidate.rebuild { Vec::new() } else { candidate.change.reviews.clone() };
    let change = Change { reviews, ..Change::default() };
    let touched = deps.engine.dirty_days(&candidate.live, &change).await?;
    let held = |day: &Day| candidate.held.iter().any(|days| days.contains(day));
    found.retain(|found| touched.contains(&found.day) || held(&found.day));
    Ok(found)
}

/// The days of the ids of files that were restated or excluded: what was in them before may be
/// gone. Other days that lose reviews at the same time have no such reason.
async fn restated_days(deps: &Deps, live: &Live, change: &Change) -> anyhow::Result<BTreeSet<Day>> {
    let restated = |changed: &[Changed]| {
        changed.iter().filter(|changed| changed.before.is_some()).cloned().collect()
    };
    let (reviews, logs): (Vec<_>, Vec<_>) = (restated(&change.reviews), restated(&change.logs));
    if reviews.is_empty() && logs.is_empty() {
        return Ok(BTreeSet::new());
    }
    let restated = Change { reviews, logs, purchases: Vec::new() };
    Ok(deps.engine.dirty_days(live, &restated).await?)
}
