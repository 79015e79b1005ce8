//! The list of erased customers: what an entry says, and all of them together.

use std::collections::{BTreeSet, HashMap, HashSet};

use pipeline::logs::PiiKey;
use serde::{Deserialize, Serialize};

/// One entry of the list. Never changed and never deleted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Fingerprint of the key of its hashes.
    pub key: String,
    /// UTC, `2021-04-25T06:15:04Z`.
    pub at: String,
    /// Which try wrote it.
    pub attempt: String,
    /// Customers who are erased from here on.
    pub customers: BTreeSet<String>,
    /// Reviews whose logs are.
    pub reviews: BTreeSet<String>,
    /// Reviews that another customer has by now: their logs count again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub released: BTreeSet<String>,
    /// Paths that have to be staged again.
    pub files: BTreeSet<String>,
}

/// The list as a whole.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    pub(super) entries: u32,
    pub(super) keys: BTreeSet<String>,
    pub(super) customers: HashSet<String>,
    pub(super) reviews: HashSet<String>,
    pub(super) files: HashMap<String, u32>,
}

impl Erased {
    /// Number of entries.
    pub fn entries(&self) -> u32 {
        self.entries
    }

    /// Fingerprints of the keys that its hashes were made with.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// How many entries a receipt of this path must have heeded.
    pub fn due(&self, path: &str) -> u32 {
        self.files.get(path).copied().unwrap_or_default()
    }

    pub(super) fn add(&mut self, entry: Entry) {
        self.entries += 1;
        self.keys.insert(entry.key);
        self.customers.extend(entry.customers);
        self.reviews.retain(|review| !entry.released.contains(review));
        self.reviews.extend(entry.reviews);
        self.files.extend(entry.files.into_iter().map(|path| (path, self.entries)));
    }

    pub(super) fn has_customer(&self, keys: &[PiiKey], id: i64) -> bool {
        keys.iter().any(|key| self.customers.contains(&key.customer(id)))
    }

    pub(crate) fn has_review(&self, keys: &[PiiKey], id: i64) -> bool {
        keys.iter().any(|key| self.reviews.contains(&key.review(id)))
    }
}
