//! Dirty days, linked days and the number of review ids.

use std::collections::BTreeSet;

use engine::{Change, Changed, Live};
use lake::Receipt;
use pipeline::Day;

use super::{
    model::{Files, Logs, all_days, april, build, csv, log_csv, model, plain, review_csv},
    random::Random,
    world::{World, Worlds, change, changes},
};

/// Stages those files that differ, and keeps the receipts of the others.
async fn restage(world: &World<'_>, before: &Live, old: &Files, new: &Files) -> Live {
    let mut live = Live::default();
    let of = |receipts: &[Receipt], name: &str| {
        receipts.iter().find(|receipt| receipt.path == world.path(name)).cloned()
    };
    for (name, rows) in &new.reviews {
        live.reviews.push(match of(&before.reviews, name) {
            Some(receipt) if old.reviews.get(name) == Some(rows) => receipt,
            _ => world.put(name, &review_csv(rows)).await,
        });
    }
    for (name, rows) in &new.logs {
        live.logs.push(match of(&before.logs, name) {
            Some(receipt) if old.logs.get(name) == Some(rows) => receipt,
            _ => world.put(name, &log_csv(rows)).await,
        });
    }
    live
}

/// The old facts, with the dirty days built anew, are the new facts.
pub async fn every_day_whose_facts_change_is_dirty(worlds: &Worlds) {
    let mut clean = 0;
    for seed in 0..worlds.rounds {
        let mut dice = Random(1_000 + seed);
        let (old, mut new) = (dice.files(), dice.files());
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
        let world = worlds.new_world();
        let before = world.live(&csv(&old)).await;
        let after = restage(&world, &before, &old, &new).await;
        let change = change(&before, &after);
        let engine = world.engine();
        let dirty = engine.dirty_days(&after, &change).await.unwrap();
        clean += all_days().difference(&dirty).count();
        let (mut facts, mut waiting) = model(&old);
        facts.retain(|(day, _, _), _| !dirty.contains(day));
        waiting.retain(|day, _| !dirty.contains(day));
        let (built, more) = plain(&build(engine.as_ref(), &after, &dirty).await);
        facts.extend(built);
        waiting.extend(more);
        assert_eq!((facts, waiting), model(&new), "seed {seed}");
    }
    // Few rounds prove less; over many, some days must have stayed clean.
    assert!(worlds.rounds < 10 || clean as u64 * 3 > worlds.rounds, "{clean} days were clean");
}

fn logs(rows: &[(i64, u32)]) -> Logs {
    rows.iter().map(|(id, day)| (*id, (*day, "Mobile"))).collect()
}

fn only_logs(change: Vec<Changed>) -> Change {
    Change { logs: change, ..Change::default() }
}

async fn dirty(world: &World<'_>, live: &Live, change: &Change) -> BTreeSet<Day> {
    world.engine().dirty_days(live, change).await.unwrap()
}

pub async fn an_id_that_moves_between_files_dirties_all_its_days(worlds: &Worlds) {
    let world = worlds.new_world();
    let first = world.put("log_reviews/a.csv", &log_csv(&logs(&[(1, 1), (2, 2), (9, 5)]))).await;
    let second = world.put("log_reviews/b.csv", &log_csv(&logs(&[(3, 3)]))).await;
    let moved = world.put("log_reviews/b.csv", &log_csv(&logs(&[(3, 3), (1, 4)]))).await;
    let live = Live { logs: vec![first.clone(), moved.clone()], ..Live::default() };
    let change = only_logs(changes(&[first, second], &live.logs));
    assert_eq!(dirty(&world, &live, &change).await, BTreeSet::from([1, 3, 4].map(april)));
    // A review file restated to other ids, which no log of day 2 or 5 has.
    let old = world.put("movie_review/a.csv", &review_csv(&[(1, (1, true))].into())).await;
    let new = world.put("movie_review/a.csv", &review_csv(&[(3, (1, true))].into())).await;
    let mut live = live;
    live.reviews.push(new.clone());
    let change = Change { reviews: changes(&[old], &[new]), ..Change::default() };
    assert_eq!(dirty(&world, &live, &change).await, BTreeSet::from([1, 3, 4].map(april)));
}

pub async fn a_version_that_was_cleared_away_is_taken_by_its_range(worlds: &Worlds) {
    let world = worlds.new_world();
    let rows = logs(&[(1, 1), (4, 2), (6, 3), (20, 4)]);
    let log = world.put("log_reviews/a.csv", &log_csv(&rows)).await;
    let ids = |ids: &[i64]| review_csv(&ids.iter().map(|id| (*id, (1, true))).collect());
    let old = world.put("movie_review/a.csv", &ids(&[3, 7])).await;
    let new = world.put("movie_review/a.csv", &ids(&[20])).await;
    world.clear_away(&old).await;
    let live = Live { logs: vec![log], reviews: vec![new.clone()], ..Live::default() };
    let change = Change { reviews: changes(&[old], &[new]), ..Change::default() };
    assert_eq!(dirty(&world, &live, &change).await, BTreeSet::from([2, 3, 4].map(april)));
}

pub async fn days_that_share_ids_are_linked_through_others(worlds: &Worlds) {
    let world = worlds.new_world();
    // 1 moved from day 1 to day 2, 2 from day 2 to day 3; day 4 shares an id but is clean.
    let old = world.put("log_reviews/a.csv", &log_csv(&logs(&[(1, 1), (2, 2), (3, 5)]))).await;
    let new = world.put("log_reviews/a.csv", &log_csv(&logs(&[(1, 2), (2, 3), (3, 5)]))).await;
    let other = world.put("log_reviews/b.csv", &log_csv(&logs(&[(2, 4)]))).await;
    let live = Live { logs: vec![new.clone(), other.clone()], ..Live::default() };
    let change = only_logs(changes(&[old], &[new]));
    let dirty = BTreeSet::from([1, 2, 3, 5].map(april));
    let engine = world.engine();
    for (from, to) in [(1, vec![1, 2, 3]), (3, vec![1, 2, 3]), (5, vec![5])] {
        let linked = engine.linked_days(&live, &change, &dirty, [april(from)].into()).await;
        assert_eq!(linked.unwrap(), to.into_iter().map(april).collect(), "from day {from}");
    }
}
