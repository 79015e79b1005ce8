//! Checks of one's own: each stands in the parentheses of a query, which changes nothing.

use std::collections::BTreeSet;

use pipeline::Day;
use tiberius::error::Error as SqlError;
use tokio::time::timeout;

use super::{
    error::{Cause, Kind},
    session::{Session, Values},
};
use crate::{
    OwnCheck,
    checks::{Judged, TIME_LIMIT},
};

/// Errors whose text names objects and syntax alone. Others may quote values of rows.
const OF_SYNTAX: [u32; 16] =
    [102, 105, 156, 170, 195, 207, 208, 209, 229, 1033, 4104, 4145, 8120, 8127, 8155, 8156];

/// Runs all checks over these days.
pub(super) async fn run(
    session: &mut Session,
    checks: &[OwnCheck],
    days: &BTreeSet<Day>,
) -> Result<(), Cause> {
    if checks.is_empty() {
        return Ok(());
    }
    let mut judged = Judged::new(days);
    let wanted = judged.wanted().map_err(|error| Cause::permanent(error.to_string()))?;
    for check in checks {
        let found = timeout(TIME_LIMIT, found(session, check, &wanted)).await;
        judged.add(check, found.unwrap_or_else(|_| Err(check.too_slow().into()))?);
    }
    Ok(judged.end()?)
}

async fn found(
    session: &mut Session,
    check: &OwnCheck,
    wanted: &str,
) -> Result<Vec<(Option<String>, u64)>, Cause> {
    let failed = |error| cause(check, error);
    let candidate = sql!("checks/candidate", all);
    let columns = check.statement(candidate, sql!("checks/columns"));
    let (columns, _) = session.check(&columns, wanted).await.map_err(failed)?;
    let has_day = columns.iter().any(|name| name.eq_ignore_ascii_case("log_date"));
    let rows = if has_day { sql!("checks/rows_by_day") } else { sql!("checks/rows") };
    let (_, rows) =
        session.check(&check.statement(candidate, rows), wanted).await.map_err(failed)?;
    let found = rows.iter().map(|row| {
        let day = row.value::<&str>("log_date")?.map(str::to_owned);
        Ok((day, row.count("row_count")?))
    });
    found.collect()
}

/// What is not the fault of the check stays an error of the warehouse.
fn cause(check: &OwnCheck, error: SqlError) -> Cause {
    match &error {
        SqlError::Server(said) if Cause::Sql(error.clone(), "").kind() == Kind::Permanent => {
            let (code, said) = (said.code(), said.message().trim_end_matches('.'));
            match OF_SYNTAX.contains(&code) {
                true => check.broken(format_args!("error {code}: {said}")).into(),
                false => check.broken(format_args!("error {code}")).into(),
            }
        }
        _ => Cause::Sql(error, ""),
    }
}
