//! How a file is ingested.

use std::sync::Arc;

use pipeline::{Dataset, parser};

use super::pass::OnProgress;
use crate::Table;

/// Which delivery of which message names the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What is the same at each delivery of the message, and nowhere else.
    pub message: Vec<u8>,
    /// 1, 2, 3 ...
    pub number: u32,
}

/// How to ingest a file.
#[derive(Clone)]
pub struct IngestOptions {
    /// Limits of reading, and what becomes of personal data.
    pub parser: pipeline::Options,
    /// Read the file even if a receipt up to this number covers its version. A later receipt that
    /// read or excluded the file still counts, so that a request that comes late, or twice, brings
    /// nothing back.
    pub force: Option<u32>,
    /// Which delivery of a queue message names the file. A message whose earlier deliveries killed
    /// the process, one after the other, is given up with a `failed` receipt.
    pub delivery: Option<Delivery>,
    /// Decompressed bytes of a file at most.
    pub max_bytes: u64,
    /// How often gzip may expand, beyond the first 64 MiB of text.
    pub max_ratio: u64,
    /// Where purchases go instead of into staging.
    pub table: Option<Arc<dyn Table>>,
    /// Called on the reading thread, every few MiB.
    pub progress: Option<OnProgress>,
}

impl IngestOptions {
    /// Names the rules by which a file of this dataset is ingested, and where to: a version that
    /// was ingested otherwise is ingested again.
    pub fn recipe(&self, dataset: Dataset) -> String {
        let recipe = parser::version(dataset, &self.parser);
        match self.table_of(dataset) {
            Some(table) => format!("{recipe} {}", table.recipe()),
            None => recipe,
        }
    }

    pub(super) fn table_of(&self, dataset: Dataset) -> Option<&Arc<dyn Table>> {
        self.table.as_ref().filter(|_| dataset == Dataset::UserPurchase)
    }
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            parser: pipeline::Options::default(),
            force: None,
            delivery: None,
            max_bytes: 64 << 30,
            max_ratio: 200,
            table: None,
            progress: None,
        }
    }
}
