//! Days that share ids: a log that moved from one day to another counts on both, or on none,
//! unless both are published together. Asked only where a day failed a check.

use std::collections::BTreeSet;

use arrow_array::{
    cast::AsArray,
    types::{Date32Type, Int64Type},
};
use lake::Receipt;
use pipeline::Day;

use super::{BYTES_PER_ID, Embedded};
use crate::{Change, Error, Live, ids::Ids};

pub async fn days(
    engine: &Embedded,
    live: &Live,
    change: &Change,
    dirty: &BTreeSet<Day>,
    mut linked: BTreeSet<Day>,
) -> Result<BTreeSet<Day>, Error> {
    let before = change.logs.iter().filter_map(|changed| changed.before.as_ref());
    let logs: Vec<&Receipt> = live.logs.iter().chain(before).collect();
    loop {
        let known = linked.len();
        let on_linked = |log: &&Receipt| -> u64 {
            log.days.iter().filter(|(day, _)| linked.contains(day)).map(|(_, rows)| rows).sum()
        };
        let ids = logs.iter().map(on_linked).sum::<u64>();
        let parts = ids.saturating_mul(BYTES_PER_ID).div_ceil(engine.memory_bytes.max(1));
        let parts = parts.clamp(1, i64::MAX as u64);
        for part in 0..parts {
            let mine = |id: i64| id.rem_euclid(parts as i64) as u64 == part;
            link(engine, &logs, dirty, &mut linked, mine).await?;
        }
        if linked.len() == known {
            return Ok(linked);
        }
    }
}

/// Adds the dirty days that share one of my ids with a linked one.
async fn link(
    engine: &Embedded,
    logs: &[&Receipt],
    dirty: &BTreeSet<Day>,
    linked: &mut BTreeSet<Day>,
    mine: impl Fn(i64) -> bool + Send + Sync,
) -> Result<(), Error> {
    let mut ids = Ids::default();
    for log in logs {
        if log.days.keys().any(|day| linked.contains(day)) {
            let there = rows(engine, log, |id, day| {
                if linked.contains(&day) && mine(id) {
                    ids.extend(&[id]);
                }
            })
            .await?;
            if !there {
                ids.extend_ranges(log.ids().into_owned());
            }
        }
    }
    ids.seal();
    for log in logs {
        let more = |day: &Day| dirty.contains(day) && !linked.contains(day);
        if log.days.keys().any(more) && ids.meet(&log.ids()) {
            let there = rows(engine, log, |id, day| {
                if dirty.contains(&day) && ids.contains(id) {
                    linked.insert(day);
                }
            })
            .await?;
            if !there {
                linked.extend(log.days.keys().filter(|day| dirty.contains(day)));
            }
        }
    }
    Ok(())
}

/// Ids and days of a log file. `false` where an old version was cleared away: any id of its
/// ranges may then have stood on any of its days.
async fn rows(
    engine: &Embedded,
    log: &Receipt,
    mut take: impl FnMut(i64, Day) + Send,
) -> Result<bool, Error> {
    let read = engine.read(log, &["log_id", "log_date"], None, |batch| {
        let ids = batch["log_id"].as_primitive::<Int64Type>().values();
        let days = batch["log_date"].as_primitive::<Date32Type>().values();
        ids.iter().zip(days).for_each(|(id, day)| take(*id, Day(*day)));
    });
    match read.await {
        Err(Error::Lake(lake::Error::Missing { .. })) => Ok(false),
        read => read.map(|()| true),
    }
}
