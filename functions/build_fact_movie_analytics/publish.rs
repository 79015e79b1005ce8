//! One try of a publish, from the listing to the commit.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Instant,
};

use engine::{Change, Live};
use futures_util::TryStreamExt;
use lake::{
    Listing,
    failpoint::{applies, reach},
};
use pipeline::{
    Dataset, Day,
    facts::{self, Check, SpendChange, Violation, check},
};
use warehouse::{
    HeldCustomer, OwnCheck, Publication, Publish, Published, RefusedDay, State, Warehouse,
};

use super::{
    Checked, Input, Outcome, Report,
    change::{self, ChangeSet},
    held::explain,
    judge::{Before, blamed, other_customers, shrunk, unusual},
    latency::latency,
    marker,
    plan::{Built, Sums, compared, largest, texts},
};
use crate::{
    checks,
    deps::{Deps, text},
};

/// Name, in place of a check, of days that are sound but share logs with one that is not.
const HELD_BACK: &str = "held_back";

/// How a try ends when everything is built and checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Commit,
    /// A plan: nothing is written, into the lake or into the warehouse.
    RollBack,
}

pub async fn publish(deps: &Deps, input: &Input, end: End) -> anyhow::Result<(Outcome, Built)> {
    let started = Instant::now();
    // Before the listing: who waits here for another publish would see less than it absorbed.
    let mut warehouse = deps.warehouse.lock().await;
    let listings = list(deps).await?;
    let checks = checks::read(deps).await?;
    let marker_name = deps.settings.warehouse.marker_name();
    let seen = marker::seen(&listings, &checks);
    let known = input.accept.is_empty() && !input.even_if_seen && warehouse.exists();
    let content = marker::content(warehouse.as_ref(), &seen);
    let marker = marker::find(&deps.lake, &marker_name, &content).await?;
    if end == End::Commit {
        if marker.put_at.is_none() {
            marker::begin(&deps.lake, &marker_name).await?;
        }
        if marker.is_same && known {
            return Ok((Outcome::NothingNew, Built::default()));
        }
    }
    let state = warehouse.state().await?;
    let expected = state.head;
    change::check_lake(&deps.lake, &listings, &state, marker.put_at).await?;
    // Something else than before was seen: checks may have changed.
    let work = Work { listings, state, checks, is_changed: !marker.is_same, started, end };
    let outcome = build(deps, input, warehouse.as_mut(), work).await;
    match outcome {
        // A sweep takes what is replaced once the warehouse has absorbed that: another publisher
        // has.
        Err(error) if is_missing(&error) && warehouse.state().await?.head != expected => {
            Err(warehouse::Error::Moved.into())
        }
        outcome => outcome,
    }
}

/// What a publish begins with.
struct Work {
    listings: Vec<(Dataset, Listing)>,
    state: State,
    checks: Vec<OwnCheck>,
    /// The marker says otherwise.
    is_changed: bool,
    started: Instant,
    end: End,
}

/// What is left to do where something may be new.
async fn build(
    deps: &Deps,
    input: &Input,
    warehouse: &mut dyn Warehouse,
    work: Work,
) -> anyhow::Result<(Outcome, Built)> {
    let Work { listings, state, checks, is_changed, started, end } = work;
    let marker_name = deps.settings.warehouse.marker_name();
    let (listings, mut changes) = look(deps, listings, &state, end).await?;
    let seen = marker::seen(&listings, &checks);
    for (path, number) in &changes.unreadable {
        tracing::warn!(
            file.path = path,
            "receipt {number} of {path} cannot be read: the facts keep what was published of the \
             file until `replay {path}` reads it again"
        );
    }
    let rebuild = state.fact_recipe.as_deref().is_some_and(|recipe| recipe != facts::VERSION);
    let accepted = accepted_days(&state, &input.accept);
    // Files of purchases and other days may let them pass, and so may a check that was corrected.
    let own = |day: &&RefusedDay| OwnCheck::is_own(&day.check);
    let own: BTreeSet<Day> = state.refused_days.iter().filter(own).map(|day| day.day).collect();
    let judge_again = is_changed && !own.is_empty();
    if changes.receipts.is_empty() && !rebuild && accepted.is_empty() && !judge_again {
        if end == End::Commit {
            let content = marker::content(warehouse, &seen);
            marker::set(&deps.lake, &marker_name, content).await;
        }
        return Ok((Outcome::NothingNew, Built::default()));
    }
    // Before any work is done for it.
    warehouse.try_checks(&checks).await?;
    if rebuild {
        changes.change = change::from_scratch(&changes.live);
    }
    let (reset_spend, spend) = spend(deps, &changes, rebuild).await?;
    let customers = if reset_spend { Vec::new() } else { largest(&spend) };
    let mut days = deps.engine.dirty_days(&changes.live, &changes.change).await?;
    days.extend(&accepted);
    if rebuild {
        days.extend(warehouse.day_counts(None).await?.into_keys());
    }
    // Days that were left out together are judged together again.
    let held = held(&state);
    complete(&mut days, &held);
    let changed = days.clone();
    days.extend(own);
    complete(&mut days, &held);
    let again: BTreeSet<Day> = days.difference(&changed).copied().collect();
    let max_jump = if rebuild { 1.0 } else { deps.settings.max_unknown_jump };
    let before = Before::read(warehouse, &days, max_jump).await?;
    let candidate = Candidate {
        publish: Publish {
            expected: state.head,
            fact_recipe: facts::VERSION.to_owned(),
            published_at: text(lake::now().max(input.not_before.unwrap_or_default())),
            receipts: changes.receipts,
            live: changes.live_numbers,
            started: Some(started),
            reset_spend,
            spend,
            // Of days that were held back they could not go before.
            remove_unused_members: !accepted.is_empty() || changes.change.takes_out(),
            held: state.held_customers,
            checks,
            accepted,
        },
        live: changes.live,
        change: changes.change,
        before,
        held,
        again,
        rebuild,
    };
    if end == End::Commit && !applies("marker after commit") {
        marker::set(&deps.lake, &marker_name, marker::content(warehouse, &seen)).await;
    }
    let mut refused: Vec<RefusedDay> = Vec::new();
    // Days that were judged again alone and fail as before are held since then, not anew.
    let news = |refused: &[RefusedDay]| -> Vec<RefusedDay> {
        let was = |day: &&RefusedDay| {
            let was = state.refused_days.iter().find(|was| was.day == day.day);
            candidate.again.contains(&day.day) && was.is_some_and(|was| was.check == day.check)
        };
        refused.iter().filter(|day| !was(day)).cloned().collect()
    };
    // A failed check takes days out, and with them those that share their logs; what is left is
    // tried again, until all of it passes.
    let (published, mut held_customers, found) = loop {
        let publication = warehouse.begin(candidate.publish.clone()).await?;
        match attempt(deps, &candidate, &days, publication, &news(&refused), end).await? {
            Attempt::Ended { published, held, found } => break (published, held, found),
            Attempt::Violated(violations) => {
                let blamed = blamed(&candidate, &state.refused_days, &days, violations);
                let left_out = leave_out(deps, &candidate, &mut days, blamed).await?;
                refused.extend(left_out);
            }
        }
    };
    if end == End::Commit {
        let content = marker::content(warehouse, &seen);
        marker::set(&deps.lake, &marker_name, content).await;
    }
    // Refused files, for example, or reviews whose logs are not there yet.
    let Some(published) = published else {
        return Ok((Outcome::NothingNew, Built::default()));
    };
    let checks = Checked::of(&candidate.publish.checks, &refused);
    let mut refused = news(&refused);
    for day in &mut refused {
        day.publish_id = published.publish_id;
        day.since.clone_from(&candidate.publish.published_at);
    }
    HeldCustomer::settle(&mut held_customers, published.publish_id);
    let judged = |day: &Day| days.contains(day) || refused.iter().any(|left| left.day == *day);
    let earlier = state.refused_days.iter().filter(|day| !judged(&day.day));
    let held: Vec<i64> = earlier.chain(&refused).map(|day| day.publish_id).collect();
    let (held_days, held_from) = (held.len(), held.into_iter().min());
    let refused_days = refused;
    let Found { superseded, texts, days, .. } = found;
    let days = compared(&candidate.before.counts, &days);
    let built = Built { days, customers, texts };
    let absorbed = if end == End::Commit { &candidate.publish.receipts[..] } else { &[] };
    let report = Report {
        published,
        checks,
        refused_days,
        held_days,
        held_from,
        held_customers,
        superseded,
        latency: latency(absorbed),
    };
    Ok((Outcome::Published(report), built))
}

/// What each dataset has, and all publishers look at first.
async fn list(deps: &Deps) -> anyhow::Result<Vec<(Dataset, Listing)>> {
    reach("listing:before")?;
    let mut listings = Vec::new();
    for dataset in Dataset::ALL {
        listings.push((dataset, deps.lake.receipts().list(dataset).await?));
    }
    reach("listing:after")?;
    Ok(listings)
}

/// The change, and the listings that it comes from, which are no older than the warehouse.
async fn look(
    deps: &Deps,
    mut listings: Vec<(Dataset, Listing)>,
    state: &State,
    end: End,
) -> anyhow::Result<(Vec<(Dataset, Listing)>, ChangeSet)> {
    // Another process has absorbed more meanwhile.
    if change::behind(&listings, state).is_some() && applies("list again") {
        listings = list(deps).await?;
    }
    loop {
        let changes = change::change_set(&deps.lake, &listings, state).await?;
        if end == End::RollBack {
            return Ok((listings, change::without_duplicates(changes)));
        }
        if !change::exclude_duplicates(&deps.lake, &changes).await? {
            return Ok((listings, changes));
        }
        listings = list(deps).await?;
    }
}

/// Everything that is known before facts are built.
pub struct Candidate {
    publish: Publish,
    pub live: Live,
    pub change: Change,
    pub before: Before,
    /// Days that were left out together: published together, or left out again.
    pub held: Vec<BTreeSet<Day>>,
    /// Held by checks of one's own, and judged again though none of their files has changed.
    pub again: BTreeSet<Day>,
    pub rebuild: bool,
}

impl Candidate {
    /// Days that somebody has accepted as they are.
    pub fn accepted(&self) -> &BTreeSet<Day> {
        &self.publish.accepted
    }

    /// Whether a day must not differ from what is usual: neither new rules nor an operator explain
    /// that, and it has not passed before a check of one's own held it.
    pub fn judges(&self, day: Day) -> bool {
        !(self.rebuild || self.accepted().contains(&day) || self.again.contains(&day))
    }
}

enum Attempt {
    Ended {
        /// `None` where nothing but the load history has changed.
        published: Option<Published>,
        /// Customers who keep their last total.
        held: Vec<HeldCustomer>,
        found: Found,
    },
    /// Nothing was committed.
    Violated(Vec<RefusedDay>),
}

async fn attempt(
    deps: &Deps,
    candidate: &Candidate,
    days: &BTreeSet<Day>,
    mut publication: Box<dyn Publication + '_>,
    refused: &[RefusedDay],
    end: End,
) -> anyhow::Result<Attempt> {
    let live = &candidate.live;
    let mut found = Found::default();
    let mut batches = VecDeque::from(deps.engine.batches(live, days));
    while let Some(batch) = batches.pop_front() {
        match replace(deps, live, &batch, publication.as_mut(), &mut found, end).await {
            Ok(after) => note(&mut found.violations, shrunk(deps, candidate, &after).await?),
            Err(error) if is_too_many(&error) => match batch.first() {
                Some(&day) if batch.len() == 1 => {
                    let (check, detail) = (Check::FitsMemory, format!("{error:#}"));
                    note(&mut found.violations, [Violation { day, check, detail }]);
                }
                // Some of them may fit on their own.
                _ => batches.extend(batch.into_iter().map(|day| BTreeSet::from([day]))),
            },
            Err(error) => return Err(error),
        }
    }
    note(&mut found.violations, unusual(deps, candidate, &found.days));
    note(&mut found.violations, other_customers(deps, candidate, &found.customers).await?);
    if !found.violations.is_empty() {
        let violations = found.violations.into_values().map(refused_day);
        return Ok(Attempt::Violated(violations.collect()));
    }
    explain(deps, &live.purchases, publication.held()).await?;
    let held = publication.held().to_vec();
    let published = match end {
        End::Commit => publication.commit(refused).await,
        End::RollBack => publication.rehearse(refused).await,
    };
    match published {
        Err(warehouse::Error::FailedChecks(days)) => Ok(Attempt::Violated(days)),
        published => Ok(Attempt::Ended { published: published?, held, found }),
    }
}

/// What came up while facts were built.
#[derive(Default)]
struct Found {
    violations: BTreeMap<Day, Violation>,
    /// Reviews of each day that have another customer in another file, and all of the day.
    customers: BTreeMap<Day, (u64, u64)>,
    /// Rows that do not count, by path.
    superseded: BTreeMap<String, u64>,
    /// What each day that was built comes to.
    days: BTreeMap<Day, Sums>,
    /// Of a plan: texts that facts use, with the place of their dimension.
    texts: BTreeSet<(usize, String)>,
}

/// Builds the facts of a batch of days and, as long as no check has failed, replaces them. Returns
/// the reviews that each day would count.
async fn replace(
    deps: &Deps,
    live: &Live,
    batch: &BTreeSet<Day>,
    publication: &mut dyn Publication,
    found: &mut Found,
    end: End,
) -> anyhow::Result<BTreeMap<Day, u64>> {
    let mut after = BTreeMap::new();
    let mut parts = deps.engine.facts(live, batch);
    loop {
        reach("portion:before")?;
        let Some(facts) = parts.try_next().await? else { return Ok(after) };
        for total in &facts.days {
            *after.entry(total.day).or_default() += total.matched;
            let (others, all) = found.customers.entry(total.day).or_default();
            *others += total.other_customers;
            *all += total.matched;
            found.days.entry(total.day).or_default().counted.reviews += total.matched;
        }
        for fact in &facts.rows {
            found.days.entry(fact.day).or_default().add(fact);
        }
        if end == End::RollBack {
            texts(&facts, &mut found.texts);
        }
        for (path, rows) in &facts.superseded {
            *found.superseded.entry(path.clone()).or_default() += rows;
        }
        note(&mut found.violations, check(&facts));
        if found.violations.is_empty() {
            publication.replace_days(&facts).await?;
        }
        reach("portion:after")?;
    }
}

/// Of each day the first violation is named.
fn note(known: &mut BTreeMap<Day, Violation>, more: impl IntoIterator<Item = Violation>) {
    for violation in more {
        known.entry(violation.day).or_insert(violation);
    }
}

/// A staged file that a listing showed to be live is gone.
fn is_missing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(engine::Error::Lake(lake::Error::Missing { .. })))
}

/// More facts than the memory budget holds, from an engine that does not cut days.
fn is_too_many(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(engine::Error::TooManyFacts { .. }))
}

/// Takes the offending days and all that share logs with them out of `days`.
async fn leave_out(
    deps: &Deps,
    candidate: &Candidate,
    days: &mut BTreeSet<Day>,
    violations: Vec<RefusedDay>,
) -> anyhow::Result<Vec<RefusedDay>> {
    let Candidate { live, change, .. } = candidate;
    let offending: BTreeSet<Day> = violations.iter().map(|violation| violation.day).collect();
    let mut linked = offending.clone();
    loop {
        let known = linked.len();
        linked = deps.engine.linked_days(live, change, days, linked).await?;
        complete(&mut linked, &candidate.held);
        if linked.len() == known {
            break;
        }
    }
    let first = violations.first().map(|violation| violation.day);
    let mut refused = Vec::new();
    for day in linked.intersection(days).filter(|day| !offending.contains(day)) {
        let detail = match first {
            Some(first) => format!("shares logs with {first}, which failed a check"),
            None => String::new(),
        };
        refused.push(RefusedDay::new(*day, HELD_BACK, &detail));
    }
    refused.extend(violations);
    days.retain(|day| !linked.contains(day));
    Ok(refused)
}

/// Days that keep their last good rows, by the publish that left them out. What links them may
/// stand in no file any more: the rows that they keep are older than the versions absorbed.
fn held(state: &State) -> Vec<BTreeSet<Day>> {
    let mut held: BTreeMap<i64, BTreeSet<Day>> = BTreeMap::new();
    for refused in &state.refused_days {
        held.entry(refused.publish_id).or_default().insert(refused.day);
    }
    held.into_values().collect()
}

/// Adds the rest of each group that has a day among `days`.
fn complete(days: &mut BTreeSet<Day>, groups: &[BTreeSet<Day>]) {
    for group in groups {
        if !group.is_disjoint(days) {
            days.extend(group);
        }
    }
}

fn accepted_days(state: &State, accept: &[i64]) -> BTreeSet<Day> {
    let accepted = |day: &&RefusedDay| accept.contains(&day.publish_id);
    state.refused_days.iter().filter(accepted).map(|day| day.day).collect()
}

/// The change of spend, or all spend anew (`true`) where the old rows are gone or do not count.
async fn spend(
    deps: &Deps,
    changes: &ChangeSet,
    rebuild: bool,
) -> anyhow::Result<(bool, Vec<SpendChange>)> {
    if !rebuild {
        match deps.engine.spend(&changes.change).await {
            Err(engine::Error::Lake(lake::Error::Missing { .. })) => {}
            spend => return Ok((false, spend?)),
        }
    }
    Ok((true, deps.engine.spend(&change::from_scratch(&changes.live)).await?))
}

fn refused_day(violation: Violation) -> RefusedDay {
    let Violation { day, check, detail } = violation;
    RefusedDay::new(day, check.name(), &detail)
}
