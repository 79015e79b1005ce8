//! One try of a publish, from the listing to the commit.

use std::collections::BTreeSet;

use engine::{Change, Changed};
use pipeline::{
    Dataset, Day,
    facts::{FactBatch, Offence, RECIPE, SpendChange, check},
};
use warehouse::{Publish, RefusedDay, State};

use super::{Input, Outcome, Report, change, marker};
use crate::deps::{Deps, now};

pub async fn publish(deps: &Deps, input: &Input) -> anyhow::Result<Outcome> {
    let mut listings = Vec::new();
    for dataset in Dataset::ALL {
        listings.push((dataset, deps.lake.receipts(dataset).await?));
    }
    let (seen, marker_name) = (marker::seen(&listings), deps.settings.warehouse.marker_name());
    let mut warehouse = deps.warehouse.lock().await;
    let known = input.accept.is_empty() && warehouse.exists();
    if known && marker::is(&deps.lake, &marker_name, &seen).await? {
        return Ok(Outcome::NothingNew);
    }
    let state = warehouse.state().await?;
    let mut news = change::news(&deps.lake, &listings, &state).await?;
    let rebuild = state.fact_recipe.as_deref().is_some_and(|recipe| recipe != RECIPE);
    let accepted = accepted_days(&state, &input.accept);
    if news.receipts.is_empty() && !rebuild && accepted.is_empty() {
        marker::set(&deps.lake, &marker_name, seen).await?;
        return Ok(Outcome::NothingNew);
    }
    if rebuild {
        news.change = change::from_scratch(&news.live);
    }
    let (reset_spend, spend) = spend(deps, &news, rebuild).await?;
    let mut days = deps.engine.dirty_days(&news.live, &news.change).await?;
    days.extend(&accepted);
    if rebuild {
        days.extend(warehouse.day_counts(None).await?.into_keys());
    }
    let before = warehouse.day_counts(Some(&days)).await?;
    let may_shrink = |day: Day| {
        let explained = rebuild || accepted.contains(&day) || is_restated(&news.change, day);
        (!explained).then_some(deps.settings.max_day_shrink)
    };
    let mut publication = warehouse
        .begin(Publish {
            expected_id: state.publish_id,
            fact_recipe: RECIPE.to_owned(),
            published_at: now(),
            receipts: news.receipts,
            live: news.live_numbers,
            reset_spend,
            spend,
        })
        .await?;
    let mut refused = Vec::new();
    for portion in deps.engine.portions(&news.live, &days) {
        let mut batch = deps.engine.facts(&news.live, &portion).await?;
        let offences = check(&batch, &before, may_shrink);
        leave_out(&mut batch, &offences);
        refused.extend(offences.into_iter().map(refused_day));
        publication.replace_days(&batch).await?;
    }
    let published = publication.commit(&refused).await?;
    refused.iter_mut().for_each(|day| day.publish_id = published.publish_id);
    drop(warehouse);
    marker::set(&deps.lake, &marker_name, seen).await?;
    Ok(Outcome::Published(Report {
        published,
        refused_days: refused,
        days: days.into_iter().collect(),
    }))
}

fn accepted_days(state: &State, accept: &[i64]) -> BTreeSet<Day> {
    let accepted = |day: &&RefusedDay| accept.contains(&day.publish_id);
    state.refused_days.iter().filter(accepted).map(|day| day.day).collect()
}

/// The change of spend, or all spend anew (`true`) where the old rows are gone or do not count.
async fn spend(
    deps: &Deps,
    news: &change::News,
    rebuild: bool,
) -> anyhow::Result<(bool, Vec<SpendChange>)> {
    if !rebuild {
        match deps.engine.spend(&news.change).await {
            Err(engine::Error::Lake(lake::Error::Missing { .. })) => {}
            spend => return Ok((false, spend?)),
        }
    }
    Ok((true, deps.engine.spend(&change::from_scratch(&news.live)).await?))
}

/// Whether a file that was restated or forgotten may explain that a day loses reviews. A review
/// file does not know its days, so it may explain any.
fn is_restated(change: &Change, day: Day) -> bool {
    let of_day = |changed: &Changed| changed.versions().any(|log| log.days.contains_key(&day));
    let restated = |changed: &&Changed| changed.before.is_some();
    change.reviews.iter().any(|changed| restated(&changed))
        || change.logs.iter().filter(restated).any(of_day)
}

fn leave_out(batch: &mut FactBatch, offences: &[Offence]) {
    if offences.is_empty() {
        return;
    }
    let offends = |day: Day| offences.iter().any(|offence| offence.day == day);
    batch.days.retain(|total| !offends(total.day));
    batch.rows.retain(|fact| !offends(fact.day));
}

fn refused_day(offence: Offence) -> RefusedDay {
    let Offence { day, check, detail } = offence;
    RefusedDay { day, publish_id: 0, check: check.name().to_owned(), detail }
}
