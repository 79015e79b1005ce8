//! Where the pages are made, and those that were made before.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use warehouse::{Warehouse, dashboard::LatestPublish};

use super::{
    answer::{Answer, Pages, names, tag},
    page,
    query::Asked,
};
use crate::reader::{Reader, Unreadable};

/// Vendors drop files once a day: with nothing new for so long, something is missing.
pub const OLD_AFTER: TimeDelta = TimeDelta::hours(26);

/// Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    reader: Reader,
    pages: Arc<Mutex<Pages>>,
}

impl Desk {
    /// Pages from what `reader` reads.
    pub fn new(reader: Reader) -> Self {
        Self { reader, pages: Arc::default() }
    }

    /// The page for a filter.
    pub async fn look(
        &self,
        asked: Asked,
        if_none_match: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<Answer, Unreadable> {
        let pages = self.pages.clone();
        let look = async move |warehouse: &mut Box<dyn Warehouse>, latest| {
            look(warehouse, &pages, &latest, &asked, if_none_match.as_deref(), now).await
        };
        let answer = self.reader.read(look).await?;
        Ok(answer.unwrap_or_else(|| Answer::passing(200, page::nothing_yet())))
    }
}

async fn look(
    warehouse: &mut Box<dyn Warehouse>,
    pages: &Mutex<Pages>,
    latest: &LatestPublish,
    asked: &Asked,
    if_none_match: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Answer, warehouse::Error> {
    let pages = || pages.lock().unwrap_or_else(PoisonError::into_inner);
    let known = tag(latest, asked, is_old(latest, now));
    if if_none_match.is_some_and(|tags| names(tags, &known)) {
        return Ok(Answer::unchanged(known));
    }
    if let Some(html) = pages().get(&known) {
        return Ok(Answer::page(known, &html));
    }
    let numbers = warehouse.dashboard(&asked.filter).await?;
    // Somebody may have published in between.
    let latest = numbers.latest.as_ref().unwrap_or(latest);
    let is_old = is_old(latest, now);
    let tag = tag(latest, asked, is_old);
    let html = page::page(&numbers, asked, is_old);
    pages().keep(&tag, &html);
    Ok(Answer::page(tag, &html))
}

fn is_old(latest: &LatestPublish, now: DateTime<Utc>) -> bool {
    let at: Result<DateTime<Utc>, _> = latest.published_at.parse();
    at.is_ok_and(|at| now - at > OLD_AFTER)
}
