//! Days that share ids: a log that moved from one day to another counts on both, or on none,
//! unless both are published together. Asked only where a day failed a check.

use std::collections::BTreeSet;

use arrow_array::{
    cast::AsArray,
    types::{Date32Type, Int64Type},
};
use lake::Receipt;
use pipeline::Day;

use super::Embedded;
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
        let mut ids = Ids::default();
        for log in &logs {
            if log.days.keys().any(|day| linked.contains(day)) {
                rows(engine, log, |id, day| {
                    if linked.contains(&day) {
                        ids.extend(&[id]);
                    }
                })
                .await?;
            }
        }
        ids.seal();
        let known = linked.len();
        for log in &logs {
            let more = |day: &Day| dirty.contains(day) && !linked.contains(day);
            if log.days.keys().any(more) {
                rows(engine, log, |id, day| {
                    if dirty.contains(&day) && ids.contains(id) {
                        linked.insert(day);
                    }
                })
                .await?;
            }
        }
        if linked.len() == known {
            return Ok(linked);
        }
    }
}

/// Ids and days of a log file; none where an old version was cleared away.
async fn rows(
    engine: &Embedded,
    log: &Receipt,
    mut take: impl FnMut(i64, Day) + Send,
) -> Result<(), Error> {
    let read = engine.read(log, &["log_id", "log_date"], None, |batch| {
        let ids = batch["log_id"].as_primitive::<Int64Type>().values();
        let days = batch["log_date"].as_primitive::<Date32Type>().values();
        ids.iter().zip(days).for_each(|(id, day)| take(*id, Day(*day)));
    });
    match read.await {
        Err(Error::Lake(lake::Error::Missing { .. })) => Ok(()),
        read => read,
    }
}
