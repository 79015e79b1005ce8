//! The numbers of the dashboard, added up by the server.

use pipeline::{Day, dimensions::DAILY};
use serde::Serialize;
use tiberius::Row;

use super::{
    error::Cause,
    history::{self, day, time},
    read::latency,
    session::{Parameter, Session, Values, json},
};
use crate::dashboard::{
    All, Customers, Dashboard, Dimension, Filter, Freshness, LatestPublish, MOST_FACTS, Sums,
};

/// The newest publish, if there is one.
pub(super) async fn latest_publish(session: &mut Session) -> Result<Option<LatestPublish>, Cause> {
    Ok(history::newest(session).await?.latest_publish())
}

/// All of it from between two commits of publishers.
pub(super) async fn dashboard(session: &mut Session, filter: &Filter) -> Result<Dashboard, Cause> {
    loop {
        let dashboard = read(session, filter).await?;
        if latest_publish(session).await? == dashboard.latest {
            return Ok(dashboard);
        }
    }
}

async fn read(session: &mut Session, filter: &Filter) -> Result<Dashboard, Cause> {
    let mut dashboard = Dashboard {
        latest: latest_publish(session).await?,
        span: span(session).await?,
        buyers: spenders(&session.query(sql!("dashboard/buyers"), &[]).await?)?,
        freshness: freshness(session).await?,
        latency: latency(session).await?,
        refused_days: history::refused_days(session).await?,
        held_customers: history::held(session).await?,
        ..Dashboard::default()
    };
    let mut dimensions = dimensions(session, filter).await?;
    let (first, last) = filter.keys();
    let keys: Vec<String> = dimensions
        .iter()
        .map(|dimension| list(dimension.chosen().as_deref()))
        .collect::<Result<_, _>>()?;
    let mut parameters = vec![&first as &dyn Parameter, &last];
    parameters.extend(keys.iter().map(|keys| keys as &dyn Parameter));
    let mut facts = 0;
    for row in session.query(sql!("dashboard/sums", daily), &parameters).await? {
        let sums = Sums { reviews: row.count("reviews")?, positive: row.count("score")? };
        match row.number::<i32>("dimension")? {
            0 if sums.reviews > 0 => drop(dashboard.days.insert(day(&row, "id")?, sums)),
            0 => {}
            nth @ 1.. => set(&mut dimensions[nth as usize - 1], &row, sums)?,
            _ => facts = row.count("facts")?,
        }
    }
    if facts <= MOST_FACTS {
        let found = session.query(sql!("dashboard/customers", daily), &parameters).await?;
        dashboard.customers = Some(spenders(&found)?);
    }
    Ok(Dashboard { members: dimensions.map(Dimension::finish), ..dashboard })
}

async fn span(session: &mut Session) -> Result<Option<(Day, Day)>, Cause> {
    let rows = session.query(sql!("dashboard/span"), &[]).await?;
    match rows.first() {
        Some(row) if row.value::<i32>("first_day")?.is_some() => {
            Ok(Some((day(row, "first_day")?, day(row, "last_day")?)))
        }
        _ => Ok(None),
    }
}

async fn dimensions(session: &mut Session, filter: &Filter) -> Result<All, Cause> {
    let mut members = [const { Vec::new() }; DAILY.len()];
    for row in session.query(sql!("dashboard/members", daily), &[]).await? {
        let nth = row.number::<i32>("dimension")? as usize - 1;
        members[nth].push((row.number::<i32>("id")?.into(), row.text("text")?));
    }
    Ok(Dimension::of(members, filter))
}

fn set(dimension: &mut Dimension, row: &Row, sums: Sums) -> Result<(), Cause> {
    let key: i32 = row.number("id")?;
    let place = dimension.place(key.into()).ok_or_else(|| {
        Cause::permanent(format!("has sums for the key {key}, which no dimension has"))
    })?;
    dimension.set(place, sums);
    Ok(())
}

/// Keys as a statement takes them: an empty list lets all through, and no key is negative. NULL
/// would say it better, but is no [`Parameter`].
fn list(chosen: Option<&[i64]>) -> Result<String, Cause> {
    #[derive(Serialize)]
    struct Key {
        id: i64,
    }
    let keys = chosen.map_or(&[][..], |keys| if keys.is_empty() { &[-1] } else { keys });
    json(&keys.iter().map(|&id| Key { id }).collect::<Vec<_>>())
}

fn spenders(rows: &[Row]) -> Result<Customers, Cause> {
    let row = rows.first().ok_or_else(|| Cause::permanent("counted no customers: try again"))?;
    Ok(Customers { count: row.count("customers")?, spend_e5: row.e5("amount_spent")? })
}

async fn freshness(session: &mut Session) -> Result<Vec<Freshness>, Cause> {
    let rows = session.query(sql!("dashboard/freshness"), &[]).await?;
    let all = rows.iter().map(|row| {
        let newest: Option<chrono::NaiveDateTime> = row.value("newest_staged_at")?;
        Ok(Freshness {
            dataset: row.text("dataset")?,
            live: row.count("paths_live")?,
            refused: row.count("paths_refused")?,
            newest_at: newest.map(|_| time(row, "newest_staged_at")).transpose()?,
            arrived_at: Some(time(row, "newest_arrived_at")?),
        })
    });
    all.collect()
}
