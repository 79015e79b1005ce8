//! What vendors send: small files whose ids meet, restated a few times.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{
    dice::Dice,
    drop::{logs, purchases, reviews},
};

/// Versions of a file in a round.
const VERSIONS: u64 = 5;

/// The file that kills the process, for a while or for ever.
pub const KILLER: &str = "movie_review/killer.csv";

/// How often each path was sent.
#[derive(Default)]
pub struct Vendor(BTreeMap<String, u64>);

impl Vendor {
    /// A new or restated file, or two with the same content: path and content. None where there are
    /// enough versions of it.
    pub fn send(&mut self, dice: &mut Dice, with_killer: bool) -> Vec<(String, String)> {
        let name = dice.pick(&["a", "b/2021-04-19", "b/2021-04-20"]);
        let (path, content) = match dice.below(9) {
            0 | 1 => (format!("movie_review/{name}.csv"), review_file(dice)),
            2 | 3 => (format!("log_reviews/{name}.csv"), log_file(dice)),
            4 | 5 => (format!("user_purchase/{name}.csv"), purchase_file(dice)),
            6 if with_killer => (KILLER.to_owned(), review_file(dice)),
            // The same under two names, until the first is restated.
            _ => {
                let pair = dice.below(3) as i64;
                let [first, second] =
                    ["first", "second"].map(|name| format!("user_purchase/{pair}/{name}.csv"));
                let content = |quantity| purchases(&[("1", 10 * pair + quantity, "0.5")]);
                if !self.0.contains_key(&first) {
                    self.0.insert(first.clone(), 1);
                    return vec![(first, content(7)), (second, content(7))];
                }
                (first, content(8))
            }
        };
        let versions = self.0.entry(path.clone()).or_default();
        *versions += 1;
        if *versions <= VERSIONS { vec![(path, content)] } else { Vec::new() }
    }
}

fn ids(dice: &mut Dice) -> Vec<i64> {
    (0..dice.below(10)).map(|_| dice.below(16) as i64 - 2).collect()
}

fn review_file(dice: &mut Dice) -> String {
    let texts = ["a good one", "dull", "GOOD", "goods"];
    let rows: Vec<_> =
        ids(dice).iter().map(|id| (dice.below(4) as i64, dice.pick(&texts), *id)).collect();
    let refused = if may_refuse(rows.len(), dice) { "1,good,one\n" } else { "" };
    reviews(&rows) + refused
}

/// One refused row, where it is not most of the file: that would be rejected.
fn may_refuse(good: usize, dice: &mut Dice) -> bool {
    good > 1 && dice.happens(30)
}

fn log_file(dice: &mut Dice) -> String {
    let days = ["2021-04-19", "2021-04-20", "2021-05-01", "2020-02-29"];
    let devices = ["Mobile", "Tablet"];
    let rows: Vec<_> =
        ids(dice).iter().map(|id| (*id, dice.pick(&days), dice.pick(&devices))).collect();
    let refused = if may_refuse(rows.len(), dice) { "1,\n" } else { "" };
    logs(&rows) + refused
}

fn purchase_file(dice: &mut Dice) -> String {
    let mut rows: Vec<_> = (0..dice.below(6))
        .map(|_| {
            let price = dice.pick(&["0.1", "2.55", "-3", "0", "0.001"]);
            (dice.pick(&["0", "1", "2.0", "99", ""]), dice.below(9) as i64 - 4, price)
        })
        .collect();
    // No two versions have the same content.
    rows.push(("", dice.below(1 << 30) as i64, "1"));
    purchases(&rows)
}

/// The same purchases under two names count once.
pub fn counted(mut files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let mut seen = BTreeSet::new();
    files
        .retain(|path, content| !path.starts_with("user_purchase") || seen.insert(content.clone()));
    files
}
