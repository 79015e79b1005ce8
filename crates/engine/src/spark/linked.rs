//! Linked days where the ids of days outgrow this process.

use std::collections::BTreeSet;

use lake::Receipt;
use pipeline::Day;

use super::{LINKED_DAYS, Spark, plan};
use crate::{Change, Engine, Error, Live};

pub async fn days(
    spark: &Spark,
    live: &Live,
    change: &Change,
    dirty: &BTreeSet<Day>,
    mut linked: BTreeSet<Day>,
) -> Result<BTreeSet<Day>, Error> {
    let before = change.logs.iter().filter_map(|changed| changed.before.as_ref());
    let concerned = |log: &&Receipt| log.days.keys().any(|day| dirty.contains(day));
    let logs: Vec<&Receipt> = live.logs.iter().chain(before).filter(concerned).collect();
    let rows = |days: &BTreeSet<Day>| -> u64 {
        let of_log = |log: &&Receipt| -> u64 {
            log.days.iter().filter(|(day, _)| days.contains(day)).map(|(_, rows)| rows).sum()
        };
        logs.iter().map(of_log).sum()
    };
    // The ids of the linked days are what one process has to hold. Of a version that was cleared
    // away only the range of its ids is known: seldom enough to be left to it, too.
    if !spark.outgrow(rows(dirty)) || !spark.gone(&change.logs).await?.is_empty() {
        return spark.embedded.linked_days(live, change, dirty, linked).await;
    }
    spark.verify(&logs).await?;
    loop {
        let Some(rows) = spark.rows_of(logs.iter().copied(), plan::LOG_DAYS) else {
            return Ok(linked);
        };
        let (dirty, known) = (spark.days(dirty)?, spark.days(&linked)?);
        let query = plan::sql(LINKED_DAYS, [("logs", rows), ("dirty", dirty), ("linked", known)]);
        let before = linked.len();
        linked.extend(spark.days_of("looked for linked days", query).await?);
        if linked.len() == before {
            return Ok(linked);
        }
    }
}
