//! What the lake has that the warehouse has not absorbed yet.

use std::collections::BTreeMap;

use anyhow::Context;
use engine::{Change, Changed, Live};
use lake::{Lake, Listing, Receipt};
use pipeline::Dataset;
use warehouse::State;

/// The live files as they are now, and how they differ from what was published.
#[derive(Default)]
pub struct News {
    pub live: Live,
    pub change: Change,
    /// Receipts that the warehouse has not seen.
    pub receipts: Vec<Receipt>,
    /// The live receipt of each changed path.
    pub live_numbers: BTreeMap<String, Option<u32>>,
}

/// Reads the receipts that are newer than those absorbed, and nothing else.
pub async fn news(
    lake: &Lake,
    listings: &[(Dataset, Listing)],
    state: &State,
) -> anyhow::Result<News> {
    let mut news = News::default();
    let listed = |path: &str| listings.iter().find_map(|(_, listing)| listing.newest.get(path));
    for (path, absorbed) in &state.paths {
        anyhow::ensure!(
            listed(path).is_some_and(|newest| *newest >= absorbed.newest),
            "the warehouse has absorbed receipt {} of `{path}`, which this lake does not have: \
             check that LAKE and WAREHOUSE belong together",
            absorbed.newest
        );
    }
    for (dataset, listing) in listings {
        for (path, newest) in &listing.newest {
            let absorbed = state.paths.get(path);
            let before = absorbed.and_then(|absorbed| absorbed.live.clone());
            let mut after = before.clone();
            for number in absorbed.map_or(0, |absorbed| absorbed.newest) + 1..=*newest {
                let receipt = lake
                    .receipt(*dataset, path, number)
                    .await
                    .with_context(|| format!("receipt {number} of `{path}`"))?;
                match receipt.state {
                    lake::State::Accepted => after = Some(receipt.clone()),
                    lake::State::Forgotten => after = None,
                    lake::State::Rejected | lake::State::Failed | lake::State::Unchanged => {}
                }
                news.receipts.push(receipt);
            }
            if before != after {
                news.live_numbers
                    .insert(path.clone(), after.as_ref().map(|receipt| receipt.number));
                news.change.of_mut(*dataset).push(Changed { before, after: after.clone() });
            }
            news.live.of_mut(*dataset).extend(after);
        }
    }
    Ok(news)
}

/// Everything that is live, as if nothing had been published: a new fact recipe.
pub fn from_scratch(live: &Live) -> Change {
    let all = |receipts: &[Receipt]| {
        receipts.iter().map(|r| Changed { before: None, after: Some(r.clone()) }).collect()
    };
    Change { reviews: all(&live.reviews), logs: all(&live.logs), purchases: all(&live.purchases) }
}
