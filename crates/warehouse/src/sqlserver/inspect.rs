//! Reading back, for the conformance suite, and what else tests need.

use async_trait::async_trait;
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use futures_util::io::{AsyncRead, AsyncWrite};
use pipeline::{
    Day,
    dimensions::{Dimension, all, daily},
};
use tiberius::{Client, ColumnData, FromSql, Row};

use super::{
    Schemas, SqlServer,
    error::Cause,
    history::{day, time},
    session::Values,
};
use crate::{
    Error,
    conformance::{Daily, FactRow, Inspect, Refused},
};

impl SqlServer {
    /// A connection of its own, made as all others are, for what a warehouse has no words for.
    #[doc(hidden)]
    pub async fn client(
        &mut self,
    ) -> Result<Client<impl AsyncRead + AsyncWrite + Unpin + Send + use<>>, Error> {
        self.connector.connect().await.map_err(|cause| cause.given_up(&self.place()))
    }

    /// Drops whatever stands in two schemas of tests, and then them. What is referred to by
    /// something else goes in a later round.
    #[doc(hidden)]
    pub async fn drop_schemas(&mut self, schemas: &Schemas) -> Result<(), Error> {
        let mut client = self.client().await?;
        let dropped = async {
            // As a migration does.
            let lock = "EXEC sp_getapplock @Resource = N'movie-analytics migrate', \
                @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 120000;";
            client.simple_query(lock).await?.into_results().await?;
            for schema in [schemas.ops(), schemas.dw()] {
                for _ in 0..10 {
                    let list = "SELECT TABLE_TYPE AS kind, TABLE_NAME AS name \
                        FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = @P1";
                    let rows = client.query(list, &[&schema]).await?.into_first_result().await?;
                    if rows.is_empty() {
                        break;
                    }
                    for row in rows {
                        let (kind, name) = (row.text("kind")?, row.text("name")?);
                        let kind = if kind == "VIEW" { kind } else { "TABLE".to_owned() };
                        let statement = format!("DROP {kind} {schema}.{name}");
                        if let Ok(dropping) = client.simple_query(statement).await {
                            let _ = dropping.into_results().await;
                        }
                    }
                }
            }
            for schema in [schemas.ops(), schemas.dw()] {
                let statement = format!("DROP SCHEMA {schema}");
                client.simple_query(statement).await?.into_results().await?;
            }
            Ok::<_, Cause>(())
        };
        dropped.await.map_err(|cause| cause.given_up(&self.place()))
    }

    async fn all<T>(
        &mut self,
        statement: &'static str,
        read: fn(&Row) -> Result<T, Cause>,
    ) -> Result<Vec<T>, Error> {
        let rows = self
            .read(|session| Box::pin(async move { session.query(statement, &[]).await }))
            .await?;
        let all: Result<Vec<T>, Cause> = rows.iter().map(read).collect();
        all.map_err(|cause| cause.at(&self.place()))
    }
}

#[async_trait]
impl Inspect for SqlServer {
    async fn facts(&mut self) -> Result<Vec<FactRow>, Error> {
        self.all(sql!("inspect/facts", all), |row| {
            Ok(FactRow {
                day: log_date(row)?,
                customer: row.number("customerid")?,
                texts: texts(row, all())?,
                amount_spent: e5(row)? as f64 / 100_000.0,
                score: row.number::<i32>("review_score")?.into(),
                count: row.number::<i32>("review_count")?.into(),
                inserted_at: time(row, "insert_date")?,
            })
        })
        .await
    }

    async fn amounts(&mut self) -> Result<Vec<(Day, i64, i64)>, Error> {
        self.all(sql!("inspect/amounts"), |row| {
            Ok((day(row, "id_dim_date")?, row.number("customerid")?, e5(row)?))
        })
        .await
    }

    async fn spend(&mut self) -> Result<Vec<(i64, i64)>, Error> {
        self.all(sql!("inspect/spend"), |row| Ok((row.number("customerid")?, e5(row)?))).await
    }

    async fn daily(&mut self) -> Result<Vec<Daily>, Error> {
        self.all(sql!("inspect/daily", daily), |row| {
            Ok(Daily {
                day: day(row, "id_dim_date")?,
                texts: texts(row, daily())?,
                score: row.number("review_score")?,
                count: row.number("review_count")?,
                facts: row.number("fact_count")?,
            })
        })
        .await
    }

    async fn members(&mut self) -> Result<Vec<(String, i64, String)>, Error> {
        self.all(sql!("inspect/dimensions", all), |row| {
            Ok((row.text("dimension")?, row.number::<i32>("id")?.into(), row.text("text")?))
        })
        .await
    }

    async fn refusals(&mut self) -> Result<Vec<Refused>, Error> {
        self.all(sql!("inspect/refusals"), |row| {
            let text = |column| -> Result<Option<String>, Cause> {
                Ok(row.value::<&str>(column)?.map(str::to_owned))
            };
            Ok(Refused {
                path: row.text("path")?,
                receipt: row.number("receipt")?,
                etag: row.text("etag")?,
                live: row.number::<i32>("live")? == 1,
                reason: row.text("reason")?,
                rows: row.value("rows_refused")?,
                detail: text("detail")?,
                quarantine: text("quarantine")?,
            })
        })
        .await
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
            lines.extend(self.all(statement, line).await?);
        }
        Ok(lines)
    }
}

/// The values of a row, one after the other.
fn line(row: &Row) -> Result<String, Cause> {
    let mut line = String::new();
    for (_, value) in row.cells() {
        line += &match value {
            ColumnData::I32(Some(number)) => number.to_string(),
            ColumnData::I64(Some(number)) => number.to_string(),
            // Sums, on servers that widen them.
            ColumnData::Numeric(Some(number)) => number.int_part().to_string(),
            ColumnData::String(Some(text)) => text.to_string(),
            ColumnData::Date(Some(_)) => match NaiveDate::from_sql(value)? {
                Some(date) => date.to_string(),
                None => "NULL".to_owned(),
            },
            ColumnData::DateTime2(Some(_)) => match NaiveDateTime::from_sql(value)? {
                Some(time) => time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                None => "NULL".to_owned(),
            },
            _ => "NULL".to_owned(),
        };
        line.push('|');
    }
    Ok(line)
}

/// `amount_spent` in 1/100,000.
fn e5(row: &Row) -> Result<i64, Cause> {
    let too_large = |_| Cause::permanent("shows an amount that is no decimal(18,5)");
    row.e5("amount_spent")?.try_into().map_err(too_large)
}

/// Texts of dimensions.
fn texts<const N: usize>(
    row: &Row,
    dimensions: impl Iterator<Item = &'static Dimension>,
) -> Result<[String; N], Cause> {
    let mut texts = [const { String::new() }; N];
    for (text, dimension) in texts.iter_mut().zip(dimensions) {
        *text = row.text(dimension.name)?;
    }
    Ok(texts)
}

fn log_date(row: &Row) -> Result<Day, Cause> {
    let date: NaiveDate = row.number("log_date")?;
    Day::from_ymd(date.year(), date.month(), date.day())
        .ok_or_else(|| Cause::permanent(format!("has {date} as a day, which is out of range")))
}
