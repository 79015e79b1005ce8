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
use crate::{
    Change, Error, Live,
    ids::{Ids, range_of},
};

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
        let mut ids = Ids::default();
        let on_linked = |log: &&Receipt| -> u64 {
            log.days.iter().filter(|(day, _)| linked.contains(day)).map(|(_, rows)| rows).sum()
        };
        engine.fit(
            "what shares ids with a refused day",
            logs.iter().map(on_linked).sum(),
            BYTES_PER_ID,
        )?;
        for log in &logs {
            if log.days.keys().any(|day| linked.contains(day)) {
                let there = rows(engine, log, |id, day| {
                    if linked.contains(&day) {
                        ids.extend(&[id]);
                    }
                })
                .await?;
                if !there {
                    range_of(log).into_iter().for_each(|range| ids.extend_range(range));
                }
            }
        }
        ids.seal();
        let known = linked.len();
        for log in &logs {
            let more = |day: &Day| dirty.contains(day) && !linked.contains(day);
            if log.days.keys().any(more) {
                let there = rows(engine, log, |id, day| {
                    if dirty.contains(&day) && ids.contains(id) {
                        linked.insert(day);
                    }
                })
                .await?;
                if !there && range_of(log).is_some_and(|range| ids.meet(&range)) {
                    linked.extend(log.days.keys().filter(|day| dirty.contains(day)));
                }
            }
        }
        if linked.len() == known {
            return Ok(linked);
        }
    }
}

/// Ids and days of a log file. `false` where an old version was cleared away: any id of its
/// range may then have stood on any of its days.
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
