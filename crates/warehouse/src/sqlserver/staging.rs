//! Facts on their way into temporary tables: codes for texts that hold for the whole publish.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use pipeline::{
    Day,
    dimensions::COUNT,
    facts::{DayTotal, Fact, FactBatch, Interner},
};
use tiberius::{ColumnData, IntoSql};

use super::{error::Cause, rows::StagedRow, session::Session};

/// Texts of one dimension. Codes of a batch are its own; these hold for all batches.
#[derive(Default)]
struct Texts {
    interner: Interner,
    /// Codes of the texts that facts use.
    used: BTreeSet<u32>,
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
        let mut codes = [const { Vec::new() }; COUNT];
        for (place, codes) in codes.iter_mut().enumerate() {
            let used = batch.rows.iter().map(|fact| fact.codes[place]);
            *codes = self.codes(place, &batch.texts[place], used)?;
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

    /// The days, and the texts of their facts.
    pub(super) fn rows(&self) -> impl Iterator<Item = StagedRow> + Send {
        let texts = self.texts.iter().enumerate().flat_map(|(place, texts)| {
            let text = |code| texts.interner.text(code).unwrap_or_default().to_owned();
            // Dimensions are counted from 1, in the order of their table.
            texts.used.iter().map(move |&code| StagedRow::text(place + 1, code, text(code)))
        });
        self.days.values().map(StagedRow::day).chain(texts)
    }

    /// The publish's codes by the batch's; 0 for those that no fact uses. A batch may carry texts
    /// of days that were left out: these are no members of a dimension.
    fn codes(
        &mut self,
        dimension: usize,
        batch: &Interner,
        used: impl Iterator<Item = u32>,
    ) -> Result<Vec<u32>, Cause> {
        let mut codes = vec![None; batch.texts().len()];
        let texts = &mut self.texts[dimension];
        for code in used {
            let slot = codes.get_mut(code as usize).ok_or_else(|| {
                Cause::permanent(format!(
                    "cannot take a fact with the code {code}, which its batch gives no text: build \
                     the facts again"
                ))
            })?;
            if slot.is_none() {
                let code = texts.interner.code(batch.text(code).unwrap_or_default());
                texts.used.insert(code);
                *slot = Some(code);
            }
        }
        Ok(codes.into_iter().map(Option::unwrap_or_default).collect())
    }
}

/// In the order of the columns of `#staged_fact`.
fn fact_row(fact: &Fact, codes: &[Vec<u32>; COUNT]) -> [ColumnData<'static>; COUNT + 4] {
    std::array::from_fn(|column| match column {
        0 => fact.day.key().into_sql(),
        1 => fact.customer.into_sql(),
        2 => fact.score.into_sql(),
        3 => fact.count.into_sql(),
        code => {
            let place = code - 4;
            (codes[place][fact.codes[place] as usize] as i32).into_sql()
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
