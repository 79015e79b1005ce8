//! Whatever a third of the drops does, each run publishes what is good, and never fails.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::{
    common::{
        dice::Dice,
        drop::{log, logs, purchases, reviews},
        oracle::{LIMIT, Oracle},
        place::Place,
        warehouse::{Spend, assert_same},
    },
    with_settings,
};

/// A budget of one MiB: for 10,922 logs of a day, or 256 KiB of texts.
const SETTINGS: [(&str, &str); 3] =
    [("MAX_DAY_SHRINK", "1"), ("MAX_CUSTOMER_CHANGES", "1"), ("ENGINE_MEMORY_MB", "1")];

struct Round {
    dice: Dice,
    place: Place,
    /// What lies at each path since the last run: `None` where it is no vendor's file.
    dropped: BTreeMap<String, Option<Vec<u8>>>,
    /// The newest good version of each path that a run has seen.
    counted: BTreeMap<String, Vec<u8>>,
    /// What the warehouse shows of each customer.
    spend: Spend,
    files: u64,
}

impl Round {
    fn new(seed: u64) -> Self {
        let (dropped, counted, spend) = (BTreeMap::new(), BTreeMap::new(), Spend::new());
        Self { dice: Dice::new(seed), place: Place::new(), dropped, counted, spend, files: 0 }
    }

    fn put(&mut self, path: &str, content: String) {
        self.place.drop(path, &content);
        self.dropped.insert(path.to_owned(), Some(content.into_bytes()));
    }

    fn name(&mut self) -> &'static str {
        self.dice.pick(&["a", "b/2021-04-19", "b/2021-04-20", "c"])
    }

    fn ids(&mut self) -> Vec<i64> {
        (0..self.dice.below(12)).map(|_| self.dice.below(20) as i64 - 3).collect()
    }

    fn drop_good(&mut self) {
        let (name, ids) = (self.name(), self.ids());
        let customer = |id: &i64| id.rem_euclid(4);
        match self.dice.below(3) {
            0 => {
                let rows: Vec<_> = ids.iter().map(|id| (customer(id), "a good one", *id)).collect();
                self.put(&format!("movie_review/{name}.csv"), reviews(&rows));
            }
            1 => {
                let days = ["2021-04-19", "2021-04-20", "2021-05-01"];
                let rows: Vec<_> =
                    ids.iter().map(|id| (*id, self.dice.pick(&days), "TV")).collect();
                self.put(&format!("log_reviews/{name}.csv"), logs(&rows));
            }
            _ => {
                self.files += 1;
                let rows = [("1", self.files as i64, "0.001"), ("2", ids.len() as i64, "2.5")];
                self.put(&format!("user_purchase/{name}.csv"), purchases(&rows));
            }
        }
    }

    fn drop_bad(&mut self) {
        match self.dice.below(8) {
            // Totals of two customers, one of them known, that fit no warehouse; or fit again.
            0 | 1 => {
                let path = format!("user_purchase/far/{}.csv", self.dice.below(2));
                let price = self.dice.pick(&["4656.612", "9.5", "-4656.612"]);
                self.files += 1;
                let most = i64::from(i32::MAX);
                let rows = [("1", most, price), ("77", most, price), ("", self.files as i64, "1")];
                let twice = [rows[0], rows[1], rows[0], rows[1], rows[2]];
                self.put(&path, purchases(&twice));
            }
            // Ids far off.
            2 => {
                let ids = [i64::MIN, -9_000_000_000_000_000_000, 5, i64::MAX - 1, i64::MAX];
                let name = self.name();
                let rows = ids.map(|id| (3, "good", id));
                self.put(&format!("movie_review/wild/{name}.csv"), reviews(&rows));
                let rows = ids.map(|id| (id, "2021-04-20", "TV"));
                self.put(&format!("log_reviews/wild/{name}.csv"), logs(&rows));
            }
            // Texts of their own.
            3 => {
                let text = |id: i64, nth| format!("{nth}{id:05}{}", "\u{3042}".repeat(190));
                let rows: String = (0..150)
                    .map(|id| {
                        let log = log("2021-04-19", &text(id, 0), Some(&text(id, 1)));
                        format!("{id},{log}\n")
                    })
                    .collect();
                self.put("log_reviews/texts.csv", format!("id_review,log\n{rows}"));
            }
            // A day in exports that grow.
            4 => {
                let rows: Vec<_> = (0..4_000).map(|id| (id, "2021-05-01", "TV")).collect();
                let name = self.dice.below(4);
                self.put(&format!("log_reviews/export/{name}.csv"), logs(&rows));
            }
            // No vendor's file: what was good of the path still counts.
            5 => {
                let path = format!("movie_review/{}.csv", self.name());
                let text = self.dice.pick(&["no csv", "cid;review_str\n1;2\n", "\u{0}\u{0}"]);
                self.place.drop(&path, text);
                self.dropped.insert(path, None);
            }
            // What cannot be opened, or has no name for a file.
            6 => {
                let folder = self.place.raw().join("movie_review/odd");
                fs::create_dir_all(&folder).unwrap();
                let name = self.dice.pick(&["z.csv", "loop", "a\tb.csv", "notes#1"]);
                let file = folder.join(name);
                match name {
                    _ if file.symlink_metadata().is_ok() => {}
                    "loop" => symlink(".", file).unwrap(),
                    "z.csv" => symlink("z.csv", file).unwrap(),
                    _ => fs::write(file, "").unwrap(),
                }
            }
            // A receipt that somebody damaged.
            _ => {
                let receipts = self.receipts();
                if !receipts.is_empty() {
                    let at = self.dice.below(receipts.len() as u64) as usize;
                    fs::write(&receipts[at], "{\"path").unwrap();
                }
            }
        }
    }

    /// The newest receipt of each file that lies there as it counts.
    fn receipts(&self) -> Vec<PathBuf> {
        let receipts = self.place.folder().join("lake/staging/_receipts");
        let unchanged = self.counted.iter().filter(|(path, content)| {
            fs::read(self.place.raw().join(path)).is_ok_and(|found| found == **content)
        });
        let newest = |(path, _): (&String, _)| {
            let dataset = match path.split('/').next() {
                Some("movie_review") => "classified_movie_review",
                Some("log_reviews") => "review_logs",
                _ => "user_purchase",
            };
            newest_of(&receipts.join(dataset).join(path))
        };
        unchanged.filter_map(newest).collect()
    }

    fn run(&mut self, what: &str) {
        let ran = with_settings(&self.place, &["run", "--json"], &SETTINGS);
        assert!(matches!(ran.code, 0 | 3), "{what}: {ran:?}");
        for (path, content) in std::mem::take(&mut self.dropped) {
            if let Some(content) = content {
                self.counted.insert(path, content);
            }
        }
        let Oracle { mut facts, spend, .. } = Oracle::of_contents(self.counted.clone());
        let fits = |amount: &i128| (1 - LIMIT..LIMIT).contains(amount);
        let last = std::mem::take(&mut self.spend);
        self.spend = spend
            .into_iter()
            .filter_map(|(customer, total)| match fits(&total) {
                true => Some((customer, total)),
                false => last.get(&customer).map(|last| (customer, *last)),
            })
            .collect();
        for (grain, fact) in &mut facts {
            fact.amount_milli = self.spend.get(&grain.customer).copied().unwrap_or(0);
        }
        if !facts.is_empty() || self.place.has_facts() {
            assert_same(&self.place.facts(), &facts);
            assert_eq!(self.place.spend(), self.spend, "{what}");
        }
    }
}

fn newest_of(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).max()
}

#[test]
fn each_run_publishes_what_is_good_though_a_third_of_the_drops_is_not() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(12);
    for seed in 0..rounds {
        let mut round = Round::new(seed);
        for step in 0..6 {
            for _ in 0..1 + round.dice.below(5) {
                match round.dice.below(3) {
                    0 => round.drop_bad(),
                    _ => round.drop_good(),
                }
            }
            round.run(&format!("seed {seed}, step {step}"));
        }
    }
}
