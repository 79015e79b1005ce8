//! The embedded engine against a plain model: random files with ids that stand in several of
//! them, moved between days and files, and the days it calls dirty.

#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use engine::{Change, Changed, Embedded, Engine, Live};
use lake::{IngestOptions, Lake, Outcome, Receipt};
use pipeline::{Dataset, Day, facts::FactBatch};

/// Review id -> (customer, positive); log id -> (day of April 2021, device).
type Reviews = BTreeMap<i64, (i64, bool)>;
type Logs = BTreeMap<i64, (u32, &'static str)>;

#[derive(Clone, Default, PartialEq)]
struct Files {
    reviews: BTreeMap<String, Reviews>,
    logs: BTreeMap<String, Logs>,
}

/// Grain (day, customer, device) -> (score, count).
type Facts = BTreeMap<(Day, i64, String), (i32, i32)>;

fn april(day: u32) -> Day {
    Day::from_ymd(2021, 4, day).unwrap()
}

/// The rules as they are written: the greater path wins, then join, then group.
fn model(files: &Files) -> (Facts, BTreeMap<Day, u64>) {
    let reviews: Reviews = files.reviews.values().flatten().map(|(id, r)| (*id, *r)).collect();
    let logs: Logs = files.logs.values().flatten().map(|(id, l)| (*id, *l)).collect();
    let (mut facts, mut unmatched) = (Facts::new(), BTreeMap::new());
    for (id, (day, device)) in logs {
        match reviews.get(&id) {
            Some((customer, positive)) => {
                let fact = facts.entry((april(day), *customer, device.to_owned())).or_default();
                fact.0 += i32::from(*positive);
                fact.1 += 1;
            }
            None => *unmatched.entry(april(day)).or_default() += 1,
        }
    }
    (facts, unmatched)
}

fn write(raw: &Path, files: &Files) {
    let put = |path: &str, text: String| {
        let path = raw.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for (path, reviews) in &files.reviews {
        let rows = reviews.iter().map(|(id, (customer, positive))| {
            format!("{customer},{},{id}\n", if *positive { "good" } else { "bad" })
        });
        put(path, format!("cid,review_str,id_review\n{}", rows.collect::<String>()));
    }
    for (path, logs) in &files.logs {
        let rows = logs.iter().map(|(id, (day, device))| {
            format!(
                "{id},<reviewlog><log><logDate>04-{day:02}-2021</logDate><device>{device}</device>\
                 <location>Ohio</location><os>Linux</os></log></reviewlog>\n"
            )
        });
        put(path, format!("id_review,log\n{}", rows.collect::<String>()));
    }
}

/// Stages everything and gives the live receipts.
async fn stage(lake: &Lake, files: &Files) -> Live {
    let mut live = Live::default();
    for path in files.reviews.keys().chain(files.logs.keys()) {
        let receipt = match lake::ingest(lake, path, &IngestOptions::default()).await.unwrap() {
            Outcome::Accepted(receipt) | Outcome::AlreadyDone(receipt) => receipt,
            outcome => panic!("{path}: {outcome:?}"),
        };
        live.of_mut(Dataset::of_path(path).unwrap()).push(receipt);
    }
    live
}

fn facts_of(batches: &[FactBatch]) -> (Facts, BTreeMap<Day, u64>) {
    let (mut facts, mut unmatched) = (Facts::new(), BTreeMap::new());
    for batch in batches {
        assert!(batch.rows.is_sorted_by_key(|fact| fact.day));
        for row in &batch.rows {
            let device = batch.dimensions.device.texts()[row.device as usize].clone();
            let twice = facts.insert((row.day, row.customer, device), (row.score, row.count));
            assert_eq!(twice, None, "{row:?} stands twice");
        }
        for total in &batch.days {
            if total.unmatched > 0 {
                unmatched.insert(total.day, total.unmatched);
            }
            let counted = batch.rows.iter().filter(|fact| fact.day == total.day);
            assert_eq!(total.matched, counted.map(|fact| fact.count as u64).sum::<u64>());
        }
    }
    (facts, unmatched)
}

async fn build(engine: &Embedded, live: &Live, days: &BTreeSet<Day>) -> Vec<FactBatch> {
    let mut batches = Vec::new();
    for portion in engine.portions(live, days) {
        batches.push(engine.facts(live, &portion).await.unwrap());
    }
    batches
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % n
    }
}

/// Few ids over several files, so that they often meet.
fn random(random: &mut Random) -> Files {
    let mut files = Files::default();
    for file in 0..1 + random.below(3) {
        let ids = (0..random.below(12)).map(|_| random.below(20) as i64).collect::<BTreeSet<_>>();
        let review = |id| (id, (1 + id % 3, id % 2 == 0));
        files
            .reviews
            .insert(format!("movie_review/{file}.csv"), ids.into_iter().map(review).collect());
    }
    for file in 0..1 + random.below(4) {
        let ids = (0..random.below(12)).map(|_| random.below(20) as i64).collect::<BTreeSet<_>>();
        let mut log = |id| {
            let device = ["Mobile", "Tablet"][random.below(2) as usize];
            (id, (1 + random.below(5) as u32, device))
        };
        files
            .logs
            .insert(format!("log_reviews/{file}.csv"), ids.into_iter().map(&mut log).collect());
    }
    files
}

fn all_days() -> BTreeSet<Day> {
    (1..=5).map(april).collect()
}

fn lake() -> (tempfile::TempDir, Lake) {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::local(dir.path()).unwrap();
    (dir, lake)
}

#[tokio::test]
async fn facts_equal_the_plain_rules_in_one_portion_and_in_many() {
    for seed in 0..60 {
        let files = random(&mut Random(seed));
        let (dir, lake) = lake();
        write(&dir.path().join("raw"), &files);
        let live = stage(&lake, &files).await;
        for memory in [1, 500, u64::MAX] {
            let engine = Embedded::new(lake.clone(), memory);
            let batches = build(&engine, &live, &all_days()).await;
            assert_eq!(facts_of(&batches), model(&files), "seed {seed}, memory {memory}");
        }
    }
}

fn change(before: &[Receipt], after: &[Receipt]) -> Vec<Changed> {
    let find = |receipts: &[Receipt], path: &str| {
        receipts.iter().find(|receipt| receipt.path == path).cloned()
    };
    let paths: BTreeSet<&String> = before.iter().chain(after).map(|r| &r.path).collect();
    let changed = paths
        .into_iter()
        .map(|path| Changed { before: find(before, path), after: find(after, path) });
    changed.filter(|changed| changed.before != changed.after).collect()
}

#[tokio::test]
async fn every_day_whose_facts_change_is_dirty() {
    let mut clean = 0;
    for seed in 0..60 {
        let mut dice = Random(1_000 + seed);
        let (dir, lake) = lake();
        let raw = dir.path().join("raw");
        let old = random(&mut dice);
        let mut new = random(&mut dice);
        // Some files stay as they were.
        for (path, rows) in &old.logs {
            if dice.below(2) == 0 {
                new.logs.insert(path.clone(), rows.clone());
            }
        }
        for (path, rows) in &old.reviews {
            if dice.below(2) == 0 {
                new.reviews.insert(path.clone(), rows.clone());
            }
        }
        write(&raw, &old);
        let before = stage(&lake, &old).await;
        std::fs::remove_dir_all(&raw).unwrap();
        write(&raw, &new);
        let unchanged = |files: &Files, path: &str| {
            old.logs.get(path).is_some_and(|rows| files.logs.get(path) == Some(rows))
                || old.reviews.get(path).is_some_and(|rows| files.reviews.get(path) == Some(rows))
        };
        let mut after = Live::default();
        for path in new.reviews.keys().chain(new.logs.keys()) {
            let dataset = Dataset::of_path(path).unwrap();
            let mut live = before.clone();
            let kept = live.of_mut(dataset).iter().find(|r| r.path == *path).cloned();
            let receipt = match kept {
                Some(receipt) if unchanged(&new, path) => receipt,
                _ => {
                    let options = IngestOptions { force: true, ..IngestOptions::default() };
                    match lake::ingest(&lake, path, &options).await.unwrap() {
                        Outcome::Accepted(receipt) => receipt,
                        outcome => panic!("{path}: {outcome:?}"),
                    }
                }
            };
            after.of_mut(dataset).push(receipt);
        }
        let change = Change {
            reviews: change(&before.reviews, &after.reviews),
            logs: change(&before.logs, &after.logs),
            purchases: Vec::new(),
        };
        let engine = Embedded::new(lake, u64::MAX);
        let dirty = engine.dirty_days(&after, &change).await.unwrap();
        clean += all_days().difference(&dirty).count();
        let reviews = |files: &Files| {
            files.reviews.values().flat_map(|rows| rows.keys()).collect::<BTreeSet<_>>().len()
                as i64
        };
        let moved = engine.review_ids(&after, &change).await.unwrap();
        assert_eq!(moved, reviews(&new) - reviews(&old), "seed {seed}: review ids");
        // The old facts, with the dirty days built anew, are the new facts.
        let (mut facts, mut unmatched) = model(&old);
        facts.retain(|(day, _, _), _| !dirty.contains(day));
        unmatched.retain(|day, _| !dirty.contains(day));
        let (built, waiting) = facts_of(&build(&engine, &after, &dirty).await);
        facts.extend(built);
        unmatched.extend(waiting);
        assert_eq!((facts, unmatched), model(&new), "seed {seed}");
    }
    assert!(clean > 20, "hardly any day was clean ({clean}): this proves little");
}

#[tokio::test]
async fn one_new_day_reads_only_files_whose_ids_overlap() {
    let (dir, lake) = lake();
    let mut files = Files::default();
    for day in 1..=20_u32 {
        let ids = i64::from(day) * 100..i64::from(day) * 100 + 10;
        let reviews = ids.clone().map(|id| (id, (id, true))).collect();
        let logs = ids.map(|id| (id, (day, "Mobile"))).collect();
        files.reviews.insert(format!("movie_review/{day:02}.csv"), reviews);
        files.logs.insert(format!("log_reviews/{day:02}.csv"), logs);
    }
    write(&dir.path().join("raw"), &files);
    let live = stage(&lake, &files).await;
    let last =
        |receipts: &[Receipt]| vec![Changed { before: None, after: receipts.last().cloned() }];
    let change =
        Change { reviews: last(&live.reviews), logs: last(&live.logs), purchases: Vec::new() };
    let engine = Embedded::new(lake.clone(), u64::MAX);
    let before = lake.work().parquet_files_read;
    let dirty = engine.dirty_days(&live, &change).await.unwrap();
    assert_eq!(dirty, BTreeSet::from([april(20)]));
    let batches = build(&engine, &live, &dirty).await;
    assert_eq!(batches[0].rows.len(), 10);
    assert_eq!(lake.work().parquet_files_read - before, 2, "one log file and one review file");
}
