//! Numbers for the publisher's checks and for people.

use std::collections::{BTreeMap, BTreeSet};

use pipeline::{
    Day,
    dimensions::{COUNT, DIMENSIONS},
};
use rusqlite::{Connection, Rows};

use super::{
    error::Cause,
    facts::ids,
    history::{self, count, day},
    spend,
};
use crate::{
    DayCount, DayFact, Latency, Summary,
    latency::Counted,
    variants::{MOST_MEMBERS, variants},
};

/// What the days asked for count, of those that have facts.
pub(super) fn day_counts(
    connection: &mut Connection,
    days: Option<&BTreeSet<Day>>,
) -> Result<BTreeMap<Day, DayCount>, Cause> {
    let snapshot = connection.transaction()?;
    let mut counts = BTreeMap::new();
    match days {
        None => {
            let mut statement = snapshot.prepare(sql!("read/day_counts"))?;
            collect(statement.query([])?, &mut counts)?;
        }
        Some(days) => {
            let mut statement = snapshot.prepare(sql!("read/day_count"))?;
            for day in days {
                collect(statement.query([day.key()])?, &mut counts)?;
            }
        }
    }
    Ok(counts)
}

fn collect(mut rows: Rows<'_>, counts: &mut BTreeMap<Day, DayCount>) -> Result<(), Cause> {
    while let Some(row) = rows.next()? {
        let counted = DayCount { reviews: count(row.get(1)?), score: row.get(2)? };
        counts.insert(day(row.get(0)?)?, counted);
    }
    Ok(())
}

/// Reviews of each day that show `Unknown`, by dimension.
pub(super) fn unknown_counts(
    connection: &Connection,
    days: &BTreeSet<Day>,
) -> Result<BTreeMap<Day, [u64; COUNT]>, Cause> {
    let mut statement = connection.prepare(sql!("read/unknown_counts", all))?;
    let mut counts = BTreeMap::new();
    for day in days {
        let of_day = statement.query_row(ids(day.key()), |row| {
            let mut unknown = [0; COUNT];
            for (place, reviews) in unknown.iter_mut().enumerate() {
                *reviews = count(row.get(place)?);
            }
            Ok(unknown)
        })?;
        counts.insert(*day, of_day);
    }
    Ok(counts)
}

/// The facts of a day, of all customers or of one.
pub(super) fn facts_of_day(
    connection: &mut Connection,
    day: Day,
    customer: Option<i64>,
) -> Result<Vec<DayFact>, Cause> {
    let (first, last) = ids(day.key());
    let customers = customer.map_or((i64::MIN, i64::MAX), |customer| (customer, customer));
    let mut statement = connection.prepare(sql!("read/facts_of_day", all))?;
    let facts = statement.query_map((first, last, customers.0, customers.1), |row| {
        let mut texts = [const { String::new() }; COUNT];
        for (place, text) in texts.iter_mut().enumerate() {
            *text = row.get(place)?;
        }
        Ok(DayFact {
            texts,
            customer: row.get("customerid")?,
            amount_e5: row.get("amount_spent_e5")?,
            score: row.get("review_score")?,
            count: row.get("review_count")?,
            inserted_at: row.get("insert_date")?,
        })
    })?;
    Ok(facts.collect::<Result<_, _>>()?)
}

pub(super) fn summary(connection: &mut Connection) -> Result<Summary, Cause> {
    let snapshot = connection.transaction()?;
    let newest = history::newest(&snapshot)?;
    let (mut summary, [first, last]) =
        snapshot.prepare(sql!("read/summary", all))?.query_row([], |row| {
            let number = |name: &str| row.get(name).map(count);
            let mut summary = Summary {
                facts: number("facts")?,
                reviews: number("reviews")?,
                positive_reviews: number("positive_reviews")?,
                customers: number("customers")?,
                buyers: number("buyers")?,
                days: number("days")?,
                unmatched_logs: number("unmatched_logs")?,
                uncounted_reviews: number("staged_reviews")?.saturating_sub(number("reviews")?),
                ..Summary::default()
            };
            for (members, dimension) in summary.members.iter_mut().zip(&DIMENSIONS) {
                *members = number(&format!("{}_members", dimension.name))?;
            }
            let ends: [Option<i32>; 2] = [row.get("first_day")?, row.get("last_day")?];
            Ok((summary, ends))
        })?;
    summary.first_day = first.map(day).transpose()?;
    summary.last_day = last.map(day).transpose()?;
    if summary.members.iter().sum::<u64>() <= MOST_MEMBERS {
        summary.variants = variants(members(&snapshot)?);
    }
    summary.refused_days = history::refused_days(&snapshot)?;
    summary.held_customers = spend::held(&snapshot)?;
    summary.latency = latency(&snapshot)?;
    summary.publishes = history::publishes(&snapshot, 10)?;
    summary.publish_id = newest.head.publish_id;
    summary.published_at = newest.published_at;
    Ok(summary)
}

/// How long files took lately, by dataset.
pub(super) fn latency(connection: &Connection) -> Result<Vec<Latency>, Cause> {
    let mut statement = connection.prepare(sql!("read/latency"))?;
    let counted = statement.query_map([], |row| {
        let published: Option<i64> = row.get(2)?;
        Ok(Counted {
            dataset: row.get(0)?,
            staged: count(row.get(1)?),
            published: published.map(count),
            files: count(row.get(3)?),
        })
    })?;
    Ok(Latency::summed(counted.collect::<Result<Vec<_>, _>>()?))
}

/// All texts of dimensions, each with the place of its dimension.
pub(super) fn members(connection: &Connection) -> Result<Vec<(usize, String)>, Cause> {
    let mut statement = connection.prepare(sql!("dashboard/members", all))?;
    let members = statement.query_map([], |row| {
        let dimension: u8 = row.get(0)?;
        Ok((usize::from(dimension) - 1, row.get(2)?))
    })?;
    Ok(members.collect::<Result<_, _>>()?)
}
