//! A publish: staged first, then one short transaction.

use std::sync::Arc;

use async_trait::async_trait;
use lake::failpoint::reach;
use pipeline::facts::FactBatch;
use retry::retry;
use tiberius::Row;
use tokio::{sync::Mutex, time::timeout};

use super::{
    SqlServer, checks,
    error::{Cause, Kind},
    history,
    rows::StagedRow,
    sent::Sent,
    session::{Session, Values, settle},
    spend,
    staging::Staged,
};
use crate::{End, Error, Head, HeldCustomer, Publication, Publish, Published, RefusedDay};

/// Stages what must be checked before the facts are built. No transaction is open and no lock is
/// held afterwards: a commit of another publisher in between is found at the commit, as
/// [`Error::Moved`]. Returns the customers who keep their last total.
pub(super) async fn prepare(
    session: &mut Session,
    publish: &Publish,
) -> Result<Vec<HeldCustomer>, Cause> {
    reach("begin:before")?;
    let head = session.stage(sql!("operations/head")).await?;
    check_head(&head, publish.expected)?;
    let mut held = Vec::new();
    if publish.changes_spend() {
        let checked = spend::stage(session, publish).await;
        if matches!(&checked, Err(Cause::Known { kind: Kind::Permanent, .. })) {
            // It may only seem wrong, because of a publish that came in between.
            check_head(&session.query(sql!("operations/head"), &[]).await?, publish.expected)?;
        }
        held = checked?;
    }
    reach("begin:after")?;
    Ok(held)
}

fn check_head(rows: &[Row], expected: Head) -> Result<(), Cause> {
    let found = history::newest_of(rows)?.head;
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
        end: End,
    ) -> Result<Option<Published>, Cause> {
        let Publish { receipts, .. } = &*self.publish;
        let bodies = history::bodies(receipts)?;
        let rows = self.staged.rows().chain(history::rows(&self.publish, &bodies));
        let rows = rows.chain(history::refused_rows(refused)).map(StagedRow::into_columns);
        session.bulk("#staged_row", Box::new(rows)).await?;
        history::stage_long(session, receipts, &bodies).await?;
        spend::stage_held(session, &self.held).await?;
        let timing = self.warehouse.timing();
        // Each try has it to itself, after the one before.
        let session = Mutex::new(session);
        let attempt = || async {
            let mut session = session.lock().await;
            let transacted = self.transact(&mut session, refused, end).await;
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
        end: End,
    ) -> Result<Option<Published>, Cause> {
        session.begin().await?;
        self.lock(session).await?;
        let published = self.write(session, refused).await?;
        let judged = self.publish.judged(self.staged.day_keys());
        checks::run(session, &self.publish.checks, &judged).await?;
        if end == End::RollBack {
            session.roll_back().await?;
            return Ok(published);
        }
        reach("commit:before")?;
        session.commit().await?;
        reach("commit:after")?;
        Ok(published)
    }

    /// Takes the lock of publishers, and looks whether another one has committed.
    async fn lock(&self, session: &mut Session) -> Result<(), Cause> {
        let name = session.schemas().lock();
        let timeout = i32::try_from(self.warehouse.timing().lock.as_millis()).unwrap_or(i32::MAX);
        let statements = [sql!("session/lock"), sql!("operations/head")];
        let mut found = session.query_all(&statements, &[&name, &timeout]).await?.into_iter();
        let granted = found.next().unwrap_or_default();
        match granted.first().map_or(Ok(-999), |row| row.number("granted"))? {
            0.. => {}
            // -3: chosen as the victim of a deadlock.
            -3 => {
                let text = "chose this publish as a deadlock victim: try again";
                return Err(Cause::passing(text));
            }
            _ => {
                let text = "is being published to by another program: try again later";
                return Err(Cause::transient(text));
            }
        }
        check_head(&found.next().unwrap_or_default(), self.publish.expected)
    }

    /// All changes, in one round trip: servers answer each statement of its own much later than
    /// they do its work.
    async fn write(
        &self,
        session: &mut Session,
        refused: &[RefusedDay],
    ) -> Result<Option<Published>, Cause> {
        let Publish { expected, published_at, fact_recipe, receipts, .. } = &*self.publish;
        let has_effect =
            self.publish.changes_spend() || self.staged.days() > 0 || !refused.is_empty();
        let publish_id = expected.publish_id + i64::from(has_effect);
        let duration = self.publish.started.map_or(0, |started| started.elapsed().as_millis());
        let number = |count: u64| count as i64;
        let mut found = session
            .query_all(
                &self.statements(has_effect, refused),
                &[
                    &publish_id,
                    &published_at.trim_end_matches('Z'),
                    fact_recipe,
                    &number(receipts.len() as u64),
                    &number(self.staged.days()),
                    &number(refused.len() as u64),
                    &(duration as i64),
                    &i32::from(self.publish.reset_spend),
                    &(expected.absorption_id + 1),
                ],
            )
            .await?;
        let counted = found.pop().unwrap_or_default();
        history::check_live(found.iter().flatten().next())?;
        let counted =
            counted.first().ok_or_else(|| Cause::permanent("counted no rows: try again"))?;
        let published = Published {
            publish_id,
            days_replaced: self.staged.days(),
            rows_deleted: counted.count("rows_deleted")?,
            rows_inserted: counted.count("rows_inserted")?,
            rows_respent: counted.count("rows_respent")?,
        };
        // Parts of a day may have had facts of the same grain.
        let is_merged = self.staged.in_parts && published.rows_inserted < self.staged.facts;
        if published.rows_inserted != self.staged.facts && !is_merged {
            return Err(Cause::permanent(format!(
                "took {} of {} facts: check that its dimensions were not changed by hand",
                published.rows_inserted, self.staged.facts
            )));
        }
        Ok(has_effect.then_some(published))
    }

    /// What a publish changes, in order. They share the parameters of [`write`](Self::write).
    fn statements(&self, has_effect: bool, refused: &[RefusedDay]) -> Vec<&'static str> {
        let changes_spend = self.publish.changes_spend();
        let mut statements = vec![sql!("publish/count")];
        if changes_spend {
            statements.push(sql!("spend/add_up"));
            if self.publish.reset_spend {
                statements.push(sql!("spend/forget_others"));
            }
            statements.extend([sql!("spend/update"), sql!("spend/add"), sql!("spend/remove")]);
            if !(self.publish.held.is_empty() && self.held.is_empty()) {
                statements.extend([sql!("spend/release"), sql!("spend/hold")]);
            }
        }
        if self.staged.days() > 0 {
            statements.extend([
                sql!("facts/delete_facts"),
                sql!("facts/delete_daily"),
                sql!("facts/delete_day_totals"),
                sql!("facts/clear_refused_days"),
                sql!("dimensions/add_dates"),
                sql!("facts/add_day_totals"),
            ]);
        }
        if self.staged.facts > 0 {
            statements.extend(sql!(each "dimensions/add_texts").iter().map(String::as_str));
            statements.extend([
                sql!("dimensions/find_keys", all),
                match self.staged.in_parts {
                    true => sql!("facts/add_facts_of_parts", all),
                    false => sql!("facts/add_facts", all),
                },
                sql!("facts/add_daily", daily),
            ]);
        }
        if self.publish.remove_unused_members {
            statements.extend(sql!(each "dimensions/remove_unused").iter().map(String::as_str));
        }
        if changes_spend {
            statements.push(sql!("facts/refresh_spend"));
        }
        statements.extend(history::absorb(&self.publish));
        if !refused.is_empty() {
            statements.push(sql!("operations/remove_refused_days"));
            statements.push(sql!("operations/add_refused_days"));
        }
        statements.push(match has_effect {
            true => sql!("operations/add_publish"),
            false => sql!("operations/add_absorption"),
        });
        statements.push(sql!("publish/counted"));
        statements
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
        let before = self.before;
        let published = self.finish(refused, End::Commit).await?;
        let sent = self.warehouse.connector.counters.sent().since(before);
        tracing::info!(
            publish_id = published.map(|published| published.publish_id),
            rows.sent = sent.rows,
            bytes.sent = sent.bytes,
            "loaded into SQL Server"
        );
        Ok(published)
    }

    async fn rehearse(
        mut self: Box<Self>,
        refused: &[RefusedDay],
    ) -> Result<Option<Published>, Error> {
        self.finish(refused, End::RollBack).await
    }
}

impl SqlServerPublication<'_> {
    async fn finish(
        &mut self,
        refused: &[RefusedDay],
        end: End,
    ) -> Result<Option<Published>, Error> {
        let mut session = self.take_session()?;
        HeldCustomer::settle(&mut self.held, self.publish.expected.publish_id + 1);
        let published = settle(self.publish(&mut session, refused, end)).await;
        if published.as_ref().map_or_else(Cause::leaves_connection, |_| true) {
            self.warehouse.keep(session);
        }
        published.map_err(|cause| cause.at(&self.warehouse.place()))
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
