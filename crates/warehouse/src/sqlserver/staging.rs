//! Facts on their way into temporary tables: codes for texts that hold for the whole publish.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;
use pipeline::{
    Day,
    dimensions::COUNT,
    facts::{DayTotal, Fact, FactBatch, Interner},
};
use tiberius::{ColumnData, IntoSql};

use super::{error::Cause, session::Session};

/// Texts of one dimension. Codes of a batch are its own; these hold for all batches.
#[derive(Default)]
struct Texts {
    interner: Interner,
    staged: HashSet<u32>,
}

/// What a publish has staged so far.
#[derive(Default)]
pub(super) struct Staged {
    texts: [Texts; COUNT],
    /// By the keys of the days.
    pub(super) days: BTreeMap<i32, DayTotal>,
    pub(super) facts: u64,
}

/// A text that no batch before has used.
struct Text {
    /// From 1 on, in the order of [`DIMENSIONS`](pipeline::dimensions::DIMENSIONS).
    dimension: usize,
    code: u32,
    text: String,
}

impl Staged {
    /// Loads a batch beside those that are staged.
    pub(super) async fn load(
        &mut self,
        session: &mut Session,
        batch: &FactBatch,
    ) -> Result<(), Cause> {
        check(batch)?;
        let mut new = Vec::new();
        let mut codes = [const { Vec::new() }; COUNT];
        for (place, codes) in codes.iter_mut().enumerate() {
            let used = batch.rows.iter().map(|fact| fact.codes[place]);
            *codes = self.codes(place, &batch.texts[place], used, &mut new)?;
        }
        session.bulk("#staged_text", Box::new(new.into_iter().map(text_row))).await?;
        let facts = batch.rows.iter().map(|fact| fact_row(fact, &codes));
        self.facts += session.bulk("#staged_fact", Box::new(facts)).await?;
        for total in &batch.days {
            let known = self.days.entry(total.day.key());
            let known = known.or_insert(DayTotal { matched: 0, unmatched: 0, ..*total });
            known.matched += total.matched;
            known.unmatched += total.unmatched;
        }
        Ok(())
    }

    /// Loads what is known of each day once all batches are there.
    pub(super) async fn load_days(&self, session: &mut Session) -> Result<(), Cause> {
        session.bulk("#staged_day", Box::new(self.days.values().map(day_row))).await?;
        Ok(())
    }

    /// The publish's codes by the batch's; 0 for those that no fact uses. A batch may carry texts
    /// of days that were left out: these are no members of a dimension.
    fn codes(
        &mut self,
        dimension: usize,
        batch: &Interner,
        used: impl Iterator<Item = u32>,
        new: &mut Vec<Text>,
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
                let text = batch.text(code).unwrap_or_default();
                let code = texts.interner.code(text);
                if texts.staged.insert(code) {
                    new.push(Text { dimension: dimension + 1, code, text: text.to_owned() });
                }
                *slot = Some(code);
            }
        }
        Ok(codes.into_iter().map(Option::unwrap_or_default).collect())
    }
}

fn day_row(total: &DayTotal) -> [ColumnData<'static>; 8] {
    let (year, month, day) = total.day.ymd();
    let int = |number: u32| (number as i32).into_sql();
    [
        total.day.key().into_sql(),
        NaiveDate::from_ymd_opt(year, month, day).into_sql(),
        int(day),
        int(month),
        year.into_sql(),
        total.day.season().into_sql(),
        (total.matched as i64).into_sql(),
        (total.unmatched as i64).into_sql(),
    ]
}

/// Its key is not known yet.
fn text_row(text: Text) -> [ColumnData<'static>; 4] {
    let (dimension, code) = (text.dimension as i32, text.code as i32);
    [dimension.into_sql(), code.into_sql(), text.text.into_sql(), None::<i32>.into_sql()]
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
