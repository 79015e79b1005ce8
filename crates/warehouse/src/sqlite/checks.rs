//! Checks of one's own: each may read everything, change nothing, and take a while.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use pipeline::Day;
use rusqlite::{
    Connection, ErrorCode,
    hooks::{AuthAction, AuthContext, Authorization},
};

use super::error::Cause;
use crate::{
    OwnCheck,
    checks::{Judged, TIME_LIMIT},
};

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 100_000;

/// Runs all checks over these days.
pub(super) fn run(
    connection: &mut Connection,
    checks: &[OwnCheck],
    days: &BTreeSet<Day>,
) -> Result<(), Cause> {
    run_within(TIME_LIMIT, connection, checks, days)
}

fn run_within(
    limit: Duration,
    connection: &mut Connection,
    checks: &[OwnCheck],
    days: &BTreeSet<Day>,
) -> Result<(), Cause> {
    if checks.is_empty() {
        return Ok(());
    }
    let mut judged = Judged::new(days);
    let wanted = judged.wanted().map_err(|error| Cause::permanent(error.to_string()))?;
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Function { .. }
        | AuthAction::Recursive => Authorization::Allow,
        _ => Authorization::Deny,
    }))?;
    let ran = checks.iter().try_for_each(|check| {
        let began = Instant::now();
        connection.progress_handler(STEPS, Some(move || began.elapsed() > limit))?;
        let found = found(connection, check, &wanted).map_err(|error| cause(check, error))?;
        judged.add(check, found);
        Ok(())
    });
    connection.progress_handler(0, None::<fn() -> bool>)?;
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    ran.and_then(|()| Ok(judged.end()?))
}

fn found(
    connection: &Connection,
    check: &OwnCheck,
    wanted: &str,
) -> rusqlite::Result<Vec<(Option<String>, u64)>> {
    let candidate = sql!("checks/candidate", all);
    let columns = connection.prepare(&check.statement(candidate, sql!("checks/columns")))?;
    let has_day = columns.column_names().any(|name| name.eq_ignore_ascii_case("log_date"));
    let rows = if has_day { sql!("checks/rows_by_day") } else { sql!("checks/rows") };
    let mut rows = connection.prepare(&check.statement(candidate, rows))?;
    let found = rows.query_map([wanted], |row| {
        let rows: i64 = row.get(1)?;
        Ok((row.get(0)?, rows.unsigned_abs()))
    })?;
    found.collect()
}

/// What is not the fault of the check stays an error of the warehouse.
fn cause(check: &OwnCheck, error: rusqlite::Error) -> Cause {
    match (error.sqlite_error_code(), error) {
        (Some(ErrorCode::OperationInterrupted), _) => check.too_slow().into(),
        (
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::SystemIoFailure,
            ),
            error,
        ) => error.into(),
        // Without the statement, of which the check is a part.
        (_, rusqlite::Error::SqlInputError { msg, .. }) => check.broken(msg).into(),
        (_, error) => check.broken(error).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, sqlite::open::open};

    #[test]
    fn a_check_without_an_end_is_stopped_and_the_connection_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let Ok(mut connection) = open(&folder.path().join("w.db"), Duration::ZERO) else {
            panic!("no warehouse")
        };
        let endless = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n)\n\
                       SELECT n FROM n WHERE n < 0";
        let endless = [OwnCheck::new("endless.sql", endless).unwrap()];
        let limit = Duration::from_millis(5);
        let Err(Cause::Known(Error::BrokenCheck(why))) =
            run_within(limit, &mut connection, &endless, &BTreeSet::new())
        else {
            panic!("it ended")
        };
        assert!(why.contains("`endless.sql`") && why.contains("takes longer than"), "{why}");
        // Neither the clock nor the rights of checks concern what comes after.
        connection.execute_batch("DELETE FROM customer_spend").unwrap();
    }
}
