//! A publish: staged first, then one short transaction.

use std::sync::Arc;

use async_trait::async_trait;
use lake::failpoint::reach;
use pipeline::facts::FactBatch;
use retry::retry;
use tokio::{sync::Mutex, time::timeout};

use super::{
    SqlServer,
    error::{Cause, Kind},
    history,
    sent::Sent,
    session::{Parameter, Session, settle},
    spend,
    staging::Staged,
};
use crate::{Error, Head, HeldCustomer, Publication, Publish, Published, RefusedDay};

/// Stages what is known before the facts are built. No transaction is open and no lock is held
/// afterwards: a commit of another publisher in between is found at the commit, as [`Error::Moved`].
/// Returns the customers who keep their last total.
pub(super) async fn prepare(
    session: &mut Session,
    publish: &Publish,
) -> Result<Vec<HeldCustomer>, Cause> {
    reach("begin:before")?;
    check_head(session, publish.expected).await?;
    session.stage().await?;
    let checked = match history::stage(session, publish).await {
        Ok(()) => spend::stage(session, publish).await,
        Err(cause) => Err(cause),
    };
    if matches!(&checked, Err(Cause::Known { kind: Kind::Permanent, .. })) {
        // It may only seem wrong, because of a publish that came in between.
        check_head(session, publish.expected).await?;
    }
    let held = checked?;
    reach("begin:after")?;
    Ok(held)
}

async fn check_head(session: &mut Session, expected: Head) -> Result<(), Cause> {
    let found = history::newest(session).await?.head;
    if found == expected { Ok(()) } else { Err(Error::Moved.into()) }
}

/// A publish under way: rows in temporary tables of its session.
pub(super) struct SqlServerPublication<'a> {
    warehouse: &'a SqlServer,
    /// None while something is done with it that did not end yet, and after an error.
    session: Option<Session>,
    publish: Arc<Publish>,
    staged: Staged,
    held: Vec<HeldCustomer>,
    before: Sent,
}

impl<'a> SqlServerPublication<'a> {
    pub(super) fn new(
        warehouse: &'a SqlServer,
        session: Session,
        publish: Arc<Publish>,
        held: Vec<HeldCustomer>,
        before: Sent,
    ) -> Self {
        let (session, staged) = (Some(session), Staged::default());
        Self { warehouse, session, publish, staged, held, before }
    }

    fn take_session(&mut self) -> Result<Session, Error> {
        self.session.take().ok_or_else(|| {
            Error::Permanent(
                "a batch of this publish failed, so it cannot be committed: begin again".to_owned(),
            )
        })
    }

    /// Retries the transaction as long as the connection lives, and with it what was staged.
    async fn publish(
        &self,
        session: &mut Session,
        refused: &[RefusedDay],
    ) -> Result<Option<Published>, Cause> {
        history::stage_refused(session, refused).await?;
        spend::stage_held(session, &self.held).await?;
        let timing = self.warehouse.timing();
        // Each try has it to itself, after the one before.
        let session = Mutex::new(session);
        let attempt = || async {
            let mut session = session.lock().await;
            let transacted = self.transact(&mut session, refused).await;
            if transacted.as_ref().is_err_and(Cause::leaves_connection)
                && let Err(cause) = session.roll_back().await
            {
                return Ok(Err(cause));
            }
            transacted.map(Ok)
        };
        let again = |cause: &Cause| timing.again(cause).filter(|_| cause.leaves_connection());
        retry(timing.backoff(), attempt, again).await.flatten()
    }

    async fn transact(
        &self,
        session: &mut Session,
        refused: &[RefusedDay],
    ) -> Result<Option<Published>, Cause> {
        if self.staged.facts > 0 {
            // On their own: a key that was given once stays, whatever becomes of the publish.
            reach("dimensions:before")?;
            session.begin().await?;
            self.lock(session).await?;
            for add in sql!(each "dimensions/add_texts") {
                session.execute(add, &[]).await?;
            }
            session.commit().await?;
            reach("dimensions:after")?;
            for find in sql!(each "dimensions/find_keys") {
                session.execute(find, &[]).await?;
            }
        }
        session.begin().await?;
        self.lock(session).await?;
        check_head(session, self.publish.expected).await?;
        let published = self.write(session, refused).await?;
        reach("commit:before")?;
        session.commit().await?;
        reach("commit:after")?;
        Ok(published)
    }

    async fn lock(&self, session: &mut Session) -> Result<(), Cause> {
        let name = session.schemas().lock();
        let timeout = self.warehouse.timing().lock.as_millis().try_into().unwrap_or(i32::MAX);
        match session.lock(sql!("session/lock"), &name, timeout).await? {
            0.. => Ok(()),
            // -3: chosen as the victim of a deadlock.
            -3 => Err(Cause::passing("chose this publish as a deadlock victim: try again")),
            _ => Err(Cause::transient("is being published to by another program: try again later")),
        }
    }

    async fn write(
        &self,
        session: &mut Session,
        refused: &[RefusedDay],
    ) -> Result<Option<Published>, Cause> {
        let Publish { expected, published_at, fact_recipe, receipts, .. } = &*self.publish;
        let time = published_at.trim_end_matches('Z');
        let number = |count: u64| count as i64;
        let changes_spend = self.publish.changes_spend();
        if !changes_spend && self.staged.days.is_empty() && refused.is_empty() {
            history::absorb(session, expected.publish_id).await?;
            let row: [&dyn Parameter; 3] =
                [&(expected.absorption_id + 1), &time, &number(receipts.len() as u64)];
            session.execute(sql!("operations/add_absorption"), &row).await?;
            return Ok(None);
        }
        let publish_id = expected.publish_id + 1;
        if changes_spend {
            spend::apply(session, self.publish.reset_spend).await?;
            if !(self.publish.held.is_empty() && self.held.is_empty()) {
                spend::hold(session, self.publish.reset_spend).await?;
            }
        }
        let (mut rows_deleted, mut rows_inserted, mut rows_respent) = (0, 0, 0);
        if !self.staged.days.is_empty() {
            rows_deleted = session.execute(sql!("facts/delete_facts"), &[]).await?;
            session.execute(sql!("facts/delete_daily"), &[]).await?;
            session.execute(sql!("facts/delete_day_totals"), &[]).await?;
            session.execute(sql!("facts/clear_refused_days"), &[]).await?;
            session.execute(sql!("dimensions/add_dates"), &[]).await?;
            session.execute(sql!("facts/add_day_totals"), &[]).await?;
        }
        if self.staged.facts > 0 {
            reach("facts:before")?;
            rows_inserted = session.execute(sql!("facts/add_facts", all), &[&time]).await?;
            if rows_inserted != self.staged.facts {
                return Err(Cause::permanent(format!(
                    "took {rows_inserted} of {} facts: check that its dimensions were not changed \
                     by hand",
                    self.staged.facts
                )));
            }
            session.execute(sql!("facts/add_daily", daily), &[]).await?;
            reach("facts:after")?;
        }
        if changes_spend {
            rows_respent = session.execute(sql!("facts/respend"), &[]).await?;
        }
        history::absorb(session, publish_id).await?;
        if !refused.is_empty() {
            history::refuse(session, publish_id).await?;
        }
        let days_replaced = self.staged.days.len() as u64;
        let published =
            Published { publish_id, days_replaced, rows_deleted, rows_inserted, rows_respent };
        let duration = self.publish.started.map_or(0, |started| started.elapsed().as_millis());
        session
            .execute(
                sql!("operations/add_publish"),
                &[
                    &publish_id,
                    &time,
                    fact_recipe,
                    &number(receipts.len() as u64),
                    &number(days_replaced),
                    &number(rows_deleted),
                    &number(rows_inserted),
                    &number(rows_respent),
                    &number(refused.len() as u64),
                    &(duration as i64),
                ],
            )
            .await?;
        Ok(Some(published))
    }
}

#[async_trait]
impl Publication for SqlServerPublication<'_> {
    async fn replace_days(&mut self, batch: &FactBatch) -> Result<(), Error> {
        let mut session = self.take_session()?;
        // The driver has no limit for a server that takes no more rows.
        let load = timeout(self.warehouse.timing().command, self.staged.load(&mut session, batch));
        let late = |_| Err(Cause::passing("takes no more rows: look what else it does"));
        settle(async { load.await.unwrap_or_else(late) })
            .await
            .map_err(|cause| cause.at(&self.warehouse.place()))?;
        self.session = Some(session);
        Ok(())
    }

    fn held(&mut self) -> &mut [HeldCustomer] {
        &mut self.held
    }

    async fn commit(
        mut self: Box<Self>,
        refused: &[RefusedDay],
    ) -> Result<Option<Published>, Error> {
        let mut session = self.take_session()?;
        HeldCustomer::number(&mut self.held, self.publish.expected.publish_id + 1);
        let published = settle(self.publish(&mut session, refused)).await;
        if published.as_ref().map_or_else(Cause::leaves_connection, |_| true) {
            self.warehouse.keep(session);
        }
        let published = published.map_err(|cause| cause.at(&self.warehouse.place()))?;
        let sent = self.warehouse.connector.counters.sent().since(self.before);
        tracing::info!(
            publish_id = published.map(|published| published.publish_id),
            rows.sent = sent.rows,
            bytes.sent = sent.bytes,
            "loaded into SQL Server"
        );
        Ok(published)
    }
}

impl Drop for SqlServerPublication<'_> {
    fn drop(&mut self) {
        // No transaction is open between two calls: the session may go on.
        if let Some(session) = self.session.take() {
            self.warehouse.keep(session);
        }
    }
}
