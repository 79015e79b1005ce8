//! The embedded engine: what every engine must do, at which cost, and within which budget.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[macro_use]
mod conformance;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use conformance::{
    model::{
        Files, Logs, all_days, april, build, csv, found_customers, log_row, model, other_customers,
        parts, plain,
    },
    random::Random,
    world::{Home, Worlds, change},
};
use engine::{Change, Changed, Embedded, Engine};
use lake::Receipt;
use pipeline::facts::FactBatch;

async fn embedded() -> Worlds {
    let engine = Box::new(|lake, memory| Arc::new(Embedded::new(lake, memory)) as Arc<dyn Engine>);
    Worlds { home: Home::Folders, engine, rounds: 60 }
}

conformance_suite!(embedded);

/// A single day whose logs, facts or texts outgrow the budget is built part by part.
#[tokio::test]
async fn a_budget_of_any_size_gives_the_same_facts() {
    let worlds = embedded().await;
    let mut most = 0;
    for seed in 0..worlds.rounds {
        let files = Random(seed).files();
        let world = worlds.new_world();
        let live = world.live(&csv(&files)).await;
        for memory in [0, 400, 1_000, 4_000] {
            let engine = world.engine_within(memory);
            let days = all_days();
            let built = parts(engine.as_ref(), &live, &days).await.unwrap();
            assert_eq!(plain(&built), model(&files), "seed {seed}, memory {memory}");
            assert_eq!(found_customers(&built), other_customers(&files), "seed {seed}");
            let lost = superseded(&files);
            let lost: BTreeMap<_, _> =
                lost.iter().map(|(name, n)| (world.path(name), *n)).collect();
            assert_eq!(found_superseded(&built), lost, "seed {seed}, memory {memory}");
            most = most.max(built.len());
        }
    }
    assert!(most > 5, "{most} parts at most");
}

/// Dirty and linked days, with a budget that holds one id at a time.
#[tokio::test]
async fn a_budget_of_one_id_finds_the_same_days() {
    let worlds = embedded().await;
    for seed in 0..worlds.rounds {
        let (before, after) = (Random(seed).files(), Random(seed + 1_000).files());
        let world = worlds.new_world();
        let before = world.live(&csv(&before)).await;
        let after = world.live(&csv(&after)).await;
        let change = change(&before, &after);
        let (all, one) = (world.engine(), world.engine_within(16));
        let dirty = all.dirty_days(&after, &change).await.unwrap();
        assert_eq!(one.dirty_days(&after, &change).await.unwrap(), dirty, "seed {seed}");
        for day in &dirty {
            let day = BTreeSet::from([*day]);
            let linked = all.linked_days(&after, &change, &dirty, day.clone()).await.unwrap();
            let again = one.linked_days(&after, &change, &dirty, day).await.unwrap();
            assert_eq!(again, linked, "seed {seed}");
        }
    }
}

/// One customer, one day, and a text of its own for each log: the budget holds some of the texts.
#[tokio::test]
async fn texts_count_against_the_budget() {
    let worlds = embedded().await;
    let world = worlds.new_world();
    let (mut logs, mut reviews) = (String::from("id_review,log\n"), String::new());
    for id in 0..300 {
        let device = format!("{id:03}{}", "\u{3042}".repeat(190));
        logs += &log_row(id, 1, &[("device", &device)]);
        reviews += &format!("7,good,{id}\n");
    }
    let reviews = format!("cid,review_str,id_review\n{reviews}");
    let files = [("log_reviews/1.csv", logs), ("movie_review/1.csv", reviews)];
    let live = world.live(&files).await;
    let days = BTreeSet::from([april(1)]);
    let engine = world.engine_within(128 << 10);
    assert_eq!(engine.batches(&live, &days).len(), 1);
    let built = parts(engine.as_ref(), &live, &days).await.unwrap();
    assert!((8..100).contains(&built.len()), "{} parts", built.len());
    let (facts, _) = plain(&built);
    assert_eq!(facts.len(), 300);
    for part in built {
        let bytes: usize = part.texts.iter().flat_map(|texts| texts.texts()).map(str::len).sum();
        assert!(bytes < 128 << 10, "{bytes} bytes of texts");
    }
}

/// Two ids far off stand among those of one day: files of other days are not read for them.
#[tokio::test]
async fn a_wild_id_costs_its_own_file_only() {
    let worlds = embedded().await;
    let world = worlds.new_world();
    let mut files = Files::default();
    for day in 1..=20_u32 {
        let ids = i64::from(day) * 100_000..i64::from(day) * 100_000 + 10;
        let mut reviews: BTreeMap<_, _> = ids.clone().map(|id| (id, (id, true))).collect();
        let mut logs: BTreeMap<_, _> = ids.map(|id| (id, (day, "Mobile"))).collect();
        if day == 5 {
            reviews.extend([(i64::MAX, (1, true)), (i64::MIN, (1, true))]);
            logs.extend([(9_000_000_000_000_000_000, (day, "Mobile"))]);
        }
        files.review(format!("{day:02}"), reviews);
        files.log(format!("{day:02}"), logs);
    }
    let live = world.live(&csv(&files)).await;
    let engine = world.engine();
    for day in [5, 20] {
        let new = |receipts: &[Receipt]| {
            vec![Changed { before: None, after: receipts.get(day as usize - 1).cloned() }]
        };
        let change =
            Change { reviews: new(&live.reviews), logs: new(&live.logs), purchases: Vec::new() };
        let before = world.lake.work().parquet_files_read;
        let dirty = engine.dirty_days(&live, &change).await.unwrap();
        assert_eq!(dirty, BTreeSet::from([april(day)]));
        build(engine.as_ref(), &live, &dirty).await;
        let read = world.lake.work().parquet_files_read - before;
        assert_eq!(read, 2, "the log file and the review file of day {day}");
    }
}

#[tokio::test]
async fn one_new_day_reads_only_files_whose_ids_overlap() {
    let worlds = embedded().await;
    let world = worlds.new_world();
    let mut files = Files::default();
    for day in 1..=20_u32 {
        let ids = i64::from(day) * 100..i64::from(day) * 100 + 10;
        let reviews = ids.clone().map(|id| (id, (id, true))).collect();
        let logs = ids.map(|id| (id, (day, "Mobile"))).collect();
        files.review(format!("{day:02}"), reviews);
        files.log(format!("{day:02}"), logs);
    }
    let live = world.live(&csv(&files)).await;
    let last =
        |receipts: &[Receipt]| vec![Changed { before: None, after: receipts.last().cloned() }];
    let change =
        Change { reviews: last(&live.reviews), logs: last(&live.logs), purchases: Vec::new() };
    let engine = world.engine();
    let before = world.lake.work().parquet_files_read;
    let dirty = engine.dirty_days(&live, &change).await.unwrap();
    assert_eq!(dirty, BTreeSet::from([april(20)]));
    let batches = build(engine.as_ref(), &live, &dirty).await;
    assert_eq!(batches[0].rows.len(), 10);
    assert_eq!(
        world.lake.work().parquet_files_read - before,
        2,
        "one log file and one review file"
    );
}

/// Rows that do not count because a greater path has their id, by file: all logs, and the reviews
/// of logs that count.
fn superseded(files: &Files) -> BTreeMap<String, u64> {
    let logs: Logs = files.logs.values().flatten().map(|(id, l)| (*id, *l)).collect();
    let mut rows = BTreeMap::new();
    fn lost<T>(
        files: &BTreeMap<String, BTreeMap<i64, T>>,
        counts: impl Fn(&i64) -> bool,
        rows: &mut BTreeMap<String, u64>,
    ) {
        for (path, of_file) in files {
            let greater = || files.range(path.clone()..).skip(1);
            let beaten = |id: &&i64| greater().any(|(_, other)| other.contains_key(*id));
            let lost = of_file.keys().filter(|id| counts(id)).filter(beaten).count();
            if lost > 0 {
                rows.insert(path.clone(), lost as u64);
            }
        }
    }
    lost(&files.logs, |_| true, &mut rows);
    lost(&files.reviews, |id| logs.contains_key(id), &mut rows);
    rows
}

/// What the batches say of them.
fn found_superseded(batches: &[FactBatch]) -> BTreeMap<String, u64> {
    let mut rows = BTreeMap::new();
    for (path, more) in batches.iter().flat_map(|batch| &batch.superseded) {
        *rows.entry(path.clone()).or_default() += more;
    }
    rows
}
