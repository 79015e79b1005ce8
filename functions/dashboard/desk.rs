//! Where the numbers are read: a connection of its own, and the pages that were made of them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{runtime::Handle, sync::Mutex, time::timeout};
use warehouse::{Warehouse, dashboard::Edition};

use super::{
    answer::{Answer, Pages, names, tag},
    page,
    query::Asked,
};

/// How long who looks waits for the warehouse. A paused database takes longer to wake: it does so
/// while the page says that.
const PATIENCE: Duration = Duration::from_secs(20);

/// Vendors drop files once a day: with nothing new for so long, something is missing.
pub const OLD_AFTER: TimeDelta = TimeDelta::hours(26);

/// Cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Mutex<Inner>>);

struct Inner {
    warehouse: Box<dyn Warehouse>,
    pages: Pages,
}

/// The warehouse cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Whether trying again later is worth it.
    pub will_pass: bool,
    pub why: String,
}

impl From<warehouse::Error> for Unreadable {
    fn from(error: warehouse::Error) -> Self {
        Self { will_pass: error.is_transient(), why: error.to_string() }
    }
}

impl Desk {
    /// With a warehouse that nobody else uses. It is opened by its first use.
    pub fn new(warehouse: Box<dyn Warehouse>) -> Self {
        Self(Arc::new(Mutex::new(Inner { warehouse, pages: Pages::default() })))
    }

    /// The page for a filter.
    pub async fn look(
        &self,
        asked: Asked,
        if_none_match: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<Answer, Unreadable> {
        let desk = self.clone();
        // SQLite works on the thread that asks: let it be one that may.
        let looking = tokio::task::spawn_blocking(move || {
            Handle::current().block_on(timeout(PATIENCE, async {
                desk.0.lock().await.look(&asked, if_none_match.as_deref(), now).await
            }))
        });
        match looking.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => {
                let why = format!("the warehouse did not answer within {} s", PATIENCE.as_secs());
                Err(Unreadable { will_pass: true, why })
            }
            Err(panicked) => Err(Unreadable { will_pass: false, why: panicked.to_string() }),
        }
    }
}

impl Inner {
    async fn look(
        &mut self,
        asked: &Asked,
        if_none_match: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Answer, Unreadable> {
        let edition = if self.warehouse.exists() { self.warehouse.edition().await? } else { None };
        let Some(edition) = edition else { return Ok(Answer::passing(200, page::nothing_yet())) };
        let known = tag(&edition, asked, is_old(&edition, now));
        if if_none_match.is_some_and(|tags| names(tags, &known)) {
            return Ok(Answer::unchanged(known));
        }
        if let Some(html) = self.pages.get(&known) {
            return Ok(Answer::page(known, &html));
        }
        let numbers = self.warehouse.dashboard(&asked.filter).await?;
        // Somebody may have published in between.
        let edition = numbers.edition.as_ref().unwrap_or(&edition);
        let is_old = is_old(edition, now);
        let tag = tag(edition, asked, is_old);
        let html = page::page(&numbers, asked, is_old);
        self.pages.keep(&tag, &html);
        Ok(Answer::page(tag, &html))
    }
}

fn is_old(edition: &Edition, now: DateTime<Utc>) -> bool {
    let at: Result<DateTime<Utc>, _> = edition.published_at.parse();
    at.is_ok_and(|at| now - at > OLD_AFTER)
}
