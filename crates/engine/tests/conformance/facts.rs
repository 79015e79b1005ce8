//! The row of each id that counts, join and group.

use std::collections::{BTreeMap, BTreeSet};

use pipeline::facts::BYTES_PER_LOG;

use super::{
    model::{
        Files, Logs, all_days, april, assert_model, build, csv, found_customers, log_row, model,
        other_customers, parts, plain, text,
    },
    random::Random,
    world::Worlds,
};

pub async fn facts_equal_the_plain_rules_in_one_batch_and_in_many(worlds: &Worlds) {
    for seed in 0..worlds.rounds {
        let files = Random(seed).files();
        let world = worlds.new_world();
        let live = world.live(&csv(&files)).await;
        let largest = all_days().iter().map(|day| live.logs_of(*day)).max().unwrap();
        // A batch for each day or two, and one for all.
        for memory in [largest * BYTES_PER_LOG, u64::MAX] {
            let batches = build(world.engine_within(memory).as_ref(), &live, &all_days()).await;
            assert_eq!(plain(&batches), model(&files), "seed {seed}, memory {memory}");
            assert_eq!(found_customers(&batches), other_customers(&files), "seed {seed}");
        }
    }
}

/// Each file holds ids of the one before it and of the one after, on another day.
pub async fn the_greater_path_wins_through_many_files(worlds: &Worlds) {
    for many in [4, 14] {
        the_greater_path_wins_through(many, worlds).await;
    }
}

async fn the_greater_path_wins_through(many: i64, worlds: &Worlds) {
    let mut files = Files::default();
    for file in 0..many {
        let day = 1 + file as u32 % 5;
        let logs = (file * 10..file * 10 + 15).map(|id| (id, (day, "Mobile"))).collect();
        files.log(format!("{file:02}"), logs);
        let reviews = (file * 10..file * 10 + 15).map(|id| (id, (file, file % 2 == 0))).collect();
        files.review(format!("{file:02}"), reviews);
    }
    let world = worlds.new_world();
    let live = world.live(&csv(&files)).await;
    let (facts, _) = model(&files);
    for days in [all_days(), BTreeSet::from([april(1)]), BTreeSet::from([april(2), april(4)])] {
        let batches = build(world.engine().as_ref(), &live, &days).await;
        let expected = facts.clone().into_iter().filter(|((day, ..), _)| days.contains(day));
        assert_eq!(plain(&batches), (expected.collect(), BTreeMap::new()));
    }
}

pub async fn texts_are_compared_byte_for_byte_and_an_absent_browser_is_unknown(worlds: &Worlds) {
    let devices = ["Mobile", "mobile", "MOBILE", "caf\u{e9}", "cafe", "Mo bile", "'; --"];
    let mut logs = String::from("id_review,log\n");
    let mut reviews = String::from("cid,review_str,id_review\n");
    for (id, device) in (0..).zip(devices) {
        let base = [("device", device)];
        for (more, browser) in [(0, None), (100, Some("Unknown")), (200, Some("Firefox"))] {
            let browser = browser.map(|browser| ("browser", browser));
            let elements: Vec<_> = base.into_iter().chain(browser).collect();
            logs += &log_row(id + more, 1, &elements);
            reviews += &format!("7,good,{}\n", id + more);
        }
    }
    let world = worlds.new_world();
    let live = world.live(&[("log_reviews/1.csv", logs), ("movie_review/1.csv", reviews)]).await;
    let days = BTreeSet::from([april(1)]);
    let batch = parts(world.engine().as_ref(), &live, &days).await.unwrap().remove(0);
    let mut found: Vec<(String, String, i32)> = batch
        .rows
        .iter()
        .map(|fact| (text(&batch, fact, "device"), text(&batch, fact, "browser"), fact.count))
        .collect();
    found.sort();
    let each = |device: &str| {
        [(device.to_owned(), "Firefox".to_owned(), 1), (device.to_owned(), "Unknown".to_owned(), 2)]
    };
    let mut expected: Vec<_> = devices.into_iter().flat_map(each).collect();
    expected.sort();
    assert_eq!(found, expected);
}

pub async fn ids_and_customers_may_be_any_integer(worlds: &Worlds) {
    let ids = [i64::MIN, -1, 0, i64::MAX];
    let mut files = Files::default();
    let logs: Logs = ids.map(|id| (id, (1, "Mobile"))).into();
    files.log("1", logs);
    let reviews = ids.map(|id| (id, (id, true))).into();
    files.review("1", reviews);
    assert_model(&worlds.new_world(), &files).await;
}

pub async fn days_without_any_row_are_there_and_empty(worlds: &Worlds) {
    let mut files = Files::default();
    files.log("1", [(1, (1, "Mobile"))].into());
    files.review("1", [(1, (1, true))].into());
    // Accepted, without rows.
    files.log("2", Logs::new());
    let world = worlds.new_world();
    let live = world.live(&csv(&files)).await;
    let batch = parts(world.engine().as_ref(), &live, &all_days()).await.unwrap().remove(0);
    let totals: Vec<_> = batch.days.iter().map(|total| (total.matched, total.unmatched)).collect();
    assert_eq!(totals, [(1, 0), (0, 0), (0, 0), (0, 0), (0, 0)]);
    let nothing = engine::Live::default();
    let batch = parts(world.engine().as_ref(), &nothing, &all_days()).await.unwrap().remove(0);
    assert_eq!((batch.days.len(), batch.rows.len()), (5, 0));
}

pub async fn logs_wait_where_there_is_no_review_at_all(worlds: &Worlds) {
    let mut files = Files::default();
    let logs = (1..=6).map(|id| (id, (1 + id as u32 % 2, "Mobile"))).collect();
    files.log("1", logs);
    assert_model(&worlds.new_world(), &files).await;
}

/// An older version of a live file, and a file that was forgotten, still lie in the lake.
pub async fn what_no_receipt_names_does_not_count(worlds: &Worlds) {
    let world = worlds.new_world();
    let mut files = Files::default();
    files.log("1", [(1, (1, "Mobile"))].into());
    files.review("1", [(1, (1, true))].into());
    let mut older = files.clone();
    older.log("1", [(1, (2, "Tablet")), (2, (2, "x"))].into());
    older.log("2", [(1, (3, "Tablet"))].into());
    older.review("1", [(1, (9, false))].into());
    world.live(&csv(&older)).await;
    assert_model(&world, &files).await;
}

/// Never fewer facts.
pub async fn a_live_file_that_is_gone_is_an_error(worlds: &Worlds) {
    let mut files = Files::default();
    for file in 1..=2_i64 {
        let logs = [(file, (file as u32, "Mobile"))].into();
        files.log(file, logs);
        let reviews = [(file, (1, true))].into();
        files.review(file, reviews);
    }
    for gone_log in [true, false] {
        let world = worlds.new_world();
        let live = world.live(&csv(&files)).await;
        let gone = if gone_log { &live.logs[1] } else { &live.reviews[1] };
        world.clear_away(gone).await;
        let facts = parts(world.engine().as_ref(), &live, &all_days()).await;
        assert!(facts.is_err(), "a log file: {gone_log}");
    }
}

/// Vendors name files as they like, and staged files carry those names.
const NAMES: [&str; 14] = [
    "a b",
    "\u{e9}\u{4e2d}",
    "100%25",
    "50% off",
    "x#y",
    "[z]",
    "{w,v}",
    "st*r",
    "p+q",
    "a=1",
    "s;t",
    "quo'te",
    "-dash",
    "com,ma",
];

pub async fn files_are_found_whatever_their_names(worlds: &Worlds) {
    let mut files = Files::default();
    for (n, name) in (0..).zip(NAMES) {
        let ids = n * 100..n * 100 + 3 + n;
        let logs = ids.clone().map(|id| (id, (1 + n as u32 % 5, "Mobile"))).collect();
        files.log(format!("{name}/{name}"), logs);
        let reviews = ids.map(|id| (id, (n, true))).collect();
        files.review(name, reviews);
    }
    assert_model(&worlds.new_world(), &files).await;
}
