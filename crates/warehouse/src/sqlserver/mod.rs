//! The warehouse in production: Azure SQL, or any SQL Server.
//!
//! A publish loads its rows by bulk into temporary tables of its own connection, and then moves
//! them in one short transaction under an application lock. Statements are files under
//! `sql/sqlserver/`; values reach them as parameters, as bulk rows or as JSON in a parameter.
//!
//! `docs/SQL_SERVER.md` says on which servers it ran, and how.

/// A statement, named by its file below `sql/sqlserver/`.
macro_rules! sql {
    ($($file:tt)*) => {
        $crate::statements::statement!("sqlserver", $($file)*)
    };
}

mod checks;
mod connect;
mod dashboard;
mod error;
mod history;
#[cfg(feature = "conformance")]
mod inspect;
mod publication;
mod read;
mod rows;
mod schema;
mod schemas;
mod sent;
mod session;
mod setting;
mod spend;
mod staging;

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use async_trait::async_trait;
use identity::TokenSource;
use pipeline::{Day, dimensions::COUNT};
use retry::retry;
use tokio::runtime::Handle;

use crate::{
    DayCount, DayFact, Error, OwnCheck, Publication, Publish, State, Summary, Warehouse,
    dashboard::{Dashboard, Filter, LatestPublish},
};
use connect::Connector;
use error::{Cause, Kind};
use publication::SqlServerPublication;
use sent::Counters;
use session::{Session, settle};

pub use connect::Timing;
pub use identity::{NoToken, Tokens};
pub use schemas::Schemas;
pub use sent::Sent;
pub use setting::{HELP, Server, WrongServer};

/// A connection between two pieces of work.
#[derive(Default)]
struct Idle {
    session: Option<Session>,
    /// Grows with each session that is put here.
    generation: u64,
}

/// A warehouse in a SQL Server database.
pub struct SqlServer {
    connector: Connector,
    schemas: Arc<Schemas>,
    idle: Arc<Mutex<Idle>>,
}

type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, Cause>> + Send + 'a>>;

impl SqlServer {
    /// A warehouse that is connected to at first use.
    pub fn new(server: Server) -> Self {
        let counters = Arc::new(Counters::default());
        Self {
            connector: Connector {
                server,
                timing: Timing::default(),
                counters,
                tokens: TokenSource::new(connect::SCOPE),
                has_worked: AtomicBool::new(false),
            },
            schemas: Arc::default(),
            idle: Arc::default(),
        }
    }

    /// In other schemas than `dw` and `ops`.
    pub fn with_schemas(mut self, schemas: Schemas) -> Self {
        self.schemas = Arc::new(schemas);
        self
    }

    /// With other times to wait.
    pub fn with_timing(mut self, timing: Timing) -> Self {
        self.connector.timing = timing;
        self
    }

    /// Signs in with tokens from elsewhere than the managed identity.
    pub fn with_tokens(mut self, tokens: Arc<dyn Tokens>) -> Self {
        self.connector.tokens = self.connector.tokens.given(tokens);
        self
    }

    fn timing(&self) -> Timing {
        self.connector.timing
    }

    /// Names the database in a sentence.
    fn place(&self) -> String {
        let Server { database, host, port, .. } = &self.connector.server;
        format!("the database {database} on {host}:{port}")
    }

    /// The idle session, or a new one on a schema that fits.
    async fn session(&self) -> Result<Session, Cause> {
        if let Some(session) = self.lock_idle().session.take() {
            return Ok(session);
        }
        let mut session = self.open().await?;
        schema::check(&mut session).await?;
        Ok(session)
    }

    async fn open(&self) -> Result<Session, Cause> {
        let connection = self.connector.connect().await?;
        let (schemas, counters) = (self.schemas.clone(), self.connector.counters.clone());
        Session::new(connection, schemas, counters).await
    }

    /// Keeps a session for the next work, for a while.
    fn keep(&self, session: Session) {
        // Without a runtime nobody could close it later.
        let Ok(runtime) = Handle::try_current() else { return };
        let generation = {
            let mut idle = self.lock_idle();
            idle.session = Some(session);
            idle.generation += 1;
            idle.generation
        };
        let (idle, after) = (Arc::downgrade(&self.idle), self.timing().idle);
        runtime.spawn(async move {
            tokio::time::sleep(after).await;
            let Some(idle) = idle.upgrade() else { return };
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.generation == generation {
                idle.session = None;
            }
        });
    }

    fn lock_idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on a session, again and again until the deadline where the connection breaks or the
    /// database is busy.
    async fn work<T>(
        &self,
        work: impl for<'s> Fn(&'s mut Session) -> Work<'s, T> + Send + Sync,
    ) -> Result<(T, Session), Error> {
        let (timing, place) = (self.timing(), self.place());
        let attempt = || async {
            let mut session = match settle(self.session()).await {
                Ok(session) => session,
                // What connecting may wait for, it has waited for.
                Err(cause) => return Ok(Err(cause)),
            };
            match settle(work(&mut session)).await {
                Ok(done) => Ok(Ok((done, session))),
                Err(cause) => {
                    if cause.kind() != Kind::Passing && cause.leaves_connection() {
                        self.keep(session);
                    }
                    Err(cause)
                }
            }
        };
        let worked = retry(timing.backoff(), attempt, |cause| timing.again(cause)).await;
        worked.flatten().map_err(|cause| cause.given_up(&place))
    }

    async fn read<T>(
        &self,
        read: impl for<'s> Fn(&'s mut Session) -> Work<'s, T> + Send + Sync,
    ) -> Result<T, Error> {
        let (found, session) = self.work(read).await?;
        self.keep(session);
        Ok(found)
    }
}

#[async_trait]
impl Warehouse for SqlServer {
    fn sent(&self) -> Option<Sent> {
        Some(self.connector.counters.sent())
    }

    async fn migrate(&mut self) -> Result<Vec<String>, Error> {
        // On a connection of its own: the lock is held until it is closed.
        let migrated = settle(async {
            let mut session = self.open().await?;
            schema::migrate(&mut session).await
        });
        let migrated = migrated.await;
        migrated.map_err(|cause| cause.given_up(&self.place()))
    }

    async fn state(&mut self) -> Result<State, Error> {
        self.read(|session| Box::pin(history::state(session))).await
    }

    async fn day_counts(
        &mut self,
        days: Option<&BTreeSet<Day>>,
    ) -> Result<BTreeMap<Day, DayCount>, Error> {
        let days = days.map(read::wanted).transpose().map_err(|cause| cause.at(&self.place()))?;
        self.read(|session| {
            let days = days.clone();
            Box::pin(async move { read::day_counts(session, days.as_deref()).await })
        })
        .await
    }

    async fn unknown_counts(
        &mut self,
        days: &BTreeSet<Day>,
    ) -> Result<BTreeMap<Day, [u64; COUNT]>, Error> {
        let days = read::wanted(days).map_err(|cause| cause.at(&self.place()))?;
        self.read(|session| {
            let days = days.clone();
            Box::pin(async move { read::unknown_counts(session, &days).await })
        })
        .await
    }

    async fn texts(&mut self) -> Result<BTreeSet<(usize, String)>, Error> {
        let members = self.read(|session| Box::pin(read::members(session))).await?;
        Ok(members.into_iter().collect())
    }

    async fn try_checks(&mut self, checks: &[OwnCheck]) -> Result<(), Error> {
        self.read(|session| {
            let checks = checks.to_vec();
            Box::pin(async move { checks::run(session, &checks, &BTreeSet::new()).await })
        })
        .await
    }

    async fn facts_of_day(
        &mut self,
        day: Day,
        customer: Option<i64>,
    ) -> Result<Vec<DayFact>, Error> {
        self.read(|session| Box::pin(read::facts_of_day(session, day, customer))).await
    }

    async fn begin<'a>(&'a mut self, publish: Publish) -> Result<Box<dyn Publication + 'a>, Error> {
        let before = self.connector.counters.sent();
        let publish = Arc::new(publish);
        let prepared = self.work(|session| {
            let publish = publish.clone();
            Box::pin(async move { publication::prepare(session, &publish).await })
        });
        let (held, session) = prepared.await?;
        Ok(Box::new(SqlServerPublication::new(self, session, publish, held, before)))
    }

    async fn summary(&mut self) -> Result<Summary, Error> {
        self.read(|session| Box::pin(read::summary(session))).await
    }

    async fn latest_publish(&mut self) -> Result<Option<LatestPublish>, Error> {
        self.read(|session| Box::pin(dashboard::latest_publish(session))).await
    }

    async fn dashboard(&mut self, filter: &Filter) -> Result<Dashboard, Error> {
        self.read(|session| {
            let filter = filter.clone();
            Box::pin(async move { dashboard::dashboard(session, &filter).await })
        })
        .await
    }
}
