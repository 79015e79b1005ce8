//! The warehouse for readers: a connection of its own, so that no reader waits for a publish, and
//! an error within seconds if the warehouse cannot be reached.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard, watch},
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};
use warehouse::{
    Warehouse,
    dashboard::LatestPublish,
    sqlserver::{SqlServer, Timing},
};

use crate::{deps, settings::WarehouseSetting};

/// How long a reader waits for the warehouse, or the lake, to answer. Azure SQL takes up to a
/// minute to resume; nobody watches an empty page for so long.
pub const REACH_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a reader waits for the numbers of a warehouse that is reached.
pub const QUERY_TIMEOUT: Duration = Duration::from_secs(20);

/// Seconds after which another try pays, for `Retry-After`.
pub const RETRY_AFTER: &str = "30";

/// Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct Reader {
    warehouse: Arc<Mutex<Box<dyn Warehouse>>>,
    reaching: watch::Sender<Reaching>,
}

#[derive(Clone, Default)]
struct Reaching {
    /// When the attempt under way began.
    since: Option<Instant>,
    /// Why the last attempt failed.
    failed: Option<String>,
}

/// The warehouse cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Whether trying again later is worth it.
    pub will_pass: bool,
    /// What is wrong and what to do. Names servers and files, and no secrets.
    pub why: String,
}

impl From<warehouse::Error> for Unreadable {
    fn from(error: warehouse::Error) -> Self {
        Self { will_pass: error.is_transient(), why: error.to_string() }
    }
}

impl Reader {
    /// Opens the warehouse of a setting by the first use.
    pub fn new(setting: &WarehouseSetting) -> Self {
        let warehouse: Box<dyn Warehouse> = match setting {
            WarehouseSetting::SqlServer(server) => {
                // If nothing listens, the reader gets the error at once.
                let timing = Timing { unreachable: Duration::ZERO, ..Timing::default() };
                Box::new(SqlServer::new(server.clone()).with_timing(timing))
            }
            WarehouseSetting::Sqlite(_) => deps::open(setting),
        };
        Self { warehouse: Arc::new(Mutex::new(warehouse)), reaching: watch::Sender::default() }
    }

    /// Reads from the warehouse; `None` where nothing was published yet.
    ///
    /// An attempt to connect continues when nobody waits for it any more: the next reader finds
    /// the connection open.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl AsyncFnOnce(&mut Box<dyn Warehouse>, LatestPublish) -> Result<T, warehouse::Error>
        + Send
        + 'static,
    ) -> Result<Option<T>, Unreadable> {
        let reader = self.clone();
        let reading = async move {
            let warehouse = reader.warehouse.clone().lock_owned().await;
            // SQLite blocks the thread that queries it.
            let reading = move || Handle::current().block_on(reader.reach(warehouse, query));
            spawn_blocking(reading).await.unwrap_or_else(|panicked| {
                Err(Unreadable { will_pass: false, why: panicked.to_string() })
            })
        };
        tokio::select! {
            read = reading => read,
            unreachable = self.unreachable() => Err(unreachable),
            () = sleep(QUERY_TIMEOUT) => Err(slow()),
        }
    }

    async fn reach<T>(
        &self,
        mut warehouse: OwnedMutexGuard<Box<dyn Warehouse>>,
        query: impl AsyncFnOnce(&mut Box<dyn Warehouse>, LatestPublish) -> Result<T, warehouse::Error>,
    ) -> Result<Option<T>, Unreadable> {
        let attempt = Attempt::begin(&self.reaching);
        let latest = if warehouse.exists() { warehouse.latest_publish().await } else { Ok(None) };
        attempt.end(latest.as_ref().err());
        let Some(latest) = latest? else { return Ok(None) };
        let numbers = timeout(QUERY_TIMEOUT, query(&mut warehouse, latest)).await;
        Ok(Some(numbers.map_err(|_| slow())??))
    }

    /// Returns when one attempt to reach the warehouse, of anybody, has taken too long.
    async fn unreachable(&self) -> Unreadable {
        let mut reaching = self.reaching.subscribe();
        loop {
            // Its sender is `self`: waiting for it cannot fail.
            let begun = reaching.wait_for(|now| now.since.is_some()).await;
            let since = begun.ok().and_then(|now| now.since);
            let ended = timeout(REACH_TIMEOUT, reaching.wait_for(|now| now.since != since)).await;
            if ended.is_err() {
                break;
            }
        }
        let failed = self.reaching.borrow().failed.clone();
        let why = failed.unwrap_or_else(|| {
            format!(
                "the warehouse has not answered within {} s: a paused database takes up to a \
                 minute to resume, so try again then; otherwise check server, port and firewall",
                REACH_TIMEOUT.as_secs()
            )
        });
        Unreadable { will_pass: true, why }
    }
}

fn slow() -> Unreadable {
    let why = format!("the warehouse did not answer within {} s", QUERY_TIMEOUT.as_secs());
    Unreadable { will_pass: true, why }
}

/// An attempt to reach the warehouse; it ends with its drop, whatever happens in it.
struct Attempt<'a>(&'a watch::Sender<Reaching>);

impl<'a> Attempt<'a> {
    fn begin(reaching: &'a watch::Sender<Reaching>) -> Self {
        reaching.send_modify(|now| now.since = Some(Instant::now()));
        Self(reaching)
    }

    fn end(self, failed: Option<&warehouse::Error>) {
        self.0.send_modify(|now| now.failed = failed.map(ToString::to_string));
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|now| now.since = None);
    }
}
