//! The commit of a file whose rows go to a table: the table first, then the receipt.
//!
//! The table keeps the receipt of what it has of a path beside the rows. So a crash in between is
//! made up for by whoever comes next: a receipt that the table has and the log has not is put
//! into the log before anything else is done.

use crate::{
    Error, Receipt, State,
    failpoint::reach,
    ingest::{Job, Step, stripped},
    receipts::Commit,
    table::{Committed, Load},
    twins::same_content,
};

/// Whether the work on a file can begin.
pub(crate) enum Begun {
    Load(Box<dyn Load>),
    /// The log was behind the table; look again.
    MadeUp,
}

impl Job<'_> {
    /// Begins to load, unless the table has what the log does not know of. `loaded` is what the
    /// log says is in the table.
    pub(crate) async fn begin_load(
        &self,
        loaded: Option<&Receipt>,
        number: u32,
    ) -> Result<Option<Begun>, Error> {
        let Some(table) = self.options.table_of(self.dataset) else { return Ok(None) };
        let load = table.begin(self.path).await?;
        let known = loaded.map(|receipt| &receipt.attempt);
        match load.present() {
            Some(present) if Some(&present.attempt) != known => {
                let receipt = Receipt { number, ..present.clone() };
                self.lake.commit(&receipt).await?;
                Ok(Some(Begun::MadeUp))
            }
            _ => Ok(Some(Begun::Load(load))),
        }
    }

    /// Commits rows that are on their way, then their receipt.
    pub(crate) async fn accept_load(
        &self,
        load: Box<dyn Load>,
        receipt: Receipt,
    ) -> Result<Step, Error> {
        let receipt = self.finished(Receipt { state: State::Loaded, parquet: None, ..receipt });
        reach("table:before")?;
        if let Committed::Twin(twin) = load.commit(&receipt).await? {
            self.discard(&receipt).await;
            return self.reject(stripped(receipt), same_content(&twin)).await;
        }
        reach("table:after")?;
        match self.lake.commit(&receipt).await? {
            Commit::Done => Ok(Step::accepted(receipt)),
            Commit::Taken => {
                // Whoever has forgotten the path has not met these rows, perhaps.
                let newest = self.lake.newest_receipt(self.dataset, self.path).await?;
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
