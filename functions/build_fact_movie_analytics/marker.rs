//! The marker that lets a run with nothing new stop before the warehouse is woken.

use lake::{Lake, Listing};
use pipeline::{Dataset, facts::RECIPE};

/// What a publish has seen: all receipts and the rules for facts.
pub fn seen(listings: &[(Dataset, Listing)]) -> String {
    let hashes: Vec<String> = listings.iter().map(|(_, listing)| listing.hash()).collect();
    format!("{RECIPE} {}", hashes.join(" "))
}

pub async fn is(lake: &Lake, name: &str, seen: &str) -> Result<bool, lake::Error> {
    Ok(lake.get_marker(name).await?.is_some_and(|marker| marker == seen.as_bytes()))
}

pub async fn set(lake: &Lake, name: &str, seen: String) -> Result<(), lake::Error> {
    lake.put_marker(name, seen.into_bytes().into()).await
}
