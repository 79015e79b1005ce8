//! Whatever vendors do to their folder, the facts follow the rules of docs/DATA.md: files are
//! restated, renamed, compressed, sent twice, withdrawn, overwritten with their folder, and tiny.
//! Customers are erased meanwhile: then the facts are those of files that never had them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
};

use flate2::{Compression, write::GzEncoder};

use crate::{
    common::{
        dice::Dice,
        drop::{logs, purchases, reviews},
        oracle::Oracle,
        place::Place,
        warehouse::assert_same,
    },
    plan, with_settings,
};

const SETTINGS: [(&str, &str); 3] = [
    ("MAX_DAY_SHRINK", "1"),
    ("MAX_CUSTOMER_CHANGES", "1"),
    ("PII_KEY", "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"),
];

/// Content by path: what counts does not depend on the form in which it lies there.
type Files = BTreeMap<String, String>;

struct Round {
    dice: Dice,
    place: Place,
    /// What lies in raw.
    present: Files,
    /// Written since the last run.
    fresh: BTreeSet<String>,
    /// What counted after the last run, and still does unless something replaces it.
    counted: Files,
    /// Whether customers are erased in this round.
    erases: bool,
    /// Those who were.
    erased: BTreeSet<String>,
    /// What is left of files that were gone when customers were erased.
    reduced: Files,
    names: u64,
    /// What was done, for a failure.
    history: Vec<String>,
}

impl Round {
    fn new(seed: u64) -> Self {
        let (present, counted, fresh) = (Files::new(), Files::new(), BTreeSet::new());
        let (dice, place, history) = (Dice::new(seed), Place::new(), Vec::new());
        let (erases, erased, reduced) = (seed.is_multiple_of(2), BTreeSet::new(), Files::new());
        let names = 0;
        Self { dice, place, present, fresh, counted, erases, erased, reduced, names, history }
    }

    /// A name of a feed that was never used: what becomes of a name that comes back depends on
    /// which of two files with the same purchases counted under it.
    fn new_name(&mut self, folder: &str) -> String {
        self.names += 1;
        format!("{folder}/{}.csv", self.names)
    }

    fn name(&mut self, feed: &str) -> String {
        match feed {
            "user_purchase" => self.new_name(feed),
            _ => format!("{feed}/{}.csv", self.dice.pick(&["a", "b", "d=1/a", "d=1/b", "d=2/a"])),
        }
    }

    /// Few rows, and now and then none.
    fn content(&mut self, feed: &str) -> String {
        let ids: Vec<i64> = (0..self.dice.below(5)).map(|_| self.dice.below(12) as i64).collect();
        let dice = &mut self.dice;
        match feed {
            "movie_review" => {
                let mut row = |id| (dice.below(3) as i64, dice.pick(&["good", "dull"]), id);
                reviews(&ids.into_iter().map(&mut row).collect::<Vec<_>>())
            }
            "log_reviews" => {
                let mut row = |id| (id, dice.pick(&["2021-04-19", "2021-04-20"]), "TV");
                logs(&ids.into_iter().map(&mut row).collect::<Vec<_>>())
            }
            _ => {
                let mut row = |id| (dice.pick(&["1", "2", ""]), id, dice.pick(&["2.5", "0.1"]));
                purchases(&ids.into_iter().map(&mut row).collect::<Vec<_>>())
            }
        }
    }

    /// Writes a file in a form that its name allows.
    fn put(&mut self, path: &str, content: &str) {
        let crlf = self.dice.below(3) == 0;
        let text = if crlf { content.replace('\n', "\r\n") } else { content.to_owned() };
        match path.ends_with(".gz") {
            true => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(text.as_bytes()).unwrap();
                self.place.drop(path, encoder.finish().unwrap());
            }
            false => self.place.drop(path, text),
        }
        self.history.push(format!("put {path} {content:?}"));
        self.present.insert(path.to_owned(), content.to_owned());
        self.fresh.insert(path.to_owned());
    }

    fn remove(&mut self, path: &str) -> String {
        fs::remove_file(self.place.raw().join(path)).unwrap();
        self.history.push(format!("remove {path}"));
        self.fresh.remove(path);
        self.present.remove(path).unwrap()
    }

    fn any(&mut self) -> Option<String> {
        let at = self.dice.below(self.present.len().max(1) as u64) as usize;
        self.present.keys().nth(at).cloned()
    }

    fn step(&mut self) {
        let feed = self.dice.pick(&["movie_review", "log_reviews", "user_purchase"]);
        let any = self.any();
        match (self.dice.below(8), any) {
            // Restated.
            (0, Some(path)) => {
                let content = self.content(feed_of(&path));
                self.put(&path, &content);
            }
            // Renamed, or compressed.
            (1, Some(path)) if self.is_settled(&path) => {
                let feed = feed_of(&path).to_owned();
                let content = self.remove(&path);
                let name = match self.dice.below(2) {
                    0 => self.name(&feed),
                    _ => self.new_name(&feed) + ".gz",
                };
                self.put(&name, &content);
            }
            // Withdrawn.
            (2, Some(path)) if self.may_go(&path) => drop(self.remove(&path)),
            // Sent twice, in whatever form.
            (3, Some(path)) if self.is_settled(&path) => {
                let content = self.present[&path].clone();
                let name = self.new_name(feed_of(&path));
                let name = name + self.dice.pick(&["", ".gz"]);
                self.put(&name, &content);
            }
            // A folder is overwritten.
            (4, _) if feed != "user_purchase" => {
                let folder = format!("{feed}/d=1");
                let old = self.present.keys().filter(|path| path.starts_with(&folder));
                for path in old.cloned().collect::<Vec<_>>() {
                    self.remove(&path);
                }
                for _ in 0..1 + self.dice.below(2) {
                    let (name, content) = (self.new_name(&folder), self.content(feed));
                    self.put(&name, &content);
                }
            }
            _ => {
                let (name, content) = (self.name(feed), self.content(feed));
                self.put(&name, &content);
            }
        }
    }

    /// A log that was erased with its review is not there for another customer who gets the id later,
    /// unless its file still is.
    fn may_go(&self, path: &str) -> bool {
        !(self.erases && feed_of(path) == "log_reviews")
    }

    /// Nothing waits: a file that is read by `erase` is none that the next run finds new.
    fn erase(&mut self) {
        let customer = self.dice.pick(&["0", "1", "2"]);
        let ran = with_settings(&self.place, &["erase", "--customer", customer], &SETTINGS);
        assert!(matches!(ran.code, 0 | 3), "{ran:?}");
        self.history.push(format!("erase {customer}"));
        self.erased.insert(customer.to_owned());
        for (path, content) in &self.counted {
            if !self.present.contains_key(path) {
                let before = self.reduced.get(path).unwrap_or(content);
                let left = without(&last_of_each_id(path, before), path, &self.erased);
                self.reduced.insert(path.clone(), left);
            }
        }
    }

    /// What a file says of people who are not erased.
    fn left(&self, path: &str, content: &str) -> String {
        let reduced = self.reduced.get(path).filter(|_| !self.present.contains_key(path));
        without(reduced.map_or(content, String::as_str), path, &self.erased)
    }

    /// Whether the next run sees one file of this content at most besides what has counted: of two
    /// that come at once, whoever is read first counts.
    fn is_settled(&self, path: &str) -> bool {
        let content = &self.present[path];
        let others = self.present.iter().filter(|(other, text)| {
            *other != path && feed_of(other) == feed_of(path) && same(text, content)
        });
        !self.fresh.contains(path) && others.count() == 0
    }

    /// What counts by the rules of docs/DATA.md.
    fn count(&mut self) {
        let before = std::mem::take(&mut self.counted);
        let unchanged = before.iter().filter(|(path, text)| self.present.get(*path) == Some(text));
        self.counted = unchanged.map(|(path, text)| (path.clone(), text.clone())).collect();
        let gone = before.into_iter().filter(|(path, _)| !self.present.contains_key(path));
        let gone: Vec<_> =
            gone.filter(|(path, content)| !self.is_replaced(path, content)).collect();
        self.counted.extend(gone);
        for (path, content) in &self.present {
            let counts = feed_of(path) != "user_purchase"
                || !has_rows(content)
                || !self.counted.values().any(|other| same(other, content));
            if counts {
                self.counted.insert(path.clone(), content.clone());
            }
        }
        self.fresh.clear();
        let (counted, present) = (&self.counted, &self.present);
        self.reduced.retain(|path, _| counted.contains_key(path) && !present.contains_key(path));
    }

    fn is_replaced(&self, path: &str, content: &str) -> bool {
        let (feed, folder) = (feed_of(path), path.rsplit_once('/').unwrap().0);
        let renamed = self.present.iter().any(|(other, content_of_other)| {
            feed_of(other) == feed && has_rows(content) && same(content_of_other, content)
        });
        let mut there = self
            .present
            .keys()
            .filter(|other| other.rsplit_once('/').is_some_and(|(other, _)| other == folder));
        let any = there.clone().next().is_some();
        renamed || folder != feed && any && there.all(|other| self.fresh.contains(other))
    }

    fn run(&mut self, what: &str) {
        if self.dice.below(3) == 0 && self.place.warehouse().exists() {
            // Everything is staged first, so that a plan knows all that the publish finds.
            let staged = with_settings(&self.place, &["reconcile", "--json"], &SETTINGS);
            assert!(matches!(staged.code, 0 | 3), "{what}: {staged:?}");
            let place = &self.place;
            // Some days fail. The run that follows has no such check, so it lets them go.
            let most = self.dice.below(3);
            let folder = place.folder().join("lake/staging/_checks");
            fs::create_dir_all(&folder).unwrap();
            let few = format!("SELECT log_date FROM candidate WHERE review_count > {most}");
            fs::write(folder.join("few.sql"), few).unwrap();
            let checked = [&SETTINGS[..], &[("CHECKS", "_checks")]].concat();
            plan::agrees(|words| with_settings(place, words, &checked), &[], what);
        }
        let ran = with_settings(&self.place, &["run", "--json"], &SETTINGS);
        assert!(matches!(ran.code, 0 | 3), "{what}: {ran:?}");
        self.count();
        let left = |(path, text): (&String, &String)| (path.clone(), self.left(path, text).into());
        let files = self.counted.iter().map(left);
        let oracle = Oracle::of_contents(files.collect());
        if !oracle.facts.is_empty() || self.place.has_facts() {
            println!("{what}: {:#?}", std::mem::take(&mut self.history));
            assert_same(&self.place.facts(), &oracle.facts);
            assert_eq!(self.place.spend(), oracle.spend, "{what}");
        }
    }
}

fn feed_of(path: &str) -> &str {
    path.split_once('/').unwrap().0
}

/// The text without the lines of these customers.
fn without(text: &str, path: &str, erased: &BTreeSet<String>) -> String {
    let column = match feed_of(path) {
        "movie_review" => 0,
        "user_purchase" => 6,
        _ => return text.to_owned(),
    };
    let goes = |line: &&str| line.split(',').nth(column).is_some_and(|id| erased.contains(id));
    let kept = text.lines().enumerate().filter(|(n, line)| *n == 0 || !goes(line));
    kept.map(|(_, line)| format!("{line}\n")).collect()
}

/// What was staged of reviews: of each id the last line.
fn last_of_each_id(path: &str, text: &str) -> String {
    if feed_of(path) != "movie_review" {
        return text.to_owned();
    }
    let id = |line: &str| line.rsplit(',').next().unwrap_or_default().to_owned();
    let lines: Vec<&str> = text.lines().collect();
    let is_last = |n: usize| lines[n + 1..].iter().all(|later| id(later) != id(lines[n]));
    (0..lines.len()).filter(|n| is_last(*n)).map(|n| format!("{}\n", lines[n])).collect()
}

fn has_rows(content: &str) -> bool {
    content.lines().count() > 1
}

/// The order of purchases does not matter, that of others does.
fn same(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        if text.starts_with("Invoice") {
            lines.sort();
        }
        lines
    };
    sorted(one) == sorted(other)
}

#[test]
fn facts_follow_whatever_happens_to_files_in_raw() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(24);
    for seed in 0..rounds {
        let mut round = Round::new(seed);
        for step in 0..8 {
            if round.erases && round.place.has_facts() && round.dice.below(4) == 0 {
                round.erase();
            }
            for _ in 0..1 + round.dice.below(4) {
                round.step();
            }
            round.run(&format!("seed {seed}, step {step}"));
        }
        // What counts is in the lake, not in what a warehouse remembers.
        let (facts, spend) =
            (round.place.has_facts().then(|| round.place.facts()), round.place.spend());
        let place = round.place.with_new_warehouse();
        with_settings(&place, &["run"], &SETTINGS);
        assert_eq!(
            (facts, spend),
            (place.has_facts().then(|| place.facts()), place.spend()),
            "seed {seed}"
        );
    }
}
