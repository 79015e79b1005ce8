//! What warehouses have absorbed, as their markers say: `staging/_published/<warehouse>.json`.

use object_store::path::Path;
use pipeline::Dataset;

use crate::{Error, Lake, Listing, paths};

/// Begins the marker of each warehouse, and no other one.
const WORD: &str = "receipts";

/// What a publish has seen, for the beginning of its marker: the receipts of each dataset. Without
/// any listing it is what a warehouse has seen that is new.
pub fn seen(listings: &[(Dataset, Listing)]) -> String {
    let hashes = listings.iter().map(|(_, listing)| listing.hash());
    hashes.fold(WORD.to_owned(), |seen, hash| seen + " " + &hash)
}

impl Lake {
    /// Whether there is a warehouse, and each has absorbed all receipts of a listing: then nobody
    /// begins to read what these replace.
    pub(crate) async fn is_absorbed(&self, listing: &Listing) -> Result<bool, Error> {
        let (hash, mut warehouses) = (listing.hash(), 0);
        for meta in self.list(self.staging(), "staging", Some(paths::MARKERS)).await? {
            let Some(name) = name(&meta.location) else { continue };
            let marker = self.get_marker(name).await?.unwrap_or_default();
            let marker = String::from_utf8_lossy(&marker);
            let mut words = marker.split_ascii_whitespace();
            if words.next() == Some(WORD) {
                warehouses += 1;
                if !words.any(|word| word == hash) {
                    return Ok(false);
                }
            }
        }
        Ok(warehouses > 0)
    }
}

/// The name of a marker, as [`Lake::get_marker`] takes it.
fn name(marker: &Path) -> Option<&str> {
    let name = marker.as_ref().strip_prefix(paths::MARKERS)?.strip_prefix('/')?;
    name.strip_suffix(".json").filter(|name| !name.contains('/'))
}
