//! Purchases may go to a table of their own, that of an operational database, instead of into
//! staged files: what such a table has to do.

use std::{error, fmt};

use arrow_array::RecordBatch;
use async_trait::async_trait;

use crate::{Error, Receipt};

/// A table that takes in the rows of purchase files.
#[async_trait]
pub trait Table: Send + Sync {
    /// Part of the recipe: what another table, or none, has taken in is taken in again.
    fn recipe(&self) -> String;

    /// Begins to load a version of a path, alone: waits for a load of another version of the path.
    /// `None`: another process loads this version now. `version` is any text that names it.
    async fn begin(&self, path: &str, version: &str) -> Result<Option<Box<dyn Load>>, Broken>;

    /// Takes the rows of a path out, and what is known of it, if they are of this version or came
    /// by this attempt. Rows that the application has changed since stay: they are its own.
    async fn remove(
        &self,
        path: &str,
        etag: Option<&str>,
        attempt: Option<&str>,
    ) -> Result<(), Broken>;
}

/// A version of a path on its way into the table. Dropped before [`commit`](Self::commit) it
/// leaves the table as it was.
#[async_trait]
pub trait Load: Send {
    /// The receipt of the version that the table has, if it has one.
    fn present(&self) -> Option<&Receipt>;

    /// Sends rows in the schema of `user_purchase`; nobody sees them before the commit.
    async fn write(&mut self, rows: &RecordBatch) -> Result<(), Broken>;

    /// Puts the rows in the place of those that the path brought before and keeps the receipt
    /// beside them, all at once.
    async fn commit(self: Box<Self>, receipt: &Receipt) -> Result<Committed, Broken>;
}

/// What became of a load.
#[derive(Debug, PartialEq, Eq)]
pub enum Committed {
    /// The rows and the receipt are in the table.
    Done,
    /// Nothing: the table has the same content from this other path.
    Duplicate(String),
}

/// Why the table did not do what it was asked, in a sentence, and whether another try can help.
#[derive(Debug)]
pub struct Broken {
    /// Shown as it is; it holds no row contents.
    pub source: Box<dyn error::Error + Send + Sync>,
    /// Whether another try can help.
    pub transient: bool,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl error::Error for Broken {}

impl From<Broken> for Error {
    fn from(Broken { source, transient }: Broken) -> Self {
        Self::Table { sentence: source, transient }
    }
}
