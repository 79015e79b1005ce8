//! What was absorbed, published and refused.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use lake::Receipt;
use pipeline::Day;
use serde_json::Value;
use tiberius::{ColumnData, IntoSql, Row};

use super::{
    error::Cause,
    session::{Session, Values},
    spend,
};
use crate::{
    Absorbed, LoggedPublish, Newest, Publish, RefusedDay, State,
    refusals::{Refusal, refusals},
};

pub(super) async fn newest(session: &mut Session) -> Result<Newest, Cause> {
    let rows = session.query(sql!("operations/head"), &[]).await?;
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
        let Newest { head, fact_recipe, .. } = newest(session).await?;
        let state = State {
            head,
            fact_recipe,
            paths: paths(session).await?,
            refused_days: refused_days(session).await?,
            held_customers: spend::held(session).await?,
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
        paths.insert(row.text("path")?, Absorbed { newest, live: None });
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

/// The longest text that the driver loads by bulk, in units of UTF-16.
pub(super) const LONGEST_BODY: usize = 32_767;

/// Stages receipts and live versions, and checks them against what is known.
pub(super) async fn stage(session: &mut Session, publish: &Publish) -> Result<(), Cause> {
    let (mut rows, mut long) = (Vec::new(), Vec::new());
    for (nth, receipt) in (0..).zip(&publish.receipts) {
        let mut body = body(receipt)?;
        if body.encode_utf16().count() > LONGEST_BODY {
            long.push((nth, std::mem::replace(&mut body, "{}".to_owned())));
        }
        rows.push(receipt_row(nth, receipt, body)?);
    }
    session.bulk("#staged_receipt", Box::new(rows.into_iter())).await?;
    for (nth, body) in long {
        session.execute(sql!("staging/long_body"), &[&body, &nth]).await?;
    }
    let refused = refusals(&publish.receipts).into_iter().map(refusal_row);
    session.bulk("#staged_refusal", Box::new(refused)).await?;
    let live = publish
        .live
        .iter()
        .map(|(path, receipt)| [path.clone().into_sql(), receipt.map(i64::from).into_sql()]);
    session.bulk("#staged_live", Box::new(live)).await?;
    if let Some(row) = session.query(sql!("operations/find_stray_live"), &[]).await?.first() {
        return Err(Cause::permanent(format!(
            "has not absorbed receipt {} of {}, so it cannot be live: publish it with its receipt",
            row.count("receipt")?,
            row.text("path")?
        )));
    }
    Ok(())
}

fn refusal_row(refusal: Refusal<'_>) -> [ColumnData<'static>; 6] {
    let Refusal { path, receipt, reason, rows_refused, detail, quarantine } = refusal;
    // The receipt in the lake has all of it. A character takes two units at most.
    let cut = |detail: &str| detail.chars().take(LONGEST_BODY / 2).collect::<String>();
    [
        path.to_owned().into_sql(),
        i64::from(receipt).into_sql(),
        reason.into_sql(),
        rows_refused.map(|rows| rows as i64).into_sql(),
        detail.map(cut).into_sql(),
        quarantine.map(str::to_owned).into_sql(),
    ]
}

/// The whole receipt, as in the lake.
fn body(receipt: &Receipt) -> Result<String, Cause> {
    serde_json::to_string(receipt).map_err(|error| {
        Cause::permanent(format!("cannot take the receipt of {} ({error})", receipt.path))
    })
}

fn receipt_row(
    nth: i32,
    receipt: &Receipt,
    body: String,
) -> Result<[ColumnData<'static>; 17], Cause> {
    // Longer ones do not fit the key of an index.
    if receipt.path.encode_utf16().count() > 800 {
        return Err(Cause::permanent(format!(
            "takes paths of up to 800 characters, this one has more: {}; shorten the folders of \
             the file",
            receipt.path
        )));
    }
    // Its name in JSON: people meet the same word in the lake.
    let state = match serde_json::to_value(receipt.state) {
        Ok(Value::String(state)) => state,
        _ => String::new(),
    };
    let count = |count: u64| (count as i64).into_sql();
    Ok([
        nth.into_sql(),
        receipt.path.clone().into_sql(),
        i64::from(receipt.number).into_sql(),
        receipt.dataset.name().into_sql(),
        state.into_sql(),
        receipt.etag.clone().into_sql(),
        receipt.recipe.clone().into_sql(),
        receipt.content_hash.clone().into_sql(),
        receipt.parquet.clone().into_sql(),
        count(receipt.rows.read),
        count(receipt.rows.staged),
        count(receipt.rows.refused),
        count(receipt.rows.duplicate),
        receipt.min_id.into_sql(),
        receipt.max_id.into_sql(),
        receipt.written_at.trim_end_matches('Z').to_owned().into_sql(),
        body.into_sql(),
    ])
}

/// Adds the staged receipts to the load history and moves the live flags.
pub(super) async fn absorb(session: &mut Session, publish_id: i64) -> Result<(), Cause> {
    session.execute(sql!("operations/add_receipts"), &[&publish_id]).await?;
    session.execute(sql!("operations/add_refusals"), &[]).await?;
    session.execute(sql!("operations/clear_live"), &[]).await?;
    session.execute(sql!("operations/set_live"), &[]).await?;
    Ok(())
}

/// Stages days that keep their last good rows; the newest finding of a day counts.
pub(super) async fn stage_refused(
    session: &mut Session,
    refused: &[RefusedDay],
) -> Result<(), Cause> {
    let newest: BTreeMap<i32, &RefusedDay> =
        refused.iter().map(|refused| (refused.day.key(), refused)).collect();
    let rows = newest.into_iter().map(|(id, refused)| {
        [id.into_sql(), refused.check.clone().into_sql(), refused.detail.clone().into_sql()]
    });
    session.bulk("#staged_refused", Box::new(rows)).await?;
    Ok(())
}

/// Records the staged days.
pub(super) async fn refuse(session: &mut Session, publish_id: i64) -> Result<(), Cause> {
    session.execute(sql!("operations/remove_refused_days"), &[]).await?;
    session.execute(sql!("operations/add_refused_days"), &[&publish_id]).await?;
    Ok(())
}

/// Days that keep their last good rows, in order.
pub(super) async fn refused_days(session: &mut Session) -> Result<Vec<RefusedDay>, Cause> {
    let rows = session.query(sql!("operations/refused_days"), &[]).await?;
    let refused = rows.iter().map(|row| {
        Ok(RefusedDay {
            day: day(row, "id_dim_date")?,
            publish_id: row.number("publish_id")?,
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

/// A time as the program writes it: `2021-04-25T06:15:04Z`.
pub(super) fn time(row: &Row, column: &str) -> Result<String, Cause> {
    let time: NaiveDateTime = row.number(column)?;
    Ok(time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
