//! The facts of some days: which staged files take part, and in which order.

use std::collections::BTreeSet;

use lake::Receipt;
use pipeline::{
    Day,
    facts::{BYTES_PER_LOG, FactBatch, Logs, REVIEW_COLUMNS, log_columns},
};

use super::Embedded;
use crate::{
    Error, Live,
    ids::{overlap, range_of},
};

pub async fn build(
    engine: &Embedded,
    live: &Live,
    days: &BTreeSet<Day>,
) -> Result<FactBatch, Error> {
    if let (Some(first), Some(last)) = (days.first(), days.last()) {
        let what = match first == last {
            true => format!("the day {first}"),
            false => format!("the days {first} to {last}"),
        };
        engine.fit(&what, days.iter().map(|day| live.logs_of(*day)).sum(), BYTES_PER_LOG)?;
    }
    let ranked = || (0_u32..).zip(&live.logs);
    let of_days = |receipt: &Receipt| -> u64 {
        receipt.days.iter().filter(|(day, _)| days.contains(day)).map(|(_, rows)| rows).sum()
    };
    let mut logs = Logs::new(days, live.logs.iter().map(of_days).sum::<u64>() as usize);
    let mut sources = Vec::new();
    for (rank, receipt) in ranked() {
        if of_days(receipt) > 0 {
            engine.read(receipt, &log_columns(), None, |batch| logs.push(&batch, rank)).await?;
            sources.extend(range_of(receipt).map(|ids| (rank, ids)));
        }
    }
    let mut latest = logs.latest();
    // A greater path may hold the same ids on days that are not built now; only files with
    // such days, and only where a lesser file with rows of the days overlaps, have to be asked.
    for (rank, receipt) in ranked() {
        let Some(ids) = range_of(receipt) else { continue };
        let elsewhere = receipt.days.keys().any(|day| !days.contains(day));
        let beats = sources.iter().any(|(other, range)| *other < rank && overlap(range, &ids));
        if elsewhere
            && beats
            && let Some((first, last)) = latest.id_range()
        {
            let range = Some(first..=last);
            engine
                .read(receipt, &["log_id"], range, |batch| latest.supersede(&batch, rank))
                .await?;
        }
    }
    for receipt in live.reviews.iter().rev() {
        let Some((first, last)) = latest.id_range() else { break };
        let wanted = first..=last;
        if range_of(receipt).is_some_and(|ids| overlap(&ids, &wanted)) {
            engine
                .read(receipt, &REVIEW_COLUMNS, Some(wanted), |batch| latest.reviews(&batch))
                .await?;
        }
    }
    Ok(latest.facts())
}
