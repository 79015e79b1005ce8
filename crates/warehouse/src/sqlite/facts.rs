//! Facts of days: deleted by range, inserted in order, added up.

use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry};

use lake::failpoint::reach;
use pipeline::{
    Day,
    dimensions::DAILY,
    facts::{DayTotal, Fact, FactBatch},
};
use rusqlite::{Connection, OptionalExtension, Statement};

use super::{dimensions::Keys, error::Cause};

/// Ids within a day: far more than facts of one day fit into memory.
const IDS_PER_DAY: i64 = 1_000_000_000;

/// First and last id of the facts of a day, given by its key in `dim_date`.
pub(super) fn ids(day: i32) -> (i64, i64) {
    let first = i64::from(day) * IDS_PER_DAY;
    (first, first + IDS_PER_DAY - 1)
}

/// Facts deleted and inserted.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    pub(super) deleted: u64,
    /// By the keys of the days, in all batches of the publish.
    pub(super) inserted: BTreeMap<i32, u64>,
    /// Keys of days that came in several batches.
    parted: BTreeSet<i32>,
}

impl Replaced {
    /// Adds up the facts of days that came in parts.
    pub(super) fn merge(&mut self, connection: &Connection) -> Result<(), Cause> {
        for day in std::mem::take(&mut self.parted) {
            let Some(inserted) = self.inserted.get_mut(&day).filter(|inserted| **inserted > 0)
            else {
                continue;
            };
            let (first, last) = ids(day);
            let of_parts = (first, first + *inserted as i64 - 1);
            let merged = connection.prepare(sql!("facts/merge_day", all))?.execute(of_parts)?;
            connection.prepare(sql!("facts/delete_day"))?.execute(of_parts)?;
            connection.prepare(sql!("facts/delete_daily"))?.execute([day])?;
            let range = (day, first, last);
            connection.prepare(sql!("facts/add_up_day", daily))?.execute(range)?;
            *inserted = merged as u64;
        }
        Ok(())
    }
}

/// Replaces all that is known of the batch's days; where a batch before had a day, adds to it.
pub(super) fn replace(
    connection: &Connection,
    batch: &FactBatch,
    inserted_at: &str,
    replaced: &mut Replaced,
) -> Result<(), Cause> {
    if !batch.rows.is_sorted_by_key(|fact| fact.day) {
        return Err(Cause::permanent("facts are not sorted by day: build the facts again"));
    }
    reach("dimensions:before")?;
    let keys = Keys::resolve(connection, batch)?;
    reach("dimensions:after")?;
    reach("facts:before")?;
    let mut statements = Statements::prepare(connection)?;
    let mut rows = batch.rows.as_slice();
    for total in &batch.days {
        let (of_day, later) = rows.split_at(rows.partition_point(|fact| fact.day <= total.day));
        if let Some(stray) = of_day.first().filter(|fact| fact.day != total.day) {
            return Err(stray_day(stray.day));
        }
        let inserted = match replaced.inserted.entry(total.day.key()) {
            Entry::Occupied(known) => {
                replaced.parted.insert(*known.key());
                known.into_mut()
            }
            Entry::Vacant(new) => {
                replaced.deleted += statements.clear(total.day)?;
                new.insert(0)
            }
        };
        statements.insert(total, of_day, *inserted, &keys, inserted_at)?;
        *inserted += of_day.len() as u64;
        rows = later;
    }
    reach("facts:after")?;
    match rows.first() {
        Some(stray) => Err(stray_day(stray.day)),
        None => Ok(()),
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
    spend: Spend<'c>,
}

/// Customers whose spend is remembered.
const MOST_CUSTOMERS: usize = 1 << 20;

/// What customers of the batch spent; asked once for each, because they come again every day.
struct Spend<'c> {
    find: Statement<'c>,
    known: HashMap<i64, i64, ahash::RandomState>,
}

impl Spend<'_> {
    fn of(&mut self, customer: i64) -> rusqlite::Result<i64> {
        if let Some(amount) = self.known.get(&customer) {
            return Ok(*amount);
        }
        let found = self.find.query_row([customer], |row| row.get(0)).optional()?;
        let amount = found.unwrap_or(0);
        if self.known.len() >= MOST_CUSTOMERS {
            self.known.clear();
        }
        self.known.insert(customer, amount);
        Ok(amount)
    }
}

/// Sums of a day by the dimensions of the dashboard.
#[derive(Default)]
struct Daily {
    score: i64,
    count: i64,
    facts: i64,
}

type Sums = HashMap<[i64; DAILY.len()], Daily, ahash::RandomState>;

/// Sums of a day that are held before they are added to those that are there.
const MOST_SUMS: usize = 1 << 13;

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            delete_day: connection.prepare(sql!("facts/delete_day"))?,
            delete_daily: connection.prepare(sql!("facts/delete_daily"))?,
            delete_day_total: connection.prepare(sql!("facts/delete_day_total"))?,
            clear_refused_day: connection.prepare(sql!("operations/clear_refused_day"))?,
            add_day_total: connection.prepare(sql!("facts/add_day_total"))?,
            add_date: connection.prepare(sql!("dimensions/add_date"))?,
            add_fact: connection.prepare(sql!("facts/add_fact", all))?,
            add_daily: connection.prepare(sql!("facts/add_daily", daily))?,
            spend: Spend {
                find: connection.prepare(sql!("spend/find"))?,
                known: HashMap::default(),
            },
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
        after: u64,
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
        let mut sums = Sums::default();
        // What is bound stays bound: only what differs from row to row is bound in the loop.
        let add = &mut self.add_fact;
        add.raw_bind_parameter(3, day.key())?;
        add.raw_bind_parameter(6, inserted_at)?;
        let (first, _) = ids(day.key());
        for (id, fact) in (first + after as i64..).zip(rows) {
            if sums.len() >= MOST_SUMS {
                add_sums(&mut self.add_daily, day, &mut sums)?;
            }
            let keys = keys.of(fact);
            add.raw_bind_parameter(1, id)?;
            add.raw_bind_parameter(2, fact.customer)?;
            add.raw_bind_parameter(4, fact.score)?;
            add.raw_bind_parameter(5, fact.count)?;
            add.raw_bind_parameter(7, self.spend.of(fact.customer)?)?;
            for (place, key) in keys.iter().enumerate() {
                add.raw_bind_parameter(8 + place, key)?;
            }
            add.raw_execute()?;
            let sum = sums.entry(DAILY.each_ref().map(|daily| keys[daily.place])).or_default();
            sum.score += i64::from(fact.score);
            sum.count += i64::from(fact.count);
            sum.facts += 1;
        }
        add_sums(&mut self.add_daily, day, &mut sums)
    }
}

/// Adds the sums of a day to what is there, and forgets them.
fn add_sums(add: &mut Statement<'_>, day: Day, sums: &mut Sums) -> Result<(), Cause> {
    let mut sums: Vec<_> = sums.drain().collect();
    // In the order of the table's key.
    sums.sort_unstable_by_key(|(keys, _)| *keys);
    add.raw_bind_parameter(1, day.key())?;
    for (keys, Daily { score, count, facts }) in sums {
        add.raw_bind_parameter(2, score)?;
        add.raw_bind_parameter(3, count)?;
        add.raw_bind_parameter(4, facts)?;
        for (place, key) in keys.iter().enumerate() {
            add.raw_bind_parameter(5 + place, key)?;
        }
        add.raw_execute()?;
    }
    Ok(())
}
