//! How many review ids there are in all live files, by what a change adds and takes away.

use arrow_array::{cast::AsArray, types::Int64Type};
use lake::Receipt;

use super::Embedded;
use crate::{
    Change, Error, Live,
    ids::{overlap, range_of},
};

const ID: [&str; 1] = ["review_id"];

pub async fn change_of_ids(engine: &Embedded, live: &Live, change: &Change) -> Result<i64, Error> {
    let before: Vec<&Receipt> =
        change.reviews.iter().filter_map(|changed| changed.before.as_ref()).collect();
    let changed: Vec<&Receipt> =
        change.reviews.iter().filter_map(|changed| changed.after.as_ref()).collect();
    let unchanged: Vec<&Receipt> = live
        .reviews
        .iter()
        .filter(|receipt| !changed.iter().any(|other| other.path == receipt.path))
        .collect();
    // An id stands once in a file, so a file whose ids no other file can have counts by its rows.
    let everything: Vec<&Receipt> = [before.as_slice(), &changed, &unchanged].concat();
    let alone = |receipt: &Receipt| {
        let ids = range_of(receipt);
        let meets = |other: &&&Receipt| {
            !std::ptr::eq(**other, receipt)
                && ids.as_ref().zip(range_of(other)).is_some_and(|(a, b)| overlap(a, &b))
        };
        everything.iter().find(meets).is_none()
    };
    let mut difference = 0;
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for (versions, sign, met) in [(&before, -1, &mut old), (&changed, 1, &mut new)] {
        for receipt in versions {
            if alone(receipt) {
                difference += sign * receipt.rows.staged as i64;
            } else {
                ids_into(engine, receipt, met).await?;
            }
        }
    }
    for ids in [&mut old, &mut new] {
        ids.sort_unstable();
        ids.dedup();
    }
    if old.is_empty() && new.is_empty() {
        return Ok(difference);
    }
    // What stands in an unchanged file was there before and is there after.
    let mut elsewhere = Vec::new();
    for receipt in unchanged.into_iter().filter(|receipt| !alone(receipt)) {
        ids_into(engine, receipt, &mut elsewhere).await?;
    }
    elsewhere.sort_unstable();
    let counted =
        |ids: &[i64]| ids.iter().filter(|id| elsewhere.binary_search(id).is_err()).count() as i64;
    Ok(difference + counted(&new) - counted(&old))
}

async fn ids_into(engine: &Embedded, receipt: &Receipt, ids: &mut Vec<i64>) -> Result<(), Error> {
    let read = engine.read(receipt, &ID, None, |batch| {
        ids.extend_from_slice(batch[ID[0]].as_primitive::<Int64Type>().values());
    });
    read.await
}
