//! Reading back, for the conformance suite.

use async_trait::async_trait;
use pipeline::Day;
use rusqlite::{
    Row,
    types::{Type, Value},
};

use super::{Sqlite, error::Cause, history::day};
use crate::{
    Error,
    conformance::{Daily, FactRow, Inspect, Refused},
};

impl Sqlite {
    fn all<T>(
        &mut self,
        statement: &str,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Cause>,
    ) -> Result<Vec<T>, Error> {
        self.run(|connection| {
            let mut statement = connection.prepare(statement)?;
            let mut rows = statement.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(read(row)?);
            }
            Ok(all)
        })
    }
}

#[async_trait]
impl Inspect for Sqlite {
    async fn facts(&mut self) -> Result<Vec<FactRow>, Error> {
        self.all(sql!("inspect/facts", all), |row| {
            Ok(FactRow {
                customer: row.get(0)?,
                day: log_date(row, 1)?,
                amount_spent: row.get(2)?,
                score: row.get(3)?,
                count: row.get(4)?,
                inserted_at: row.get(5)?,
                texts: texts(row, 6)?,
            })
        })
    }

    async fn amounts(&mut self) -> Result<Vec<(Day, i64, i64)>, Error> {
        self.all(sql!("inspect/amounts"), |row| Ok((day(row.get(1)?)?, row.get(0)?, row.get(2)?)))
    }

    async fn spend(&mut self) -> Result<Vec<(i64, i64)>, Error> {
        self.all(sql!("inspect/spend"), |row| Ok((row.get(0)?, row.get(1)?)))
    }

    async fn daily(&mut self) -> Result<Vec<Daily>, Error> {
        self.all(sql!("inspect/daily", daily), |row| {
            Ok(Daily {
                day: log_date(row, 0)?,
                score: row.get(1)?,
                count: row.get(2)?,
                facts: row.get(3)?,
                texts: texts(row, 4)?,
            })
        })
    }

    async fn members(&mut self) -> Result<Vec<(String, i64, String)>, Error> {
        self.all(sql!("inspect/dimensions", all), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    }

    async fn refusals(&mut self) -> Result<Vec<Refused>, Error> {
        self.all(sql!("inspect/refusals"), |row| {
            Ok(Refused {
                path: row.get(0)?,
                receipt: row.get(1)?,
                etag: row.get(2)?,
                live: row.get(3)?,
                reason: row.get(4)?,
                rows: row.get(5)?,
                detail: row.get(6)?,
                quarantine: row.get(7)?,
            })
        })
    }

    async fn lines(&mut self) -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        for statement in [
            sql!("inspect/dates"),
            sql!("inspect/purchase_counts"),
            sql!("inspect/day_totals"),
            sql!("inspect/load_history"),
            sql!("inspect/freshness"),
            sql!("inspect/unmatched"),
        ] {
            lines.extend(self.all(statement, line)?);
        }
        Ok(lines)
    }
}

/// The values of a row, one after the other.
fn line(row: &Row<'_>) -> Result<String, Cause> {
    let mut line = String::new();
    for column in 0..row.as_ref().column_count() {
        match row.get(column)? {
            Value::Integer(number) => line += &number.to_string(),
            Value::Text(text) => line += &text,
            _ => line += "NULL",
        }
        line.push('|');
    }
    Ok(line)
}

/// Texts of dimensions, from this column on.
fn texts<const N: usize>(row: &Row<'_>, from: usize) -> rusqlite::Result<[String; N]> {
    let mut texts = [const { String::new() }; N];
    for (nth, text) in texts.iter_mut().enumerate() {
        *text = row.get(from + nth)?;
    }
    Ok(texts)
}

fn log_date(row: &Row<'_>, column: usize) -> rusqlite::Result<Day> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}
