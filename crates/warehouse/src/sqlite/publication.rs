//! A publish: one transaction from `begin` to `commit`.

use std::{collections::BTreeSet, path::PathBuf, time::Instant};

use async_trait::async_trait;
use lake::failpoint::{applies, reach};
use pipeline::facts::FactBatch;
use rusqlite::Connection;

use super::{error::Cause, facts, history, spend, sql};
use crate::{Error, Publication, Publish, Published, RefusedDay};

/// Takes the lock and applies what is known before the facts are built.
pub(super) fn begin(
    connection: &mut Connection,
    file: PathBuf,
    publish: Publish,
) -> Result<SqlitePublication<'_>, Cause> {
    // The lock is taken before the newest publish is read: nobody comes in between.
    reach("begin:before")?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut publication = SqlitePublication {
        connection,
        file,
        id: publish.expected_id + i64::from(!publish.only_receipts),
        only_receipts: publish.only_receipts,
        published_at: publish.published_at,
        fact_recipe: publish.fact_recipe,
        receipts: publish.receipts.len(),
        started: publish.started,
        spend_moved: false,
        days: BTreeSet::new(),
        rows: facts::Replaced::default(),
        whole: true,
    };
    // From here on an error rolls back, by dropping the publication.
    let found = history::newest_publish(publication.connection)?.map_or(0, |newest| newest.id);
    if found != publish.expected_id && applies("nobody between") {
        return Err(Error::Moved { expected: publish.expected_id, found }.into());
    }
    history::absorb(publication.connection, publication.id, &publish.receipts, &publish.live)?;
    publication.spend_moved =
        spend::apply(publication.connection, publish.reset_spend, publish.spend)?;
    reach("begin:after")?;
    Ok(publication)
}

/// A publish under way; rolled back when dropped.
// It borrows the connection as `&mut` and ends the transaction itself: `rusqlite::Transaction`
// keeps a shared reference, and a future that holds one cannot move between threads.
pub(super) struct SqlitePublication<'a> {
    connection: &'a mut Connection,
    file: PathBuf,
    id: i64,
    only_receipts: bool,
    published_at: String,
    fact_recipe: String,
    receipts: usize,
    started: Option<Instant>,
    spend_moved: bool,
    /// Keys of the days replaced so far.
    days: BTreeSet<i32>,
    rows: facts::Replaced,
    /// Not after a batch that failed half way.
    whole: bool,
}

impl SqlitePublication<'_> {
    fn replace(&mut self, batch: &FactBatch) -> Result<(), Cause> {
        self.whole = false;
        let rows = facts::replace(self.connection, batch, &self.published_at)?;
        self.rows.deleted += rows.deleted;
        self.rows.inserted += rows.inserted;
        self.days.extend(batch.days.iter().map(|total| total.day.key()));
        self.whole = true;
        Ok(())
    }

    fn finish(&mut self, refused: &[RefusedDay]) -> Result<Published, Cause> {
        if !self.whole {
            return Err(Cause::permanent(
                "a batch of this publish failed, so it cannot be committed: begin again",
            ));
        }
        let rows_respent = match self.spend_moved {
            true if applies("spend of all days") => spend::respend(self.connection, &self.days)?,
            _ => 0,
        };
        let published = Published {
            publish_id: self.id,
            days_replaced: self.days.len() as u64,
            rows_deleted: self.rows.deleted,
            rows_inserted: self.rows.inserted,
            rows_respent,
        };
        history::refuse(self.connection, self.id, refused)?;
        if !self.only_receipts {
            self.log(&published, refused.len())?;
        }
        reach("commit:before")?;
        self.connection.execute_batch("COMMIT")?;
        reach("commit:after")?;
        Ok(published)
    }

    fn log(&self, published: &Published, days_refused: usize) -> Result<(), Cause> {
        self.connection.prepare(sql::ADD_PUBLISH)?.execute((
            self.id,
            &self.published_at,
            &self.fact_recipe,
            self.receipts as i64,
            published.days_replaced as i64,
            published.rows_deleted as i64,
            published.rows_inserted as i64,
            published.rows_respent as i64,
            days_refused as i64,
            self.started.map_or(0, |started| started.elapsed().as_millis() as i64),
        ))?;
        Ok(())
    }
}

#[async_trait]
impl Publication for SqlitePublication<'_> {
    async fn replace_days(&mut self, batch: &FactBatch) -> Result<(), Error> {
        self.replace(batch).map_err(|cause| cause.at(&self.file))
    }

    async fn commit(mut self: Box<Self>, refused: &[RefusedDay]) -> Result<Published, Error> {
        self.finish(refused).map_err(|cause| cause.at(&self.file))
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
