//! Opening a file: connection settings and migrations.

use std::{
    fs,
    path::{self, Path},
    time::Duration,
};

use retry::{Again, Backoff, retry_blocking};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::error::Cause;
use crate::migrations::SQLITE as MIGRATIONS;

/// Between two tries to turn to WAL.
const PAUSE: Duration = Duration::from_millis(5);

/// Opens the warehouse in `file`, made and migrated where needed.
pub(super) fn open(file: &Path, busy_timeout: Duration) -> Result<Connection, Cause> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| {
            Cause::permanent(format!(
                "the folder of the warehouse {} cannot be made ({error}): name a file in a folder \
                 that you may write to",
                file.display()
            ))
        })?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(busy_timeout)?;
    // Before anything is changed: the file may be somebody else's.
    check(&connection.transaction()?, file)?;
    configure(&connection, busy_timeout)?;
    migrate(&mut connection, file)?;
    Ok(connection)
}

/// Whether `file`, which is not there, could be made: the nearest folder takes a file without a
/// name, which leaves nothing behind.
pub(super) fn could_be_made(file: &Path) -> bool {
    let absolute = path::absolute(file);
    let folder = absolute.iter().flat_map(|file| file.ancestors().skip(1)).find(|f| f.exists());
    folder.is_some_and(|folder| tempfile::tempfile_in(folder).is_ok())
}

/// Turns to WAL first, for which SQLite needs a new file to itself and does not wait: where another
/// process opens it at the same moment, this one tries again.
fn configure(connection: &Connection, busy_timeout: Duration) -> rusqlite::Result<()> {
    let busy = |error: &rusqlite::Error| {
        let is_busy = error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        is_busy.then_some(Again::within(busy_timeout))
    };
    retry_blocking(
        Backoff::new(PAUSE, PAUSE),
        || connection.execute_batch(sql!("connection")),
        busy,
    )
}

/// Brings the schema to the newest version. Two processes that open a new file at the same time
/// take turns: the second one finds the work done.
fn migrate(connection: &mut Connection, file: &Path) -> Result<(), Cause> {
    if version(connection)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let seen = check(&transaction, file)?;
    for migration in &MIGRATIONS[seen..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    transaction.commit()?;
    Ok(())
}

/// The number of migrations that the file has seen; an error where it is not ours to migrate.
/// Within a transaction, so that no other process migrates between the two questions.
fn check(connection: &Transaction<'_>, file: &Path) -> Result<usize, Cause> {
    let version = version(connection)?;
    let known = MIGRATIONS.len();
    if version > known {
        return Err(Cause::permanent(format!(
            "the warehouse {} has schema version {version}, this program knows {known}: use the \
             newer program that made it, or name another file",
            file.display()
        )));
    }
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if version == 0 && tables > 0 {
        return Err(Cause::permanent(format!(
            "{} is a database of another program: name another file as the warehouse",
            file.display()
        )));
    }
    Ok(version)
}

fn version(connection: &Connection) -> rusqlite::Result<usize> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    // A negative number was not written by us: greater than any version, so refused.
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}
