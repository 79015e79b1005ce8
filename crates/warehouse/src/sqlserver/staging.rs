//! Facts on their way into temporary tables: codes for texts that hold for the whole publish.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use pipeline::{
    Day,
    dimensions::COUNT,
    facts::{DayTotal, Fact, FactBatch, Interner},
};
use tiberius::{ColumnData, IntoSql};

use super::{error::Cause, rows::StagedRow, session::Session};

/// Bytes of texts that are held at most. Beyond them those that are held are sent, and the next
/// fact that has one of them sends it again, under another code.
const MOST_TEXT_BYTES: usize = 8 << 20;

/// Texts of one dimension. Codes of a batch are its own; these hold for the whole publish.
#[derive(Default)]
struct Texts {
    /// Codes that are taken by texts that were sent.
    sent: u32,
    interner: Interner,
    /// Codes of the texts that facts use.
    used: BTreeSet<u32>,
}

impl Texts {
    /// The code that a text has in this publish.
    fn code(&mut self, text: &str) -> u32 {
        let code = self.sent + self.interner.code(text);
        self.used.insert(code);
        code
    }

    /// The texts that facts use, as rows of this dimension, counted from 1.
    fn rows(&self, dimension: usize) -> impl Iterator<Item = StagedRow> + Send {
        let text = |code| self.interner.text(code - self.sent).unwrap_or_default().to_owned();
        self.used.iter().map(move |&code| StagedRow::text(dimension, code, text(code)))
    }

    /// Forgets the texts; their codes stay taken.
    fn forget(&mut self) {
        let sent = self.sent + self.interner.texts().len() as u32;
        *self = Self { sent, ..Self::default() };
    }
}

/// What a publish has staged so far: its facts are sent, the rest waits for the commit.
#[derive(Default)]
pub(super) struct Staged {
    texts: [Texts; COUNT],
    /// By the keys of the days.
    days: BTreeMap<i32, DayTotal>,
    /// Whether a day came in several batches, which may have facts of the same grain.
    pub(super) in_parts: bool,
    pub(super) facts: u64,
}

impl Staged {
    /// Loads a batch beside those that are staged.
    pub(super) async fn load(
        &mut self,
        session: &mut Session,
        batch: &FactBatch,
    ) -> Result<(), Cause> {
        check(batch)?;
        let mut codes = batch.texts.each_ref().map(|texts| vec![None; texts.texts().len()]);
        for fact in &batch.rows {
            for (place, codes) in codes.iter_mut().enumerate() {
                self.give_code(place, fact.codes[place], batch, codes)?;
            }
            if self.text_bytes() > MOST_TEXT_BYTES {
                let rows = self.text_rows().map(StagedRow::into_columns);
                session.bulk("#staged_row", Box::new(rows)).await?;
                self.texts.iter_mut().for_each(Texts::forget);
            }
        }
        let facts = batch.rows.iter().map(|fact| fact_row(fact, &codes));
        self.facts += session.bulk("#staged_fact", Box::new(facts)).await?;
        for total in &batch.days {
            match self.days.entry(total.day.key()) {
                Entry::Vacant(new) => drop(new.insert(*total)),
                Entry::Occupied(mut known) => {
                    known.get_mut().matched += total.matched;
                    known.get_mut().unmatched += total.unmatched;
                    self.in_parts = true;
                }
            }
        }
        Ok(())
    }

    /// How many days are replaced.
    pub(super) fn days(&self) -> u64 {
        self.days.len() as u64
    }

    /// Keys of the days that are replaced.
    pub(super) fn day_keys(&self) -> impl Iterator<Item = i32> {
        self.days.keys().copied()
    }

    /// The days, and the texts of their facts that were not sent yet.
    pub(super) fn rows(&self) -> impl Iterator<Item = StagedRow> + Send {
        self.days.values().map(StagedRow::day).chain(self.text_rows())
    }

    fn text_rows(&self) -> impl Iterator<Item = StagedRow> + Send {
        // Dimensions are counted from 1, in the order of their table.
        self.texts.iter().zip(1..).flat_map(|(texts, dimension)| texts.rows(dimension))
    }

    /// Memory that the texts take which are held.
    fn text_bytes(&self) -> usize {
        self.texts.iter().map(|texts| texts.interner.bytes()).sum()
    }

    /// Gives a code of the publish to one of the batch that has none. A batch may carry texts of
    /// days that were left out: these are no members of a dimension.
    fn give_code(
        &mut self,
        place: usize,
        code: u32,
        batch: &FactBatch,
        codes: &mut [Option<u32>],
    ) -> Result<(), Cause> {
        let known = codes.get_mut(code as usize).ok_or_else(|| {
            Cause::permanent(format!(
                "cannot take a fact with the code {code}, which its batch gives no text: build the \
                 facts again"
            ))
        })?;
        if known.is_none() {
            let text = batch.texts[place].text(code).unwrap_or_default();
            *known = Some(self.texts[place].code(text));
        }
        Ok(())
    }
}

/// In the order of the columns of `#staged_fact`.
fn fact_row(fact: &Fact, codes: &[Vec<Option<u32>>; COUNT]) -> [ColumnData<'static>; COUNT + 4] {
    std::array::from_fn(|column| match column {
        0 => fact.day.key().into_sql(),
        1 => fact.customer.into_sql(),
        2 => fact.score.into_sql(),
        3 => fact.count.into_sql(),
        code => {
            let place = code - 4;
            // Each code of a fact was given one.
            (codes[place][fact.codes[place] as usize].unwrap_or_default() as i32).into_sql()
        }
    })
}

/// Facts of a day that the batch does not list would be added to those that are there.
fn check(batch: &FactBatch) -> Result<(), Cause> {
    let again = "build the facts again";
    if !batch.rows.is_sorted_by_key(|fact| fact.day) {
        return Err(Cause::permanent(format!("takes facts sorted by day only: {again}")));
    }
    let listed: BTreeSet<Day> = batch.days.iter().map(|total| total.day).collect();
    if let Some(stray) = batch.rows.iter().find(|fact| !listed.contains(&fact.day)) {
        return Err(Cause::permanent(format!(
            "cannot take facts of {}, which their batch does not list: {again}",
            stray.day
        )));
    }
    if listed.len() < batch.days.len() {
        return Err(Cause::permanent(format!("takes each day once in a batch: {again}")));
    }
    Ok(())
}
