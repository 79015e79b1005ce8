//! A connection with what this program needs of it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use serde::Serialize;
use tiberius::{
    ColumnData, FromSql, Row, ToSql, TokenRow, error::Error as SqlError, numeric::Numeric,
};

use super::{connect::Connection, error::Cause, schemas::Schemas, sent::Counters};

/// A connection that is signed in.
///
/// It belongs to the one future that works with it. If that future is dropped, panics or
/// times out half way through an answer, the connection is dropped: the server rolls back and
/// frees locks, and the next work opens another.
///
/// Statements are `'static`: texts of the program itself, never made of data while it runs. Only
/// names of schemas are put in, see [`Schemas`]. Checks of one's own alone bring texts: see
/// [`OwnCheck`](crate::OwnCheck).
pub(super) struct Session {
    connection: Connection,
    schemas: Arc<Schemas>,
    counters: Arc<Counters>,
    has_staging: bool,
}

/// Rows of a table with `N` columns.
pub(super) type Rows<'a, const N: usize> =
    Box<dyn Iterator<Item = [ColumnData<'static>; N]> + Send + 'a>;

/// A value that a statement may be given. None of them is ever NULL: tiberius sends an absent text
/// without its type, and not every server takes that. So no `Option` must become one of them.
pub(super) trait Parameter: ToSql {}

impl Parameter for i32 {}
impl Parameter for i64 {}
impl Parameter for &str {}
impl Parameter for String {}

/// The values as the driver takes them.
fn bind<'a>(parameters: &[&'a dyn Parameter]) -> Vec<&'a dyn ToSql> {
    parameters.iter().map(|&parameter| parameter as &dyn ToSql).collect()
}

impl Session {
    pub(super) async fn new(
        connection: Connection,
        schemas: Arc<Schemas>,
        counters: Arc<Counters>,
    ) -> Result<Self, Cause> {
        let mut session = Self { connection, schemas, counters, has_staging: false };
        session.batch(sql!("session/options")).await?;
        Ok(session)
    }

    pub(super) fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// Runs statements without parameters, and returns the rows of the first that has any. What
    /// they make, temporary tables too, stays.
    pub(super) async fn batch(&mut self, statements: &'static str) -> Result<Vec<Row>, Cause> {
        self.batches(&[statements]).await
    }

    async fn batches(&mut self, statements: &[&'static str]) -> Result<Vec<Row>, Cause> {
        let failed = |error| Cause::of_one(error, statements);
        let text = self.schemas.of(&statements.concat());
        let answer = self.connection.simple_query(text).await.map_err(failed)?;
        let results = answer.into_results().await.map_err(failed)?;
        Ok(results.into_iter().find(|rows| !rows.is_empty()).unwrap_or_default())
    }

    /// Runs a statement, and returns the number of rows that it changed.
    pub(super) async fn execute(
        &mut self,
        statement: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<u64, Cause> {
        let text = self.schemas.of(statement);
        let done = self.connection.execute(text, &bind(parameters)).await;
        let done = done.map_err(|error| Cause::Sql(error, statement))?;
        Ok(done.rows_affected().first().copied().unwrap_or(0))
    }

    /// Rows of a statement.
    pub(super) async fn query(
        &mut self,
        statement: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Row>, Cause> {
        let failed = |error| Cause::Sql(error, statement);
        let text = self.schemas.of(statement);
        let rows = self.connection.query(text, &bind(parameters)).await.map_err(failed)?;
        rows.into_first_result().await.map_err(failed)
    }

    /// Names of the columns, and the rows, of a check's statement.
    pub(super) async fn check(
        &mut self,
        statement: &str,
        wanted: &str,
    ) -> Result<(Vec<String>, Vec<Row>), SqlError> {
        let text = self.schemas.of(statement);
        let mut answer = self.connection.query(text, &[&wanted]).await?;
        let columns = answer.columns().await?.unwrap_or_default();
        let columns = columns.iter().map(|column| column.name().to_owned()).collect();
        Ok((columns, answer.into_first_result().await?))
    }

    /// Runs statements one after the other in one round trip, with parameters that they share, and
    /// returns the rows of each that has rows to give.
    pub(super) async fn query_all(
        &mut self,
        statements: &[&'static str],
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Vec<Row>>, Cause> {
        let failed = |error| Cause::of_one(error, statements);
        let text = self.schemas.of(&statements.concat());
        let answer = self.connection.query(text, &bind(parameters)).await.map_err(failed)?;
        answer.into_results().await.map_err(failed)
    }

    pub(super) async fn begin(&mut self) -> Result<(), Cause> {
        Ok(self.connection.begin_transaction().await?)
    }

    pub(super) async fn commit(&mut self) -> Result<(), Cause> {
        Ok(self.connection.commit_transaction().await?)
    }

    /// Ends what an error may have left open.
    pub(super) async fn roll_back(&mut self) -> Result<(), Cause> {
        self.batch(sql!("session/roll_back")).await.map(drop)
    }

    /// Loads rows, each in the order of the columns, into a temporary table, all in one stream.
    pub(super) async fn bulk<const N: usize>(
        &mut self,
        table: &'static str,
        rows: Rows<'_, N>,
    ) -> Result<u64, Cause> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(0);
        }
        let failed = |error| Cause::Sql(error, table);
        let mut load = self.connection.bulk_insert(table).await.map_err(failed)?;
        let mut sent = 0;
        for values in rows {
            let mut row = TokenRow::with_capacity(N);
            values.into_iter().for_each(|value| row.push(value));
            load.send(row).await.map_err(failed)?;
            sent += 1;
        }
        load.finalize().await.map_err(failed)?;
        self.counters.rows(sent);
        Ok(sent)
    }

    /// Makes the temporary tables of a publish, or empties those of an earlier one, and returns
    /// the rows of a statement that follows.
    pub(super) async fn stage(&mut self, then: &'static str) -> Result<Vec<Row>, Cause> {
        let stage =
            if self.has_staging { sql!("staging/clear") } else { sql!("staging/make", all) };
        let rows = self.batches(&[stage, then]).await?;
        self.has_staging = true;
        Ok(rows)
    }

    /// Counts rows that were sent in a parameter.
    pub(super) fn count_rows(&self, rows: u64) {
        self.counters.rows(rows);
    }
}

/// Rows as the text of a JSON array.
pub(super) fn json<T: Serialize>(rows: &[T]) -> Result<String, Cause> {
    serde_json::to_string(rows)
        .map_err(|error| Cause::permanent(format!("cannot be sent a row ({error})")))
}

/// Does the work; a panic in it is an error.
pub(super) async fn settle<T>(work: impl Future<Output = Result<T, Cause>>) -> Result<T, Cause> {
    // The session may be inconsistent, so it is dropped after any such error.
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(Cause::panicked()))
}

/// Values of a row by their names; another type, or none, is an error and no panic.
pub(super) trait Values {
    fn value<'a, T: FromSql<'a>>(&'a self, column: &str) -> Result<Option<T>, Cause>;

    fn number<'a, T: FromSql<'a>>(&'a self, column: &str) -> Result<T, Cause> {
        self.value(column)?.ok_or_else(|| Cause::permanent(format!("has no {column} in a row")))
    }

    fn text(&self, column: &str) -> Result<String, Cause> {
        self.number::<&str>(column).map(str::to_owned)
    }

    /// Counts are never negative; a table edited by hand shows 0.
    fn count(&self, column: &str) -> Result<u64, Cause> {
        Ok(self.number::<i64>(column)?.try_into().unwrap_or_default())
    }

    /// Money in 1/100,000, whatever scale the server shows it with.
    fn e5(&self, column: &str) -> Result<i128, Cause> {
        let amount: Numeric = self.number(column)?;
        match amount.scale() {
            scale @ 0..=5 => Ok(amount.value() * 10_i128.pow(5 - u32::from(scale))),
            scale => {
                let divisor = 10_i128.pow(u32::from(scale) - 5);
                let is_whole = amount.value() % divisor == 0;
                is_whole.then(|| amount.value() / divisor).ok_or_else(|| {
                    Cause::permanent(format!("shows {column} with more than five decimals"))
                })
            }
        }
    }
}

impl Values for Row {
    fn value<'a, T: FromSql<'a>>(&'a self, column: &str) -> Result<Option<T>, Cause> {
        Ok(self.try_get(column)?)
    }
}
