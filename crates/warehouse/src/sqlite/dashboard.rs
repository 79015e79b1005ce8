//! The numbers of the dashboard, in one pass over `agg_daily`.

use pipeline::dimensions::DAILY;
use rusqlite::{Connection, Row};

use super::{
    error::Cause,
    facts,
    history::{self, count, day},
    read, spend,
};
use crate::dashboard::{All, Customers, Dashboard, Dimension, Filter, Freshness, MOST_FACTS, Sums};

/// All of it, read in one transaction: a publish in between is seen whole or not at all.
pub(super) fn dashboard(connection: &mut Connection, filter: &Filter) -> Result<Dashboard, Cause> {
    let snapshot = connection.transaction()?;
    let mut dashboard = Dashboard {
        latest: history::newest(&snapshot)?.latest_publish(),
        span: span(&snapshot)?,
        buyers: snapshot.prepare(sql!("dashboard/buyers"))?.query_row([], spenders)?,
        freshness: freshness(&snapshot)?,
        latency: read::latency(&snapshot)?,
        refused_days: history::refused_days(&snapshot)?,
        held_customers: spend::held(&snapshot)?,
        ..Dashboard::default()
    };
    let mut dimensions = dimensions(&snapshot, filter)?;
    let facts = add_up(&snapshot, filter, &mut dimensions, &mut dashboard)?;
    if facts <= MOST_FACTS {
        dashboard.customers = Some(customers(&snapshot, filter, &dimensions)?);
    }
    Ok(Dashboard { members: dimensions.map(Dimension::finish), ..dashboard })
}

fn span(connection: &Connection) -> Result<Option<(pipeline::Day, pipeline::Day)>, Cause> {
    let ends: (Option<i32>, Option<i32>) = connection
        .prepare(sql!("dashboard/span"))?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match ends {
        (Some(first), Some(last)) => Ok(Some((day(first)?, day(last)?))),
        _ => Ok(None),
    }
}

fn dimensions(connection: &Connection, filter: &Filter) -> Result<All, Cause> {
    let mut members = [const { Vec::new() }; DAILY.len()];
    let mut statement = connection.prepare(sql!("dashboard/members", daily))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let nth: u8 = row.get(0)?;
        members[usize::from(nth) - 1].push((row.get(1)?, row.get(2)?));
    }
    Ok(Dimension::of(members, filter))
}

/// Adds up the days of the filter; returns how many facts they hold, chosen or not.
fn add_up(
    connection: &Connection,
    filter: &Filter,
    dimensions: &mut All,
    dashboard: &mut Dashboard,
) -> Result<u64, Cause> {
    let mut facts = 0;
    let mut today = (0, Sums::default());
    let mut statement = connection.prepare(sql!("dashboard/daily", daily))?;
    let mut rows = statement.query(filter.keys())?;
    while let Some(row) = rows.next()? {
        let key: i32 = row.get(0)?;
        if key != today.0 {
            end_day(dashboard, today)?;
            today = (key, Sums::default());
        }
        let sums = Sums { positive: count(row.get(1)?), reviews: count(row.get(2)?) };
        facts += count(row.get(3)?);
        let mut places = [0; DAILY.len()];
        for (nth, (found, dimension)) in places.iter_mut().zip(&*dimensions).enumerate() {
            *found = place(dimension, row, 4 + nth)?;
        }
        if Dimension::add(dimensions, places, sums) {
            today.1 += sums;
        }
    }
    end_day(dashboard, today)?;
    Ok(facts)
}

fn end_day(dashboard: &mut Dashboard, (key, sums): (i32, Sums)) -> Result<(), Cause> {
    if sums.reviews > 0 {
        dashboard.days.insert(day(key)?, sums);
    }
    Ok(())
}

fn place(dimension: &Dimension, row: &Row<'_>, column: usize) -> Result<usize, Cause> {
    let key: i64 = row.get(column)?;
    dimension.place(key).ok_or_else(|| {
        Cause::permanent(format!(
            "the warehouse has sums for the key {key}, which its dimension does not have: delete \
             its file and run again, it is rebuilt from the lake"
        ))
    })
}

fn customers(
    connection: &Connection,
    filter: &Filter,
    dimensions: &All,
) -> Result<Customers, Cause> {
    let (first, last) = filter.keys();
    let keys = dimensions
        .each_ref()
        .map(|dimension| dimension.chosen().map(|keys| serde_json::Value::from(keys).to_string()));
    let mut statement = connection.prepare(sql!("dashboard/customers", daily))?;
    statement.raw_bind_parameter(1, facts::ids(first).0)?;
    statement.raw_bind_parameter(2, facts::ids(last).1)?;
    for (nth, keys) in keys.iter().enumerate() {
        statement.raw_bind_parameter(3 + nth, keys)?;
    }
    let mut rows = statement.raw_query();
    Ok(rows.next()?.map(spenders).transpose()?.unwrap_or_default())
}

fn spenders(row: &Row<'_>) -> rusqlite::Result<Customers> {
    let (units, e5): (i64, i64) = (row.get(1)?, row.get(2)?);
    let spend_e5 = i128::from(units) * 100_000 + i128::from(e5);
    Ok(Customers { count: count(row.get(0)?), spend_e5 })
}

fn freshness(connection: &Connection) -> Result<Vec<Freshness>, Cause> {
    let mut statement = connection.prepare(sql!("dashboard/freshness"))?;
    let rows = statement.query_map([], |row| {
        Ok(Freshness {
            dataset: row.get(0)?,
            live: count(row.get(1)?),
            refused: count(row.get(2)?),
            newest_at: row.get(3)?,
            arrived_at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
