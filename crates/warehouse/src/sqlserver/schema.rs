//! The history of the schemas.

use super::{
    error::Cause,
    session::{Session, Values},
};
use crate::migrations::SQLSERVER as MIGRATIONS;

/// Taken to change schemas of a database: two migrations at the same time, even of different
/// schemas, meet in the catalogs of some servers.
const MIGRATION_LOCK: &str = "movie-analytics migrate";

/// How long one who migrates waits for another.
const LOCK_TIMEOUT_MS: i32 = 120_000;

/// An error where the schema is not the one that this program knows.
pub(super) async fn check(session: &mut Session) -> Result<(), Cause> {
    let version = version(session).await?;
    let known = MIGRATIONS.len();
    if version == known {
        return Ok(());
    }
    let ops = session.schemas().ops().to_owned();
    Err(match version {
        0 => Cause::permanent(format!(
            "has no table {ops}.schema_version that this login may see: start `movie-analytics \
             warehouse migrate` as one who may make tables, and run roles.sql for the app"
        )),
        older if older < known => Cause::permanent(format!(
            "has schema version {older}, this program needs {known}: start `movie-analytics \
             warehouse migrate` as one who may make tables"
        )),
        newer => Cause::permanent(format!(
            "has schema version {newer}, this program knows {known}: use the newer program"
        )),
    })
}

/// Brings the schema to the newest version, and returns the names of what that took.
///
/// No transaction holds it together: each statement looks first whether its work is done, so
/// a migration that was interrupted is started again.
pub(super) async fn migrate(session: &mut Session) -> Result<Vec<String>, Cause> {
    lock(session).await?;
    let seen = version(session).await?;
    let mut done = Vec::new();
    for (name, migration) in MIGRATIONS.iter().skip(seen) {
        for batch in batches(migration) {
            session.batch(batch).await?;
        }
        done.push((*name).to_owned());
    }
    check(session).await?;
    Ok(done)
}

/// Keeps others from changing schemas until the session ends.
async fn lock(session: &mut Session) -> Result<(), Cause> {
    let statement = sql!("session/lock_session");
    let rows = session.query(statement, &[&MIGRATION_LOCK, &LOCK_TIMEOUT_MS]).await?;
    match rows.first().map_or(Ok(-999), |row| row.number::<i32>("granted"))? {
        0.. => Ok(()),
        _ => Err(Cause::transient("is being migrated by another program: try again later")),
    }
}

async fn version(session: &mut Session) -> Result<usize, Cause> {
    let rows = session.batch(sql!("session/version")).await?;
    let version: i32 = rows.first().map(|row| row.number("version")).transpose()?.unwrap_or(0);
    // A negative number was not written by us: greater than any version, so refused.
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

/// What stands between lines of `GO`.
fn batches(script: &'static str) -> impl Iterator<Item = &'static str> {
    script.split("\nGO\n").filter(|batch| !batch.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_and_record_their_number() {
        for (number, (name, migration)) in (1..).zip(MIGRATIONS) {
            assert!(name.starts_with(&format!("{number:03}_")), "{name}");
            let last = batches(migration).last().unwrap();
            assert!(last.contains(&format!("VALUES ({number}, N'{}'", &name[4..])), "{last}");
            assert!(last.contains(&format!("WHERE version = {number})")), "{last}");
        }
    }
}
