//! Numbers for the publisher's checks and for people.

use std::collections::{BTreeMap, BTreeSet};

use pipeline::{
    Day,
    dimensions::{COUNT, DIMENSIONS},
};
use serde::Serialize;
use tiberius::Row;

use super::{
    error::Cause,
    history::{self, day, time},
    session::{Session, Values, json},
};
use crate::{
    DayCount, DayFact, Latency, Newest, Summary,
    latency::Counted,
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

/// What the days asked for (or all days) count, of those that have facts.
pub(super) async fn day_counts(
    session: &mut Session,
    wanted: Option<&str>,
) -> Result<BTreeMap<Day, DayCount>, Cause> {
    let rows = match wanted {
        Some(wanted) => session.query(sql!("read/day_counts_of"), &[&wanted]).await?,
        None => session.query(sql!("read/day_counts"), &[]).await?,
    };
    let counted = |row: &Row| {
        let counted = DayCount { reviews: row.count("reviews")?, score: row.number("score")? };
        Ok((day(row, "id_dim_date")?, counted))
    };
    rows.iter().map(counted).collect()
}

/// Reviews of each day that show `Unknown`, by dimension.
pub(super) async fn unknown_counts(
    session: &mut Session,
    wanted: &str,
) -> Result<BTreeMap<Day, [u64; COUNT]>, Cause> {
    let rows = session.query(sql!("read/unknown_counts", all), &[&wanted]).await?;
    let counted = |row: &Row| {
        let mut unknown = [0; COUNT];
        for (reviews, dimension) in unknown.iter_mut().zip(&DIMENSIONS) {
            *reviews = row.count(dimension.name)?;
        }
        Ok((day(row, "id_dim_date")?, unknown))
    };
    rows.iter().map(counted).collect()
}

/// All texts of dimensions, each with the place of its dimension.
pub(super) async fn members(session: &mut Session) -> Result<Vec<(usize, String)>, Cause> {
    let members = session.query(sql!("dashboard/members", all), &[]).await?;
    let member = |row: &Row| Ok((row.number::<i32>("dimension")? as usize - 1, row.text("text")?));
    members.iter().map(member).collect()
}

/// The facts of a day, of all customers or of one.
pub(super) async fn facts_of_day(
    session: &mut Session,
    day: Day,
    customer: Option<i64>,
) -> Result<Vec<DayFact>, Cause> {
    let (first, last) = customer.map_or((i64::MIN, i64::MAX), |customer| (customer, customer));
    let statement = sql!("read/facts_of_day", all);
    let rows = session.query(statement, &[&day.key(), &first, &last]).await?;
    let fact = |row: &Row| {
        let mut texts = [const { String::new() }; COUNT];
        for (text, dimension) in texts.iter_mut().zip(&DIMENSIONS) {
            *text = row.text(dimension.name)?;
        }
        let amount_e5 = i64::try_from(row.e5("amount_spent")?);
        Ok(DayFact {
            texts,
            customer: row.number("customerid")?,
            amount_e5: amount_e5.map_err(|_| Cause::permanent("shows an amount beyond 64 bits"))?,
            score: row.number("review_score")?,
            count: row.number("review_count")?,
            inserted_at: time(row, "insert_date")?,
        })
    };
    rows.iter().map(fact).collect()
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
        summary.variants = variants(members(session).await?);
    }
    summary.refused_days = history::refused_days(session).await?;
    summary.held_customers = history::held(session).await?;
    summary.latency = latency(session).await?;
    summary.publishes = history::publishes(session).await?;
    summary.publish_id = newest.head.publish_id;
    summary.published_at = newest.published_at;
    Ok(summary)
}

/// How long files took lately, by dataset.
pub(super) async fn latency(session: &mut Session) -> Result<Vec<Latency>, Cause> {
    let rows = session.query(sql!("read/latency"), &[]).await?;
    let counted = rows.iter().map(|row| {
        let published: Option<i64> = row.value("published_seconds")?;
        Ok(Counted {
            dataset: row.text("dataset")?,
            staged: row.count("staged_seconds")?,
            published: published.map(i64::unsigned_abs),
            files: row.count("files")?,
        })
    });
    Ok(Latency::summed(counted.collect::<Result<Vec<_>, Cause>>()?))
}
