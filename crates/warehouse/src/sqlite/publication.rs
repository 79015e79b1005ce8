//! A publish: one transaction from `begin` to `commit`.

use std::path::PathBuf;

use async_trait::async_trait;
use lake::failpoint::{applies, reach};
use pipeline::facts::FactBatch;
use rusqlite::Connection;

use super::{
    checks, dimensions,
    error::Cause,
    facts, history,
    spend::{self, Applied},
};
use crate::{End, Error, HeldCustomer, Publication, Publish, Published, RefusedDay};

/// Takes the lock and applies what is known before the facts are built.
pub(super) fn begin(
    connection: &mut Connection,
    file: PathBuf,
    publish: Publish,
) -> Result<SqlitePublication<'_>, Cause> {
    let changes_spend = publish.changes_spend();
    // The lock is taken before the head is read: nobody comes in between.
    reach("begin:before")?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut publication = SqlitePublication {
        connection,
        file,
        publish,
        changes_spend,
        spend: Applied::default(),
        rows: facts::Replaced::default(),
        whole: true,
    };
    // From here on an error rolls back, by dropping the publication.
    let head = history::newest(publication.connection)?.head;
    if head != publication.publish.expected && applies("nobody between") {
        return Err(Error::Moved.into());
    }
    publication.spend = spend::apply(publication.connection, &mut publication.publish)?;
    reach("begin:after")?;
    Ok(publication)
}

/// A publish under way; rolled back when dropped.
// It borrows the connection as `&mut` and ends the transaction itself: `rusqlite::Transaction`
// keeps a shared reference, and a future that holds one cannot move between threads.
pub(super) struct SqlitePublication<'a> {
    connection: &'a mut Connection,
    file: PathBuf,
    /// Without its spend, which is applied.
    publish: Publish,
    changes_spend: bool,
    spend: Applied,
    /// What was replaced so far.
    rows: facts::Replaced,
    /// Not after a batch that failed half way.
    whole: bool,
}

impl SqlitePublication<'_> {
    fn replace(&mut self, batch: &FactBatch) -> Result<(), Cause> {
        self.whole = false;
        let at = &self.publish.published_at;
        facts::replace(self.connection, batch, at, &mut self.rows)?;
        self.whole = true;
        Ok(())
    }

    fn finish(&mut self, refused: &[RefusedDay], end: End) -> Result<Option<Published>, Cause> {
        if !self.whole {
            return Err(Cause::permanent(
                "a batch of this publish failed, so it cannot be committed: begin again",
            ));
        }
        self.rows.merge(self.connection)?;
        if self.publish.remove_unused_members {
            dimensions::remove_unused(self.connection)?;
        }
        let has_effect =
            self.changes_spend || !self.rows.inserted.is_empty() || !refused.is_empty();
        let publish_id = self.publish.expected.publish_id + i64::from(has_effect);
        let Publish { receipts, live, .. } = &self.publish;
        history::absorb(self.connection, publish_id, receipts, live)?;
        let published = match has_effect {
            true => Some(self.log_publish(publish_id, refused)?),
            false => {
                self.log_absorption()?;
                None
            }
        };
        let judged = self.publish.judged(self.rows.inserted.keys().copied());
        checks::run(self.connection, &self.publish.checks, &judged)?;
        if end == End::RollBack {
            self.connection.execute_batch("ROLLBACK")?;
            return Ok(published);
        }
        reach("commit:before")?;
        self.connection.execute_batch("COMMIT")?;
        reach("commit:after")?;
        Ok(published)
    }

    fn log_publish(&mut self, publish_id: i64, refused: &[RefusedDay]) -> Result<Published, Cause> {
        HeldCustomer::settle(&mut self.spend.held, publish_id);
        spend::hold(self.connection, &self.spend.held)?;
        let rows_respent = match self.spend.moved && applies("spend of all days") {
            true => spend::respend(self.connection, self.rows.inserted.keys())?,
            false => 0,
        };
        history::refuse(self.connection, publish_id, refused)?;
        let published = Published {
            publish_id,
            days_replaced: self.rows.inserted.len() as u64,
            rows_deleted: self.rows.deleted,
            rows_inserted: self.rows.inserted.values().sum(),
            rows_respent,
        };
        let Publish { published_at, fact_recipe, receipts, started, .. } = &self.publish;
        self.connection.prepare(sql!("operations/add_publish"))?.execute((
            publish_id,
            published_at,
            fact_recipe,
            receipts.len() as i64,
            published.days_replaced as i64,
            published.rows_deleted as i64,
            published.rows_inserted as i64,
            published.rows_respent as i64,
            refused.len() as i64,
            started.map_or(0, |started| started.elapsed().as_millis() as i64),
        ))?;
        Ok(published)
    }

    fn log_absorption(&self) -> Result<(), Cause> {
        let Publish { expected, published_at, receipts, .. } = &self.publish;
        let row = (expected.absorption_id + 1, published_at, receipts.len() as i64);
        self.connection.prepare(sql!("operations/add_absorption"))?.execute(row)?;
        Ok(())
    }
}

#[async_trait]
impl Publication for SqlitePublication<'_> {
    async fn replace_days(&mut self, batch: &FactBatch) -> Result<(), Error> {
        self.replace(batch).map_err(|cause| cause.at(&self.file))
    }

    fn held(&mut self) -> &mut [HeldCustomer] {
        &mut self.spend.held
    }

    async fn commit(
        mut self: Box<Self>,
        refused: &[RefusedDay],
    ) -> Result<Option<Published>, Error> {
        self.finish(refused, End::Commit).map_err(|cause| cause.at(&self.file))
    }

    async fn rehearse(
        mut self: Box<Self>,
        refused: &[RefusedDay],
    ) -> Result<Option<Published>, Error> {
        self.finish(refused, End::RollBack).map_err(|cause| cause.at(&self.file))
    }
}

impl Drop for SqlitePublication<'_> {
    fn drop(&mut self) {
        // After a commit, or where SQLite has rolled back by itself, there is nothing to end.
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            // The next use of the warehouse opens a new connection.
            tracing::warn!(%error, file = %self.file.display(), "a publish was not rolled back");
        }
    }
}
