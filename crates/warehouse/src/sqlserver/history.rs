//! What was absorbed, published and refused.

use std::{borrow::Cow, collections::BTreeMap};

use chrono::NaiveDateTime;
use lake::Receipt;
use pipeline::{Day, limits};
use serde_json::Value;
use tiberius::Row;

use super::{
    error::Cause,
    rows::{Column, StagedRow},
    session::{Parameter, Session, Values},
};
use crate::{
    Absorbed, HeldCustomer, LoggedPublish, Newest, Publish, RefusedDay, State,
    refusals::{Refusal, refusals, version},
};

pub(super) async fn newest(session: &mut Session) -> Result<Newest, Cause> {
    newest_of(&session.query(sql!("operations/head"), &[]).await?)
}

/// What `operations/head` has found.
pub(super) fn newest_of(rows: &[Row]) -> Result<Newest, Cause> {
    let Some(row) = rows.first() else { return Ok(Newest::default()) };
    let mut newest = Newest::default();
    newest.head.absorption_id = row.number("absorption_id")?;
    if let Some(publish_id) = row.value("publish_id")? {
        newest.head.publish_id = publish_id;
        newest.published_at = Some(time(row, "published_at")?);
        newest.fact_recipe = Some(row.text("fact_recipe")?);
    }
    Ok(newest)
}

/// What this warehouse has absorbed. Where another publisher commits in between, all of it is read
/// again.
pub(super) async fn state(session: &mut Session) -> Result<State, Cause> {
    loop {
        let Newest { head, published_at, fact_recipe } = newest(session).await?;
        let state = State {
            head,
            published_at,
            fact_recipe,
            paths: paths(session).await?,
            refused_days: refused_days(session).await?,
            held_customers: held(session).await?,
        };
        if newest(session).await?.head == head {
            return Ok(state);
        }
    }
}

async fn paths(session: &mut Session) -> Result<BTreeMap<String, Absorbed>, Cause> {
    let mut paths = BTreeMap::new();
    for row in session.query(sql!("operations/newest_receipts"), &[]).await? {
        let newest = u32::try_from(row.count("receipt")?).unwrap_or(u32::MAX);
        let written_at = time(&row, "written_at")?;
        paths.insert(row.text("path")?, Absorbed { newest, written_at, live: None });
    }
    for row in session.query(sql!("operations/live_receipts"), &[]).await? {
        let path = row.text("path")?;
        let receipt: Receipt = serde_json::from_str(row.number("body")?).map_err(|error| {
            Cause::permanent(format!(
                "has a receipt of {path} that cannot be read ({error}): use the newer program that \
                 wrote it"
            ))
        })?;
        if let Some(absorbed) = paths.get_mut(&path) {
            absorbed.live = Some(receipt);
        }
    }
    Ok(paths)
}

/// Whole receipts, as in the lake, in their order.
pub(super) fn bodies(receipts: &[Receipt]) -> Result<Vec<String>, Cause> {
    let bodies = receipts.iter().map(|receipt| {
        serde_json::to_string(receipt).map_err(|error| {
            Cause::permanent(format!("cannot take the receipt of {} ({error})", receipt.path))
        })
    });
    bodies.collect()
}

/// Whether it is longer than what the driver loads by bulk.
fn is_long(body: &str) -> bool {
    limits::units(body) > limits::DETAIL
}

/// Receipts with their bodies, what they refused, and changes of live versions.
pub(super) fn rows<'a>(
    publish: &'a Publish,
    bodies: &'a [String],
) -> impl Iterator<Item = StagedRow> + Send + 'a {
    let receipts = publish.receipts.iter().zip(bodies).map(|(receipt, body)| {
        let body = if is_long(body) { "{}" } else { body };
        receipt_row(receipt, body.to_owned())
    });
    let live = publish.live.iter().map(|(path, receipt)| {
        StagedRow::new("live")
            .with(Column::path, path.clone())
            .with(Column::receipt, receipt.map(i64::from))
    });
    let refused = refusals(&publish.receipts).into_iter().map(refusal_row);
    receipts.chain(refused).chain(live)
}

/// Sends bodies that are too long for bulk load on their own.
pub(super) async fn stage_long(
    session: &mut Session,
    receipts: &[Receipt],
    bodies: &[String],
) -> Result<(), Cause> {
    for (receipt, body) in receipts.iter().zip(bodies).filter(|(_, body)| is_long(body)) {
        let key: [&dyn Parameter; 3] = [body, &receipt.path, &i64::from(receipt.number)];
        session.execute(sql!("staging/long_detail"), &key).await?;
    }
    Ok(())
}

fn refusal_row(refusal: Refusal<'_>) -> StagedRow {
    let Refusal { path, receipt, reason, rows_refused, detail, quarantine } = refusal;
    StagedRow::new("refusal")
        .with(Column::path, path.to_owned())
        .with(Column::receipt, i64::from(receipt))
        .with(Column::reason, reason.to_owned())
        .with(Column::rows_refused, rows_refused.map(|rows| rows as i64))
        .with(Column::detail, detail.map(Cow::into_owned))
        .with(Column::parquet, quarantine.map(str::to_owned))
}

fn receipt_row(receipt: &Receipt, body: String) -> StagedRow {
    // Its name in JSON: people meet the same word in the lake.
    let state = match serde_json::to_value(receipt.state) {
        Ok(Value::String(state)) => state,
        _ => String::new(),
    };
    StagedRow::new("receipt")
        .with(Column::path, receipt.path.clone())
        .with(Column::receipt, i64::from(receipt.number))
        .with(Column::dataset, receipt.dataset.name().to_owned())
        .with(Column::state, state)
        .with(Column::etag, version(&receipt.etag).into_owned())
        .with(Column::recipe, version(&receipt.recipe).into_owned())
        .with(Column::content_hash, receipt.content_hash.clone())
        .with(Column::parquet, receipt.parquet.clone())
        .with(Column::rows_read, receipt.rows.read as i64)
        .with(Column::rows_staged, receipt.rows.staged as i64)
        .with(Column::rows_refused, receipt.rows.refused as i64)
        .with(Column::rows_duplicate, receipt.rows.duplicate as i64)
        .with(Column::min_id, receipt.min_id)
        .with(Column::max_id, receipt.max_id)
        .with(Column::written_at, receipt.written_at.trim_end_matches('Z').to_owned())
        .with(
            Column::source_at,
            receipt.source_at.as_ref().map(|at| at.trim_end_matches('Z').to_owned()),
        )
        .with(Column::detail, body)
}

/// Adds the staged receipts to the load history and moves the live flags. The rows that come back
/// name a live version without its receipt.
pub(super) fn absorb(publish: &Publish) -> Vec<&'static str> {
    let mut statements = Vec::new();
    if !publish.receipts.is_empty() {
        statements.extend([sql!("operations/add_receipts"), sql!("operations/add_refusals")]);
    }
    if !publish.live.is_empty() {
        statements.extend([
            sql!("operations/find_stray_live"),
            sql!("operations/clear_live"),
            sql!("operations/set_live"),
        ]);
    }
    statements
}

/// An error where a live version has no receipt.
pub(super) fn check_live(stray: Option<&Row>) -> Result<(), Cause> {
    let Some(row) = stray else { return Ok(()) };
    Err(Cause::permanent(format!(
        "has not absorbed receipt {} of {}, so it cannot be live: publish it with its receipt",
        row.count("receipt")?,
        row.text("path")?
    )))
}

/// Days that keep their last good rows; the newest finding of a day counts.
pub(super) fn refused_rows(refused: &[RefusedDay]) -> impl Iterator<Item = StagedRow> + Send {
    let newest: BTreeMap<i32, &RefusedDay> =
        refused.iter().map(|refused| (refused.day.key(), refused)).collect();
    newest.into_iter().map(|(id, refused)| {
        StagedRow::new("refused")
            .with(Column::id_dim_date, id)
            .with(Column::reason, refused.check.clone())
            .with(Column::detail, refused.detail.clone())
    })
}

/// Days that keep their last good rows, in order.
pub(super) async fn refused_days(session: &mut Session) -> Result<Vec<RefusedDay>, Cause> {
    let rows = session.query(sql!("operations/refused_days"), &[]).await?;
    let refused = rows.iter().map(|row| {
        Ok(RefusedDay {
            day: day(row, "id_dim_date")?,
            publish_id: row.number("publish_id")?,
            since: time(row, "published_at")?,
            check: row.text("check_name")?,
            detail: row.text("detail")?,
        })
    });
    refused.collect()
}

/// The newest ten publishes, newest first.
pub(super) async fn publishes(session: &mut Session) -> Result<Vec<LoggedPublish>, Cause> {
    let rows = session.query(sql!("operations/publishes"), &[]).await?;
    let publishes = rows.iter().map(|row| {
        Ok(LoggedPublish {
            publish_id: row.number("publish_id")?,
            published_at: time(row, "published_at")?,
            duration_ms: row.count("duration_ms")?,
            receipts: row.count("receipts")?,
            days_replaced: row.count("days_replaced")?,
            days_refused: row.count("days_refused")?,
            rows_deleted: row.count("rows_deleted")?,
            rows_inserted: row.count("rows_inserted")?,
            rows_respent: row.count("rows_respent")?,
        })
    });
    publishes.collect()
}

/// The day of a `dim_date` key.
pub(super) fn day(row: &Row, column: &str) -> Result<Day, Cause> {
    let key = row.number(column)?;
    Day::from_key(key).ok_or_else(|| {
        Cause::permanent(format!("has {key} as a day, which is no yyyymmdd date: correct it"))
    })
}

/// Customers who keep their last total, in order.
pub(super) async fn held(session: &mut Session) -> Result<Vec<HeldCustomer>, Cause> {
    let rows = session.query(sql!("spend/held"), &[]).await?;
    let held = rows.iter().map(|row| {
        let customer = row.number("customerid")?;
        let amount_milli = row.text("amount_milli")?.parse().map_err(|_| {
            Cause::permanent(format!(
                "holds customer {customer} with an amount that is no number: correct it"
            ))
        })?;
        Ok(HeldCustomer {
            customer,
            amount_milli,
            purchases: row.number("purchases")?,
            publish_id: row.number("publish_id")?,
            since: time(row, "since")?,
            detail: row.text("detail")?,
        })
    });
    held.collect()
}

/// A time as the program writes it: `2021-04-25T06:15:04Z`.
pub(super) fn time(row: &Row, column: &str) -> Result<String, Cause> {
    let time: NaiveDateTime = row.number(column)?;
    Ok(time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
