//! The warehouse of a laptop: one SQLite file, no service.
//!
//! SQLite works on the calling thread, so the futures here never wait: each is done when it is
//! first polled. Under a server, give them a thread that may block.

/// A statement, named by its file below `sql/sqlite/`.
macro_rules! sql {
    ($($file:tt)*) => {
        $crate::statements::statement!("sqlite", $($file)*)
    };
}

mod checks;
mod dashboard;
mod dimensions;
mod error;
mod facts;
mod history;
#[cfg(feature = "conformance")]
mod inspect;
mod open;
mod publication;
mod read;
mod spend;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use async_trait::async_trait;
use pipeline::{Day, dimensions::COUNT};
use rusqlite::Connection;

use crate::{
    DayCount, DayFact, Error, OwnCheck, Publication, Publish, State, Summary, Warehouse,
    dashboard::{Dashboard, Filter, LatestPublish},
};
use error::Cause;

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// A warehouse in one SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    file: PathBuf,
    busy_timeout: Duration,
    connection: Option<Connection>,
}

impl Sqlite {
    /// A warehouse in `file`, which is opened (and made, with its folder) at first use.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), busy_timeout: BUSY_TIMEOUT, connection: None }
    }

    /// Waits this long, instead of 30 s, for another process that writes.
    pub fn with_busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// Opens the warehouse in `file`, made and migrated where needed.
    ///
    /// # Errors
    /// Permanent where the file is no database, belongs to another program or to a newer version
    /// of this one, or cannot be made or written; transient where it is locked.
    pub fn open(file: &Path) -> Result<Self, Error> {
        let mut warehouse = Self::new(file);
        warehouse.run(|_| Ok(()))?;
        Ok(warehouse)
    }

    /// The file that the warehouse lies in.
    pub fn file(&self) -> &Path {
        &self.file
    }

    fn connection(&mut self) -> Result<&mut Connection, Cause> {
        // A rollback that failed, or a publication that was leaked, leaves its transaction open.
        // Closing the connection ends it.
        self.connection = self.connection.take().filter(Connection::is_autocommit);
        match &mut self.connection {
            Some(connection) => Ok(connection),
            none => Ok(none.insert(open::open(&self.file, self.busy_timeout)?)),
        }
    }

    /// Does something with the connection; errors name the file.
    fn run<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, Cause>,
    ) -> Result<T, Error> {
        self.connection().and_then(work).map_err(|cause| cause.at(&self.file))
    }
}

#[async_trait]
impl Warehouse for Sqlite {
    fn exists(&self) -> bool {
        match self.file.try_exists() {
            Ok(false) => !open::could_be_made(&self.file),
            Ok(true) | Err(_) => true,
        }
    }

    fn fingerprint(&self) -> String {
        let Ok(file) = self.file.metadata() else { return String::new() };
        let since = file.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        format!("{} {}", file.len(), since.unwrap_or_default().as_nanos())
    }

    async fn migrate(&mut self) -> Result<Vec<String>, Error> {
        // Opening it did.
        self.run(|_| Ok(Vec::new()))
    }

    async fn state(&mut self) -> Result<State, Error> {
        self.run(history::state)
    }

    async fn day_counts(
        &mut self,
        days: Option<&BTreeSet<Day>>,
    ) -> Result<BTreeMap<Day, DayCount>, Error> {
        self.run(|connection| read::day_counts(connection, days))
    }

    async fn unknown_counts(
        &mut self,
        days: &BTreeSet<Day>,
    ) -> Result<BTreeMap<Day, [u64; COUNT]>, Error> {
        self.run(|connection| read::unknown_counts(connection, days))
    }

    async fn texts(&mut self) -> Result<BTreeSet<(usize, String)>, Error> {
        self.run(|connection| Ok(read::members(connection)?.into_iter().collect()))
    }

    async fn try_checks(&mut self, checks: &[OwnCheck]) -> Result<(), Error> {
        self.run(|connection| checks::run(connection, checks, &BTreeSet::new()))
    }

    async fn facts_of_day(
        &mut self,
        day: Day,
        customer: Option<i64>,
    ) -> Result<Vec<DayFact>, Error> {
        self.run(|connection| read::facts_of_day(connection, day, customer))
    }

    async fn begin<'a>(&'a mut self, publish: Publish) -> Result<Box<dyn Publication + 'a>, Error> {
        let file = self.file.clone();
        let begun = self
            .connection()
            .and_then(|connection| publication::begin(connection, file.clone(), publish));
        match begun {
            Ok(publication) => Ok(Box::new(publication)),
            Err(cause) => Err(cause.at(&file)),
        }
    }

    async fn summary(&mut self) -> Result<Summary, Error> {
        self.run(read::summary)
    }

    async fn latest_publish(&mut self) -> Result<Option<LatestPublish>, Error> {
        self.run(|connection| Ok(history::newest(connection)?.latest_publish()))
    }

    async fn dashboard(&mut self, filter: &Filter) -> Result<Dashboard, Error> {
        self.run(|connection| dashboard::dashboard(connection, filter))
    }
}
