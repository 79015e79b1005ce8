//! How many review ids there are in all live files, by what a change adds and takes away.

use arrow_array::{cast::AsArray, types::Int64Type};
use lake::Receipt;

use super::{BYTES_PER_ID, Embedded};
use crate::{
    Change, Error, Live,
    ids::{overlap, range_of},
};

const ID: [&str; 1] = ["review_id"];

/// The review files that take part in a change.
pub(crate) struct Parts<'a> {
    /// By how much files move the number whose ids no other file can have: an id stands once in a
    /// file, so their rows are counted.
    pub alone: i64,
    /// Old versions, new versions, and files that did not change, where they may share ids.
    pub before: Vec<&'a Receipt>,
    pub after: Vec<&'a Receipt>,
    pub elsewhere: Vec<&'a Receipt>,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(live: &'a Live, change: &'a Change) -> Self {
        let mut before: Vec<&Receipt> =
            change.reviews.iter().filter_map(|changed| changed.before.as_ref()).collect();
        let mut after: Vec<&Receipt> =
            change.reviews.iter().filter_map(|changed| changed.after.as_ref()).collect();
        let mut elsewhere: Vec<&Receipt> = live
            .reviews
            .iter()
            .filter(|receipt| !after.iter().any(|other| other.path == receipt.path))
            .collect();
        let everything: Vec<&Receipt> = [before.as_slice(), &after, &elsewhere].concat();
        let meets_another = |receipt: &&Receipt| {
            let ids = range_of(receipt);
            everything.iter().any(|other| {
                !std::ptr::eq(*other, *receipt)
                    && ids.as_ref().zip(range_of(other)).is_some_and(|(a, b)| overlap(a, &b))
            })
        };
        let mut alone = 0;
        for (versions, sign) in [(&mut before, -1), (&mut after, 1)] {
            versions.retain(|receipt| {
                let meets = meets_another(receipt);
                alone += if meets { 0 } else { sign * receipt.rows.staged as i64 };
                meets
            });
        }
        elsewhere.retain(meets_another);
        if before.is_empty() && after.is_empty() {
            elsewhere.clear();
        }
        Self { alone, before, after, elsewhere }
    }
}

pub async fn change_of_ids(engine: &Embedded, live: &Live, change: &Change) -> Result<i64, Error> {
    let Parts { alone, before, after, elsewhere } = Parts::of(live, change);
    let files = || before.iter().chain(&after).chain(&elsewhere);
    let rows = files().map(|receipt| receipt.rows.staged).sum();
    engine.fit("what shares ids with a changed review file", rows, BYTES_PER_ID)?;
    let [mut old, mut new, mut others] = [Vec::new(), Vec::new(), Vec::new()];
    for (files, ids) in [(before, &mut old), (after, &mut new), (elsewhere, &mut others)] {
        for receipt in files {
            ids_into(engine, receipt, ids).await?;
        }
        ids.sort_unstable();
        ids.dedup();
    }
    // What stands in an unchanged file was there before and is there after.
    let counted =
        |ids: &[i64]| ids.iter().filter(|id| others.binary_search(id).is_err()).count() as i64;
    Ok(alone + counted(&new) - counted(&old))
}

async fn ids_into(engine: &Embedded, receipt: &Receipt, ids: &mut Vec<i64>) -> Result<(), Error> {
    let read = engine.read(receipt, &ID, None, |batch| {
        ids.extend_from_slice(batch[ID[0]].as_primitive::<Int64Type>().values());
    });
    read.await
}
