//! Where the pages are made, and those that were made before.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use lake::Lake;
use tokio::time::timeout;
use warehouse::{Warehouse, dashboard::LatestPublish};

use super::{
    answer::{Answer, Pages, names, tag},
    earlier,
    numbers::Wanted,
    page,
    query::Asked,
};
use crate::{
    reader::{REACH_TIMEOUT, Reader, Unreadable},
    withdrawn::Notes,
};

/// Vendors drop files once a day: with nothing new for so long, something is missing.
pub const OLD_AFTER: TimeDelta = TimeDelta::hours(26);

/// Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    reader: Reader,
    pages: Arc<Mutex<Pages>>,
    /// Whose notes are shown, where there are any.
    lake: Option<Lake>,
}

impl Desk {
    /// Pages from what `reader` reads, and from the notes about the files of a lake.
    pub fn new(reader: Reader, lake: Option<Lake>) -> Self {
        Self { reader, pages: Arc::default(), lake }
    }

    /// None where the lake does not answer: the numbers do without.
    async fn notes(&self) -> Notes {
        let Some(lake) = &self.lake else { return Notes::default() };
        timeout(REACH_TIMEOUT, Notes::read(lake)).await.unwrap_or_default()
    }

    /// The page for a filter.
    pub async fn look(
        &self,
        asked: Asked,
        if_none_match: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<Answer, Unreadable> {
        let (pages, notes) = (self.pages.clone(), self.notes().await);
        let lists_refused = self.lake.is_some();
        let look = async move |warehouse: &mut Box<dyn Warehouse>, latest| {
            let state = State { is_old: is_old(&latest, now), notes, lists_refused };
            look(warehouse, &pages, &latest, &asked, if_none_match.as_deref(), state).await
        };
        let answer = self.reader.read(look).await?;
        Ok(answer.unwrap_or_else(|| Answer::passing(200, page::nothing_yet())))
    }
}

impl Desk {
    /// The numbers of one chart for a filter; none before the first publish.
    pub async fn numbers(&self, asked: Asked, wanted: Wanted) -> Result<Answer, Unreadable> {
        let look = async move |warehouse: &mut Box<dyn Warehouse>, _| {
            warehouse.dashboard(&asked.filter).await
        };
        let numbers = self.reader.read(look).await?.unwrap_or_default();
        Ok(Answer::data(200, wanted.format.content_type(), wanted.body(&numbers)))
    }
}

/// What else is told beside the numbers.
#[derive(Debug, Default)]
pub struct State {
    /// Nothing was published lately.
    pub is_old: bool,
    /// What is wrong with the files.
    pub notes: Notes,
    /// There is a lake whose refused rows can be listed.
    pub lists_refused: bool,
}

async fn look(
    warehouse: &mut Box<dyn Warehouse>,
    pages: &Mutex<Pages>,
    latest: &LatestPublish,
    asked: &Asked,
    if_none_match: Option<&str>,
    state: State,
) -> Result<Answer, warehouse::Error> {
    let pages = || pages.lock().unwrap_or_else(PoisonError::into_inner);
    let known = tag(latest, asked, &state);
    if if_none_match.is_some_and(|tags| names(tags, &known)) {
        return Ok(Answer::unchanged(known));
    }
    if let Some(html) = pages().get(&known) {
        return Ok(Answer::page(known, &html));
    }
    let (numbers, earlier) = earlier::read(warehouse, &asked.filter).await?;
    // Somebody may have published in between.
    let latest = numbers.latest.as_ref().unwrap_or(latest);
    let tag = tag(latest, asked, &state);
    let html = page::page(&numbers, earlier.as_ref(), asked, &state);
    pages().keep(&tag, &html);
    Ok(Answer::page(tag, &html))
}

fn is_old(latest: &LatestPublish, now: DateTime<Utc>) -> bool {
    let at: Result<DateTime<Utc>, _> = latest.published_at.parse();
    at.is_ok_and(|at| now - at > OLD_AFTER)
}
