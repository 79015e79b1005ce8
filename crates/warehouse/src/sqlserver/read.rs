//! Numbers for the publisher's checks and for people.

use std::collections::{BTreeMap, BTreeSet};

use pipeline::{Day, dimensions::DIMENSIONS};
use serde::Serialize;
use tiberius::Row;

use super::{
    error::Cause,
    history::{self, day},
    session::{Session, Values, json},
};
use crate::{
    Newest, Summary,
    variants::{MOST_MEMBERS, variants},
};

#[derive(Serialize)]
struct DayRow {
    id: i32,
}

/// Days as [`day_counts`] takes them.
pub(super) fn wanted(days: &BTreeSet<Day>) -> Result<String, Cause> {
    json(&days.iter().map(|day| DayRow { id: day.key() }).collect::<Vec<_>>())
}

/// Reviews counted on the days asked for (or all days) that have facts.
pub(super) async fn day_counts(
    session: &mut Session,
    wanted: Option<&str>,
) -> Result<BTreeMap<Day, u64>, Cause> {
    let rows = match wanted {
        Some(wanted) => session.query(sql!("read/day_counts_of"), &[&wanted]).await?,
        None => session.query(sql!("read/day_counts"), &[]).await?,
    };
    rows.iter().map(|row| Ok((day(row, "id_dim_date")?, row.count("reviews")?))).collect()
}

/// All of it from between two commits of publishers.
pub(super) async fn summary(session: &mut Session) -> Result<Summary, Cause> {
    loop {
        let newest = history::newest(session).await?;
        let head = newest.head;
        let summary = read_summary(session, newest).await?;
        if history::newest(session).await?.head == head {
            return Ok(summary);
        }
    }
}

async fn read_summary(session: &mut Session, newest: Newest) -> Result<Summary, Cause> {
    let rows = session.query(sql!("read/summary", all), &[]).await?;
    let row = rows.first().ok_or_else(|| Cause::permanent("gave no summary: try again"))?;
    let end = |column| -> Result<Option<Day>, Cause> {
        row.value::<i32>(column)?.map(|_| day(row, column)).transpose()
    };
    let mut summary = Summary {
        facts: row.count("facts")?,
        reviews: row.count("reviews")?,
        positive_reviews: row.count("positive_reviews")?,
        customers: row.count("customers")?,
        buyers: row.count("buyers")?,
        days: row.count("days")?,
        first_day: end("first_day")?,
        last_day: end("last_day")?,
        unmatched_logs: row.count("unmatched_logs")?,
        uncounted_reviews: row.count("staged_reviews")?.saturating_sub(row.count("reviews")?),
        ..Summary::default()
    };
    for (members, dimension) in summary.members.iter_mut().zip(&DIMENSIONS) {
        *members = row.count(&format!("{}_members", dimension.name))?;
    }
    if summary.members.iter().sum::<u64>() <= MOST_MEMBERS {
        let members = session.query(sql!("dashboard/members", all), &[]).await?;
        let member =
            |row: &Row| Ok((row.number::<i32>("dimension")? as usize - 1, row.text("text")?));
        let members: Result<Vec<_>, Cause> = members.iter().map(member).collect();
        summary.variants = variants(members?);
    }
    summary.refused_days = history::refused_days(session).await?;
    summary.held_customers = history::held(session).await?;
    summary.publishes = history::publishes(session).await?;
    summary.publish_id = newest.head.publish_id;
    summary.published_at = newest.published_at;
    Ok(summary)
}
