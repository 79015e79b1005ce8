//! The commit of a file whose rows go to a table: the table first, then the receipt.
//!
//! The table keeps the receipt of what it has of a path beside the rows. So a crash in between is
//! made up for by whoever comes next: a receipt that the table has and the log has not is put
//! into the log before anything else is done.

use object_store::ObjectMeta;

use super::{
    Outcome,
    job::{Job, Step},
};
use crate::{
    Error, Receipt, State,
    failpoint::reach,
    receipt_log::Commit,
    store,
    table::{Committed, Load},
};

/// Whether the work on a file can begin.
pub(super) enum Begun {
    /// `None`: the rows go to staging.
    Load(Option<Box<dyn Load>>),
    /// Another process loads this version now.
    Elsewhere,
    /// The log was behind the table; look again.
    MadeUp,
}

impl Job<'_> {
    /// Begins to load, unless the table has what the log does not know of. `loaded` is what the
    /// log says is in the table.
    pub(super) async fn begin_load(
        &self,
        version: &ObjectMeta,
        forced: bool,
        loaded: Option<&Receipt>,
        number: u32,
    ) -> Result<Begun, Error> {
        let Some(table) = self.options.table_of(self.dataset) else { return Ok(Begun::Load(None)) };
        // A request to reprocess the version is other work.
        let version = format!("{} {} {forced}", store::etag(version), self.recipe);
        let Some(load) = table.begin(self.path, &version).await? else {
            return Ok(Begun::Elsewhere);
        };
        let known = loaded.map(|receipt| &receipt.attempt);
        match load.present() {
            Some(present) if Some(&present.attempt) != known => {
                let receipt = Receipt { number, ..present.clone() };
                self.log().append(&receipt).await?;
                Ok(Begun::MadeUp)
            }
            _ => Ok(Begun::Load(Some(load))),
        }
    }

    /// The receipt of what the table has of another path, also where the path was excluded and the
    /// process ended before the table heard of it.
    async fn loaded_of(&self, path: &str) -> Result<Option<Receipt>, Error> {
        let Some(newest) = self.log().newest(self.dataset, path).await? else { return Ok(None) };
        match newest.state {
            State::Forgotten => self.log().live(self.dataset, path, newest.number - 1).await,
            _ => self.log().live_from(newest).await,
        }
    }

    /// Commits rows that are on their way, then their receipt.
    pub(super) async fn accept_load(
        &self,
        load: Box<dyn Load>,
        receipt: Receipt,
    ) -> Result<Step, Error> {
        let mut receipt = self.finished(Receipt { state: State::Loaded, parquet: None, ..receipt });
        reach("table:before")?;
        let present = load.present().map(|present| present.attempt.clone());
        if let Committed::Duplicate(other) = load.commit(&receipt).await? {
            self.discard(&receipt).await;
            let hash = receipt.content_hash.as_deref().unwrap_or_default();
            let theirs = self.loaded_of(&other).await?;
            if let (Some(table), Some(theirs)) = (self.options.table_of(self.dataset), theirs)
                && self.lake.take_over(&other, self.path, hash).await?
            {
                table.remove(&other, None, Some(&theirs.attempt)).await?;
                return Ok(Step::Raced);
            }
            // What the path brought before goes first: without a receipt it would be loaded again.
            if let (Some(table), Some(present)) = (self.options.table_of(self.dataset), present) {
                table.remove(self.path, None, Some(&present)).await?;
            }
            // The refusal stands as long as the index leads to what counts.
            self.lake.enter_content(&other, hash).await?;
            return self.refuse_duplicate(receipt, &other).await;
        }
        reach("table:after")?;
        match self.append(&mut receipt).await? {
            Commit::Done => Ok(Step::done(Outcome::Accepted(receipt))),
            Commit::Taken(_) => {
                // An exclusion at the same moment may have missed these rows.
                let newest = self.log().newest(self.dataset, self.path).await?;
                if newest.is_some_and(|newest| newest.state == State::Forgotten)
                    && let Some(table) = self.options.table_of(self.dataset)
                {
                    table.remove(self.path, None, Some(&receipt.attempt)).await?;
                }
                Ok(Step::Raced)
            }
        }
    }
}
