//! Bad inputs among the good: what is bad is held, refused or read again, and all else is published
//! as if it were not there.

use object_store::{ObjectStoreExt, path::Path};

use super::{super::vendor::KILLER, Killer, Round, wait};
use crate::common::{
    dice::Dice,
    drop::{logs, purchases, reviews},
};

/// Never a vendor's file.
pub const JUNK: &str = "movie_review/junk.csv";

/// Versions of the purchases that fit no total; the one after them fits.
const UNFIT: u64 = 4;

/// What a third of the drops is, in a third of the rounds. It has dice of its own, so that the other
/// rounds are what they are without it.
pub struct Bad {
    dice: Dice,
    /// Versions sent of the purchases.
    purchases: u64,
    /// Receipts that were damaged: path and number.
    pub damaged: Vec<(String, u32)>,
}

impl Bad {
    /// `None` in most rounds.
    pub fn new(seed: u64) -> Option<Self> {
        let mut dice = Dice::new(!seed);
        dice.happens(33).then(|| Self { dice, purchases: 0, damaged: Vec::new() })
    }

    /// A file: path and content.
    fn file(&mut self, kind: u64) -> (String, String) {
        match kind {
            // A total of customer 3, who buys nothing else, that no warehouse can hold, until the
            // file is mended.
            0 => {
                self.purchases += 1;
                let (price, version) = match self.purchases {
                    0..=UNFIT => ("4656.612", self.purchases as i64),
                    _ => ("9.5", 0),
                };
                let most = i64::from(i32::MAX);
                let rows = [("3", most, price), ("3", most, price), ("", version, "1")];
                ("user_purchase/far.csv".to_owned(), purchases(&rows))
            }
            // Ids far off, some of which other files have.
            1 => {
                let ids = [i64::MIN, -9_000_000_000_000_000_000, 5, i64::MAX - 1, i64::MAX];
                match self.dice.happens(50) {
                    true => {
                        let rows = ids.map(|id| (2, "good", id));
                        ("movie_review/wild.csv".to_owned(), reviews(&rows))
                    }
                    false => {
                        let rows = ids.map(|id| (id, "2021-04-20", "TV"));
                        ("log_reviews/wild.csv".to_owned(), logs(&rows))
                    }
                }
            }
            // A day that does not fit the budget, for its texts: of one row they take 500 bytes.
            2 => {
                let day = "<logDate>04-19-2021</logDate>";
                let log = |id: u64| {
                    format!(
                        "<device>d{id}</device><location>l{id}</location><os>o{id}</os>\
                         <browser>b{id}</browser>"
                    )
                };
                let rows: String = (0..600)
                    .map(|id| format!("{id},<reviewlog><log>{day}{}</log></reviewlog>\n", log(id)))
                    .collect();
                ("log_reviews/texts.csv".to_owned(), format!("id_review,log\n{rows}"))
            }
            _ => {
                let content = self.dice.pick(&["no csv", "cid;review_str\n1;2\n", "\0\0"]);
                (JUNK.to_owned(), content.to_owned())
            }
        }
    }
}

impl Round {
    /// Sends something bad in place of a good file, a third of the times. Whether it did.
    pub(super) fn send_bad(&mut self) -> bool {
        let Some(bad) = &mut self.bad else { return false };
        if !bad.dice.happens(33) {
            return false;
        }
        match bad.dice.below(5) {
            4 => self.damage_receipt(),
            kind => {
                let (path, content) = bad.file(kind);
                self.put(path, content);
            }
        }
        true
    }

    /// Somebody overwrites the newest receipt of a file. Not one that gives a file up: how often
    /// that happened would have to be counted anew.
    fn damage_receipt(&mut self) {
        let lake = self.another_process().lake;
        let mut newest = Vec::new();
        for dataset in pipeline::Dataset::ALL {
            let listed = wait(lake.receipts().list(dataset)).expect("a listing").newest;
            newest.extend(listed.into_iter().map(|(path, number)| (dataset, path, number)));
        }
        newest.retain(|(_, path, _)| self.killer == Killer::None || path != KILLER);
        let Some(bad) = self.bad.as_mut().filter(|_| !newest.is_empty()) else { return };
        let at = bad.dice.below(newest.len() as u64) as usize;
        let (dataset, path, number) = newest.swap_remove(at);
        let name = format!("_receipts/{dataset}/{path}/{number:06}.json");
        self.stage.note(format!("somebody damages {name}"));
        let object = Path::parse(&name).expect("a name");
        wait(self.lab.staging.put(&object, "{\"path".into())).expect("the receipt");
        self.lab.damaged.insert(path.clone());
        bad.damaged.push((path, number));
    }
}
