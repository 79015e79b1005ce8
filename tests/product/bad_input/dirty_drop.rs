//! A dirty drop with a known number of each defect: counts per reason come out exactly, every
//! good row counts, nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    files::{FILE_BYTES, FILES},
    rows::{Class, LOGS, PURCHASES, REVIEWS},
};
use crate::{
    common::{
        dice::Dice,
        drop::{logs, purchases, reviews},
        place::Place,
        warehouse::{Facts, Grain, Measures, Spend, assert_same},
    },
    with_settings,
};
use pipeline::{FileReason, RowReason, dimensions::DIMENSIONS};
use serde_json::{Value, json};

const DAY: &str = "2021-04-19";
const REVIEW_FILE: &str = "movie_review/2021-04-19/movie_review.csv";
const LATER_REVIEWS: &str = "movie_review/2021-04-20/movie_review.csv";
const LOG_FILE: &str = "log_reviews/2021-04-19/log_reviews.csv";
const LOGS_OF_FILES: &str = "log_reviews/2021-04-20/log_reviews.csv";
const PURCHASE_FILE: &str = "user_purchase/user_purchase.csv";

/// What must become of a file.
#[derive(Default)]
struct Expected {
    read: u64,
    duplicate: u64,
    refused: BTreeMap<&'static str, u64>,
    /// Why all of it is refused.
    file: Option<&'static str>,
}

/// A drop, and what must come of it.
struct Dirty {
    place: Place,
    files: BTreeMap<String, Expected>,
    facts: Facts,
    spend: Spend,
}

/// Reviews and logs with these ids have their counterpart among the good rows of the other file:
/// whatever slips in, shows.
const BAD: i64 = 500_000;

/// Rows of each class, with ids from `first` on and so many of it that the numbers of the classes
/// differ, in random order. Returns the text and the ids of rows that count.
fn mixed(
    classes: &[Class],
    first: i64,
    dice: &mut Dice,
    expected: &mut Expected,
) -> (Vec<u8>, Vec<i64>) {
    let (mut lines, mut good) = (Vec::new(), Vec::new());
    for (n, (_, refused, write)) in classes.iter().enumerate() {
        // Megabytes are sent once or twice.
        let times = match (refused, write(1).len() > 1_000_000) {
            (None, true) => 1,
            (None, false) => 40,
            (Some(_), true) => 2,
            (Some(_), false) => 1 + n as i64 % 4,
        };
        expected.read += times as u64;
        for id in (0..times).map(|time| first + 100 * n as i64 + time) {
            match refused {
                None => {
                    good.push(id);
                    lines.push(write(id));
                }
                Some(reason) => {
                    *expected.refused.entry(reason).or_default() += 1;
                    lines.push(write(BAD + id));
                }
            }
        }
    }
    for i in (1..lines.len()).rev() {
        lines.swap(i, dice.below(i as u64 + 1) as usize);
    }
    (lines.concat(), good)
}

/// Ids of rows that count, and of those that could slip in.
fn with_bad(good: &[i64], first: i64) -> impl Iterator<Item = i64> {
    good.iter().copied().chain((0..9_999).map(move |id| BAD + first + id))
}

impl Dirty {
    fn new(seed: u64) -> Self {
        let place = Place::new();
        let (files, facts, spend) = Default::default();
        let mut dirty = Self { place, files, facts, spend };
        dirty.rows(&mut Dice::new(seed));
        dirty.files();
        dirty
    }

    fn drop(&mut self, path: &str, content: impl AsRef<[u8]>, expected: Expected) {
        self.place.drop(path, content);
        self.files.insert(path.to_owned(), expected);
    }

    /// A positive review with its log counts.
    fn count(&mut self, customer: i64, day: &str) {
        let texts = DIMENSIONS.map(|dimension| match dimension.name {
            "device" => "Mobile",
            "location" => "Kansas",
            "os" => "Linux",
            _ if dimension.is_required => dimension.label,
            _ => "Unknown",
        });
        let grain = Grain { customer, day: day.to_owned(), texts: texts.map(str::to_owned) };
        let fact = self.facts.entry(grain).or_default();
        let amount_milli = self.spend.get(&customer).copied().unwrap_or(0);
        *fact = Measures { amount_milli, score: fact.score + 1, count: fact.count + 1 };
    }

    fn rows(&mut self, dice: &mut Dice) {
        let mut expected = Expected::default();
        let (text, bought) = mixed(PURCHASES, 0, dice, &mut expected);
        for id in bought {
            *self.spend.entry(id % 100).or_default() += 1_250;
        }
        self.drop(PURCHASE_FILE, [purchases(&[]).as_bytes(), &text].concat(), expected);
        self.reviews(dice);
        self.logs(dice);
    }

    /// Reviews of all classes with plain logs.
    fn reviews(&mut self, dice: &mut Dice) {
        let mut expected = Expected::default();
        let (text, good) = mixed(REVIEWS, 0, dice, &mut expected);
        // The later line counts: the earlier one was of customer 99, and dull.
        let earlier = b"99,dull,1\n99,dull,2\n".as_slice();
        let mut text = [reviews(&[]).as_bytes(), earlier, &text].concat();
        expected.duplicate += 2;
        // An over-long text of two lines costs the first; the rest of it is no row either.
        let half = "y".repeat(700_000);
        text.extend_from_slice(format!("7,\"{half}\n{half}\",{BAD}\n").as_bytes());
        // Cut off within a quoted field.
        text.extend_from_slice(b"7,\"cut o");
        expected.read += 5;
        for reason in ["too_long", "field_count", "malformed_record"] {
            *expected.refused.entry(reason).or_default() += 1;
        }
        self.drop(REVIEW_FILE, text, expected);
        // In a later file the id counts as it stands there: of customer 98. It is cut off within
        // a plain field.
        let restated = [good[3], good[4]];
        let text = reviews(&restated.map(|id| (98, "good", id))) + "98,go";
        let refused = [("field_count", 1)].into();
        self.drop(LATER_REVIEWS, text, Expected { read: 3, refused, ..Expected::default() });
        let plain: Vec<_> = with_bad(&good, 0).map(|id| (id, DAY, "Mobile")).collect();
        self.drop("log_reviews/2021-04-18/log_reviews.csv", logs(&plain), all(plain.len()));
        for id in good {
            self.count(if restated.contains(&id) { 98 } else { id % 100 }, DAY);
        }
    }

    /// Logs of all classes with plain reviews, all with ids of their own.
    fn logs(&mut self, dice: &mut Dice) {
        let (first, mut expected) = (100_000, Expected::default());
        let (text, good) = mixed(LOGS, first, dice, &mut expected);
        self.drop(LOG_FILE, [logs(&[]).as_bytes(), &text].concat(), expected);
        let plain: Vec<_> = with_bad(&good, first).map(|id| (id % 100, "good", id)).collect();
        self.drop("movie_review/2021-04-18/movie_review.csv", reviews(&plain), all(plain.len()));
        good.iter().for_each(|id| self.count(id % 100, DAY));
    }

    fn files(&mut self) {
        let mut ids = Vec::new();
        for (n, (name, content, refused)) in FILES.iter().enumerate() {
            let own = [0, 1].map(|id| 300_000 + 10 * n as i64 + id);
            let content = content(&own);
            let path = match name.strip_suffix(".gz") {
                Some(name) => format!("movie_review/files/{name}.csv.gz"),
                None => format!("movie_review/files/{name}.csv"),
            };
            let counts = refused.is_none() && *name != "header-only";
            if counts {
                own.iter().for_each(|_| self.count(1, "2021-04-20"));
            }
            let read = if counts { own.len() as u64 } else { 0 };
            self.drop(&path, content, Expected { read, file: *refused, ..Expected::default() });
            ids.extend(own);
        }
        // Each of their reviews has its log.
        let plain: Vec<_> = ids.iter().map(|id| (*id, "2021-04-20", "Mobile")).collect();
        self.drop(LOGS_OF_FILES, logs(&plain), all(plain.len()));
    }

    /// The same purchases under another name, and some whose dates have the day first.
    fn copy(&mut self) {
        self.files.clear();
        let day_first = purchases(&[("1", 2, "1.25")]).replace("12/1/2010", "31/12/2010");
        assert!(day_first.contains("31/12/2010"));
        let file = Some("date_order");
        self.drop(
            "user_purchase/day_first.csv",
            day_first,
            Expected { file, ..Default::default() },
        );
        let copy = std::fs::read(self.place.raw().join(PURCHASE_FILE)).unwrap();
        let file = Some("same_content");
        let path = "user_purchase/user_purchase (1).csv";
        self.drop(path, copy, Expected { file, ..Expected::default() });
    }

    fn run(&self) -> Value {
        let limit = FILE_BYTES.to_string();
        let settings = [
            ("MAX_FILE_BYTES", limit.as_str()),
            ("MAX_CUSTOMER_CHANGES", "1"),
            ("PII_TEXTS", "refuse"),
        ];
        with_settings(&self.place, &["run", "--json"], &settings).ends_with(3).json()
    }
}

/// All rows of a file count.
fn all(rows: usize) -> Expected {
    Expected { read: rows as u64, ..Expected::default() }
}

/// A run did with each file what it must, and with no other. Returns the reasons met.
fn check(report: &Value, files: &BTreeMap<String, Expected>) -> BTreeSet<&'static str> {
    let list = report["files"].as_array().unwrap();
    let path = |file: &Value| file["path"].as_str().unwrap().to_owned();
    let found: BTreeMap<String, &Value> = list.iter().map(|file| (path(file), file)).collect();
    assert!(found.keys().eq(files.keys()));
    let mut met = BTreeSet::new();
    for (path, expected) in files {
        let file = found[path];
        met.extend(expected.refused.keys().copied().chain(expected.file));
        let rows = &file["rows"];
        if let Some(reason) = expected.file {
            assert_eq!((&file["outcome"], &file["reason"]), (&json!("rejected"), &json!(reason)));
            assert_eq!(rows["read"], 0);
            continue;
        }
        assert_eq!(file["outcome"], "accepted", "{file}");
        let by_reason = rows.get("refused_by_reason").cloned().unwrap_or(json!({}));
        assert_eq!(by_reason, json!(expected.refused), "{path}");
        let refused: u64 = expected.refused.values().sum();
        let staged = expected.read - refused - expected.duplicate;
        let counts = ["read", "staged", "refused", "duplicate"].map(|name| rows[name].clone());
        let expected = [expected.read, staged, refused, expected.duplicate];
        assert_eq!(counts, expected.map(Value::from), "{path}");
    }
    met
}

#[test]
fn counts_come_out_exactly_every_good_row_counts_and_nothing_else_does() {
    let classes = REVIEWS.len() + LOGS.len() + PURCHASES.len() + FILES.len();
    assert!(classes > 100, "{classes} classes");
    for seed in [1, 2] {
        let mut dirty = Dirty::new(seed);
        let mut met = check(&dirty.run(), &dirty.files);
        assert_same(&dirty.place.facts(), &dirty.facts);
        assert_eq!(dirty.place.spend(), dirty.spend);
        dirty.copy();
        met.extend(check(&dirty.run(), &dirty.files));
        assert_same(&dirty.place.facts(), &dirty.facts);
        assert_eq!(dirty.place.spend(), dirty.spend);
        // No reason is without a class that ends with it.
        let of_rows = RowReason::ALL.iter().map(|reason| reason.name());
        let of_files = FileReason::ALL.iter().map(|reason| reason.name());
        assert_eq!(met, of_rows.chain(of_files).collect());
    }
}
