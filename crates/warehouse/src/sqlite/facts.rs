//! Facts of days: deleted by range, inserted in order, added up.

use lake::failpoint::reach;
use pipeline::{
    Day,
    facts::{DayTotal, Fact, FactBatch},
};
use rusqlite::{Connection, Statement};

use super::{dimensions::Keys, error::Cause, sql};

/// Ids within a day: far more than facts of one day fit into memory.
const IDS_PER_DAY: i64 = 1_000_000_000;

/// First and last id of the facts of a day, given by its key in `dim_date`.
pub(super) fn ids(day: i32) -> (i64, i64) {
    let first = i64::from(day) * IDS_PER_DAY;
    (first, first + IDS_PER_DAY - 1)
}

/// Facts deleted and inserted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Replaced {
    pub(super) deleted: u64,
    pub(super) inserted: u64,
}

/// Replaces all that is known of the batch's days.
pub(super) fn replace(
    connection: &Connection,
    batch: &FactBatch,
    inserted_at: &str,
) -> Result<Replaced, Cause> {
    if !batch.rows.is_sorted_by_key(|fact| fact.day) {
        return Err(Cause::permanent("facts are not sorted by day: build the facts again"));
    }
    reach("dimensions:before")?;
    let keys = Keys::resolve(connection, batch)?;
    reach("dimensions:after")?;
    reach("facts:before")?;
    let mut statements = Statements::prepare(connection)?;
    let mut replaced = Replaced::default();
    let mut rows = batch.rows.as_slice();
    for total in &batch.days {
        let (of_day, later) = rows.split_at(rows.partition_point(|fact| fact.day <= total.day));
        if let Some(stray) = of_day.first().filter(|fact| fact.day != total.day) {
            return Err(stray_day(stray.day));
        }
        replaced.deleted += statements.clear(total.day)?;
        statements.insert(total, of_day, &keys, inserted_at)?;
        replaced.inserted += of_day.len() as u64;
        rows = later;
    }
    reach("facts:after")?;
    match rows.first() {
        Some(stray) => Err(stray_day(stray.day)),
        None => Ok(replaced),
    }
}

/// Its rows would be added to those that are there, or not be found when the day is replaced.
fn stray_day(day: Day) -> Cause {
    Cause::permanent(format!(
        "facts of {day} came in a batch that does not list the day in order: build the facts again"
    ))
}

/// The statements of one day, prepared once for all days of a batch.
struct Statements<'c> {
    delete_day: Statement<'c>,
    delete_daily: Statement<'c>,
    delete_day_total: Statement<'c>,
    clear_refused_day: Statement<'c>,
    add_day_total: Statement<'c>,
    add_date: Statement<'c>,
    add_fact: Statement<'c>,
    add_daily: Statement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            delete_day: connection.prepare(sql::DELETE_DAY)?,
            delete_daily: connection.prepare(sql::DELETE_DAILY)?,
            delete_day_total: connection.prepare(sql::DELETE_DAY_TOTAL)?,
            clear_refused_day: connection.prepare(sql::CLEAR_REFUSED_DAY)?,
            add_day_total: connection.prepare(sql::ADD_DAY_TOTAL)?,
            add_date: connection.prepare(sql::ADD_DATE)?,
            add_fact: connection.prepare(sql::ADD_FACT)?,
            add_daily: connection.prepare(sql::ADD_DAILY)?,
        })
    }

    /// Deletes what is known of a day, and returns the number of its facts.
    fn clear(&mut self, day: Day) -> Result<u64, Cause> {
        let key = day.key();
        let deleted = self.delete_day.execute(ids(key))?;
        self.delete_daily.execute([key])?;
        self.delete_day_total.execute([key])?;
        self.clear_refused_day.execute([key])?;
        Ok(deleted as u64)
    }

    fn insert(
        &mut self,
        total: &DayTotal,
        rows: &[Fact],
        keys: &Keys,
        inserted_at: &str,
    ) -> Result<(), Cause> {
        let day = total.day;
        if total.matched == 0 && total.unmatched == 0 {
            return Ok(());
        }
        // A day whose logs all wait has no facts, but is looked up by its date too.
        let (year, month, of_month) = day.ymd();
        let date = (day.key(), day.to_string(), of_month, month, year, day.season());
        self.add_date.execute(date)?;
        let counts = (day.key(), total.matched as i64, total.unmatched as i64);
        self.add_day_total.execute(counts)?;
        if rows.is_empty() {
            return Ok(());
        }
        let (first, last) = ids(day.key());
        for (id, fact) in (first..).zip(rows) {
            self.add_fact.execute((
                id,
                fact.customer,
                day.key(),
                keys.device[fact.device as usize],
                keys.location[fact.location as usize],
                keys.os[fact.os as usize],
                keys.browser[fact.browser as usize],
                fact.score,
                fact.count,
                inserted_at,
            ))?;
        }
        self.add_daily.execute((first, last))?;
        Ok(())
    }
}
