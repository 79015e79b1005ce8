//! What reports see in the SQLite warehouse.

use std::{collections::BTreeMap, path::Path};

use pipeline::dimensions::{COUNT, DIMENSIONS, place};
use rusqlite::{Connection, OpenFlags, Row};

/// Grain of the fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grain {
    pub customer: i64,
    /// `2021-04-25`.
    pub day: String,
    /// By dimension.
    pub texts: [String; COUNT],
}

impl Grain {
    /// The text of the dimension of this name.
    pub fn text(&self, dimension: &str) -> &str {
        &self.texts[place(dimension)]
    }
}

/// Measures of a fact, money in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    pub amount_milli: i128,
    pub score: i64,
    pub count: i64,
}

pub type Facts = BTreeMap<Grain, Measures>;
/// Thousandths by customer.
pub type Spend = BTreeMap<i64, i128>;

/// All of `v_fact_movie_analytics`, without the insert date.
pub fn facts(file: &Path) -> Facts {
    let mut facts = Facts::new();
    each(file, "SELECT * FROM v_fact_movie_analytics", |row| {
        let mut texts = [const { String::new() }; COUNT];
        for (text, dimension) in texts.iter_mut().zip(&DIMENSIONS) {
            *text = row.get(dimension.name)?;
        }
        let (customer, day) = (row.get("customerid")?, row.get("log_date")?);
        let grain = Grain { customer, day, texts };
        let measures = Measures {
            amount_milli: milli(row.get("amount_spent")?),
            score: row.get("review_score")?,
            count: row.get("review_count")?,
        };
        assert!(facts.insert(grain.clone(), measures).is_none(), "{grain:?} stands twice");
        Ok(())
    });
    facts
}

/// Whether there are any, in a warehouse that may not be made yet.
pub fn has_facts(file: &Path) -> bool {
    let any = || -> rusqlite::Result<bool> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection
            .query_row("SELECT EXISTS (SELECT 1 FROM v_fact_movie_analytics)", [], |r| r.get(0))
    };
    any().unwrap_or(false)
}

/// All of `v_customer_spend`.
pub fn spend(file: &Path) -> Spend {
    let mut spend = Spend::new();
    each(file, "SELECT customerid, amount_spent FROM v_customer_spend", |row| {
        let twice = spend.insert(row.get(0)?, milli(row.get(1)?));
        assert!(twice.is_none(), "a customer stands twice");
        Ok(())
    });
    spend
}

/// The insert date of each row in order of the table: it tells whether rows were written anew.
pub fn insert_dates(file: &Path) -> Vec<String> {
    let mut dates = Vec::new();
    each(file, "SELECT insert_date FROM v_fact_movie_analytics", |row| {
        dates.push(row.get(0)?);
        Ok(())
    });
    dates
}

/// The view shows money as a number; exact sums of thousandths survive that.
fn milli(amount: f64) -> i128 {
    let milli = amount * 1000.0;
    assert!((milli - milli.round()).abs() < 1e-3, "{amount} is no sum of thousandths");
    milli.round() as i128
}

fn each(file: &Path, sql: &str, mut f: impl FnMut(&Row<'_>) -> rusqlite::Result<()>) {
    let mut read = || -> rusqlite::Result<()> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            f(row)?;
        }
        Ok(())
    };
    read().unwrap_or_else(|error| panic!("{}: {error}: {sql}", file.display()));
}

/// Compares facts and names the first rows that differ, for all at once cannot be read.
#[track_caller]
pub fn assert_same(found: &Facts, expected: &Facts) {
    let mut wrong = Vec::new();
    for (grain, measures) in expected {
        match found.get(grain) {
            Some(other) if other == measures => {}
            other => wrong.push(format!("{grain:?}: expected {measures:?}, found {other:?}")),
        }
    }
    for (grain, measures) in found.iter().filter(|(grain, _)| !expected.contains_key(*grain)) {
        wrong.push(format!("{grain:?}: not expected, found {measures:?}"));
    }
    let (n, of) = (wrong.len(), expected.len());
    wrong.truncate(5);
    assert!(wrong.is_empty(), "{n} facts are wrong ({of} expected):\n{}", wrong.join("\n"));
}
