//! Feeds that have stopped: the next file of each is expected in its rhythm.

use std::fmt;

use chrono::{DateTime, Utc};
use lake::{Receipt, State};
use pipeline::Dataset;
use serde::Serialize;

use crate::{
    deps::text,
    settings::{Feeds, Rhythm},
};

/// A feed whose next file is overdue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Late {
    /// Its folder within `raw`.
    pub feed: &'static str,
    /// How often it is to bring a file.
    pub rhythm: Rhythm,
    /// When its newest file was read first, UTC.
    pub arrived_at: String,
    /// Since when it is late, UTC.
    pub since: String,
}

impl Late {
    /// Whether a feed is late whose newest file arrived then. One that never had a file is not.
    pub fn find(
        feeds: &Feeds,
        dataset: Dataset,
        arrived_at: Option<&str>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let (arrived_at, rhythm) = (arrived_at?, feeds.rhythm(dataset)?);
        let since = rhythm.late_from(arrived_at.parse().ok()?);
        (since <= now).then(|| Self {
            feed: dataset.raw_folder(),
            rhythm,
            arrived_at: arrived_at.to_owned(),
            since: text(since),
        })
    }
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feed, rhythm, arrived_at, since } = self;
        write!(
            f,
            "{feed} has been late since {since}: its newest file came at {arrived_at}, and one is \
             expected every {rhythm}"
        )
    }
}

/// When the version of a receipt was read first, where that says that its vendor is there. Of one
/// that is staged again the day is known.
pub fn arrived_at(receipt: &Receipt) -> Option<String> {
    let by_hand = receipt.state == State::Forgotten && receipt.refusal.is_none();
    if by_hand || receipt.state == State::Unreadable {
        return None;
    }
    let written_at = receipt.written_at.clone();
    let day = receipt.read_on.filter(|_| receipt.restaged);
    Some(day.map_or(written_at.clone(), |day| written_at.min(format!("{day}T23:59:59Z"))))
}
