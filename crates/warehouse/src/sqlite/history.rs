//! What was absorbed, published and refused.

use std::collections::BTreeMap;

use lake::Receipt;
use pipeline::Day;
use rusqlite::{Connection, params};
use serde_json::Value;

use super::{error::Cause, spend};
use crate::{
    Absorbed, Head, LoggedPublish, Newest, RefusedDay, State,
    refusals::{refusals, version},
};

pub(super) fn newest(connection: &Connection) -> Result<Newest, Cause> {
    let newest = connection.prepare(sql!("operations/head"))?.query_row([], |row| {
        let publish_id: Option<i64> = row.get(1)?;
        let head = Head { absorption_id: row.get(0)?, publish_id: publish_id.unwrap_or(0) };
        Ok(Newest { head, published_at: row.get(2)?, fact_recipe: row.get(3)? })
    })?;
    Ok(newest)
}

/// What this warehouse has absorbed, read in one transaction: a publish by another process in
/// between is seen whole or not at all.
pub(super) fn state(connection: &mut Connection) -> Result<State, Cause> {
    let snapshot = connection.transaction()?;
    let newest = newest(&snapshot)?;
    let state = State {
        head: newest.head,
        published_at: newest.published_at,
        fact_recipe: newest.fact_recipe,
        paths: paths(&snapshot)?,
        refused_days: refused_days(&snapshot)?,
        held_customers: spend::held(&snapshot)?,
    };
    Ok(state)
}

fn paths(connection: &Connection) -> Result<BTreeMap<String, Absorbed>, Cause> {
    let mut paths = BTreeMap::new();
    let mut statement = connection.prepare(sql!("operations/newest_receipts"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let absorbed = Absorbed { newest: row.get(1)?, written_at: row.get(2)?, live: None };
        paths.insert(row.get(0)?, absorbed);
    }
    let mut statement = connection.prepare(sql!("operations/live_receipts"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let path: String = row.get(0)?;
        let body: String = row.get(1)?;
        let receipt: Receipt = serde_json::from_str(&body).map_err(|error| {
            Cause::permanent(format!(
                "the load history of {path} holds a receipt that cannot be read ({error}): use the \
                 newer program that wrote it, or delete the warehouse's file and run again"
            ))
        })?;
        if let Some(absorbed) = paths.get_mut(&path) {
            absorbed.live = Some(receipt);
        }
    }
    Ok(paths)
}

/// Adds receipts to the load history and moves the live flags.
pub(super) fn absorb(
    connection: &Connection,
    publish_id: i64,
    receipts: &[Receipt],
    live: &BTreeMap<String, Option<u32>>,
) -> Result<(), Cause> {
    let mut add = connection.prepare(sql!("operations/add_receipt"))?;
    for receipt in receipts {
        let body = serde_json::to_value(receipt).map_err(|error| {
            Cause::permanent(format!("the receipt of {} is no JSON ({error})", receipt.path))
        })?;
        add.execute(params![
            receipt.path,
            receipt.number,
            receipt.dataset.name(),
            // Its name in JSON: people meet the same word in the lake.
            body.get("state").and_then(Value::as_str).unwrap_or_default(),
            version(&receipt.etag),
            version(&receipt.recipe),
            receipt.content_hash,
            receipt.parquet,
            receipt.rows.read as i64,
            receipt.rows.staged as i64,
            receipt.rows.refused as i64,
            receipt.rows.duplicate as i64,
            receipt.min_id,
            receipt.max_id,
            receipt.written_at,
            publish_id,
            body.to_string(),
            receipt.source_at,
        ])?;
    }
    let mut add = connection.prepare(sql!("operations/add_refusal"))?;
    for refusal in refusals(receipts) {
        add.execute(params![
            refusal.path,
            refusal.receipt,
            refusal.reason,
            refusal.rows_refused.map(|rows| rows as i64),
            refusal.detail,
            refusal.quarantine,
        ])?;
    }
    let mut clear = connection.prepare(sql!("operations/clear_live"))?;
    let mut set = connection.prepare(sql!("operations/set_live"))?;
    for (path, number) in live {
        clear.execute([path])?;
        if let Some(number) = number
            && set.execute((path, number))? == 0
        {
            return Err(Cause::permanent(format!(
                "receipt {number} of {path} cannot be live, the warehouse has not absorbed it: \
                 publish it with its receipt"
            )));
        }
    }
    Ok(())
}

/// Records days that keep their last good rows.
pub(super) fn refuse(
    connection: &Connection,
    publish_id: i64,
    refused: &[RefusedDay],
) -> Result<(), Cause> {
    let mut put = connection.prepare(sql!("operations/put_refused_day"))?;
    for refused in refused {
        put.execute((refused.day.key(), publish_id, &refused.check, &refused.detail))?;
    }
    Ok(())
}

/// Days that keep their last good rows, in order.
pub(super) fn refused_days(connection: &Connection) -> Result<Vec<RefusedDay>, Cause> {
    let mut statement = connection.prepare(sql!("operations/refused_days"))?;
    let mut rows = statement.query([])?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        days.push(RefusedDay {
            day: day(row.get(0)?)?,
            publish_id: row.get(1)?,
            since: row.get(2)?,
            check: row.get(3)?,
            detail: row.get(4)?,
        });
    }
    Ok(days)
}

/// The newest publishes, newest first.
pub(super) fn publishes(connection: &Connection, most: u32) -> Result<Vec<LoggedPublish>, Cause> {
    let mut statement = connection.prepare(sql!("operations/publishes"))?;
    let rows = statement.query_map([most], |row| {
        let number = |column: usize| row.get(column).map(count);
        Ok(LoggedPublish {
            publish_id: row.get(0)?,
            published_at: row.get(1)?,
            duration_ms: number(2)?,
            receipts: number(3)?,
            days_replaced: number(4)?,
            days_refused: number(5)?,
            rows_deleted: number(6)?,
            rows_inserted: number(7)?,
            rows_respent: number(8)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Counts are never negative; a file edited by hand shows 0.
pub(super) fn count(number: i64) -> u64 {
    number.try_into().unwrap_or_default()
}

/// The day of a `dim_date` key that was read from the file.
pub(super) fn day(key: i32) -> Result<Day, Cause> {
    Day::from_key(key).ok_or_else(|| {
        Cause::permanent(format!(
            "the warehouse has {key} as a day, which is no yyyymmdd date: delete its file and run \
             again, it is rebuilt from the lake"
        ))
    })
}
