//! Where the pages are made, and those that were made before.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use lake::Lake;
use pipeline::Dataset;
use tokio::time::timeout;
use warehouse::{
    Warehouse,
    dashboard::{Dashboard, Freshness, LatestPublish},
};

use super::{
    answer::{Answer, Pages, names, tag},
    earlier,
    numbers::Wanted,
    page,
    query::Asked,
};
use crate::{
    late::Late,
    reader::{REACH_TIMEOUT, Reader, Unreadable},
    settings::Feeds,
    withdrawn::Notes,
};

/// Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    reader: Reader,
    pages: Arc<Mutex<Pages>>,
    /// Whose notes are shown, where there are any.
    lake: Option<Lake>,
    /// How often each feed is to bring a file.
    feeds: Feeds,
}

impl Desk {
    /// Pages from what `reader` reads, and from the notes about the files of a lake.
    pub fn new(reader: Reader, lake: Option<Lake>, feeds: Feeds) -> Self {
        Self { reader, pages: Arc::default(), lake, feeds }
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
        let (pages, notes, feeds) = (self.pages.clone(), self.notes().await, self.feeds);
        let lists_refused = self.lake.is_some();
        let look = async move |warehouse: &mut Box<dyn Warehouse>, latest| {
            let mut read = None;
            let known = lock(&pages).arrivals(&latest);
            let arrivals = match known {
                Some(arrivals) => arrivals,
                None => {
                    let numbers = warehouse.dashboard(&asked.filter).await?;
                    lock(&pages).note_arrivals(&latest, &numbers);
                    read.insert(numbers).freshness.clone()
                }
            };
            let state = State { late: late(&feeds, &arrivals, now), notes, lists_refused };
            look(warehouse, &pages, &latest, &asked, if_none_match.as_deref(), state, read).await
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
    /// Feeds whose next file is overdue.
    pub late: Vec<Late>,
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
    read: Option<Dashboard>,
) -> Result<Answer, warehouse::Error> {
    let known = tag(latest, asked, &state);
    if if_none_match.is_some_and(|tags| names(tags, &known)) {
        return Ok(Answer::unchanged(known));
    }
    if let Some(html) = lock(pages).get(&known) {
        return Ok(Answer::page(known, &html));
    }
    let (numbers, earlier) = earlier::read(warehouse, &asked.filter, read).await?;
    // Somebody may have published in between.
    let latest = numbers.latest.as_ref().unwrap_or(latest);
    let tag = tag(latest, asked, &state);
    let html = page::page(&numbers, earlier.as_ref(), asked, &state);
    lock(pages).keep(&tag, &html);
    Ok(Answer::page(tag, &html))
}

fn lock(pages: &Mutex<Pages>) -> MutexGuard<'_, Pages> {
    pages.lock().unwrap_or_else(PoisonError::into_inner)
}

fn late(feeds: &Feeds, freshness: &[Freshness], now: DateTime<Utc>) -> Vec<Late> {
    let late = |dataset: Dataset| {
        let of = freshness.iter().find(|of| of.dataset == dataset.name())?;
        Late::find(feeds, dataset, of.arrived_at.as_deref(), now)
    };
    Dataset::ALL.into_iter().filter_map(late).collect()
}
