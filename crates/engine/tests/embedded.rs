//! The embedded engine: what every engine must do, at which cost, and what it says when a set does
//! not fit.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[macro_use]
mod conformance;

use std::{collections::BTreeSet, sync::Arc};

use conformance::{
    model::{Files, april, build, csv},
    world::{Home, Worlds},
};
use engine::{Change, Changed, Embedded, Engine, Error};
use lake::Receipt;

async fn embedded() -> Worlds {
    let engine = Box::new(|lake, memory| Arc::new(Embedded::new(lake, memory)) as Arc<dyn Engine>);
    Worlds { home: Home::Folders, engine, rounds: 60 }
}

conformance_suite!(embedded);

#[tokio::test]
async fn a_day_that_does_not_fit_says_what_to_set() {
    let worlds = embedded().await;
    let world = worlds.new_world();
    let mut files = Files::default();
    let logs = (1..=3).map(|id| (id, (1, "Mobile"))).chain([(9, (2, "Mobile"))]).collect();
    files.log("1", logs);
    let live = world.live(&csv(&files)).await;
    let days = BTreeSet::from([april(1), april(2)]);
    let engine = world.engine_within(200);
    assert_eq!(engine.batches(&live, &days).len(), 2, "in batches");
    assert!(engine.facts(&live, &BTreeSet::from([april(2)])).await.is_ok());
    let error = engine.facts(&live, &BTreeSet::from([april(1)])).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { rows: 3, .. }) && !error.is_transient());
    let text = error.to_string();
    for named in ["2021-04-01", "3 rows", "ENGINE_MEMORY_MB", "ENGINE=sc://"] {
        assert!(text.contains(named), "{text}");
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
