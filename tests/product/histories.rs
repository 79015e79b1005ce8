//! After any history of drops and crashes, the facts are those of the files that are there in the end.

use std::{process::Stdio, thread::sleep, time::Duration};

use crate::{
    common::{
        app::Ran,
        dice::Dice,
        drop::{logs, purchases, reviews},
        place::Place,
    },
    on, with_settings,
};
use movie_analytics::sample::Sample;

/// A new version of one of a few files, its few ids in any order and some of them twice.
fn version(dice: &mut Dice, marker: usize) -> (String, String) {
    let folder = dice.pick(&["a", "b/2021-04-19", "b/2021-04-20", "c"]);
    let ids: Vec<i64> = (0..dice.below(12)).map(|_| dice.below(20) as i64 - 3).collect();
    let days = ["2021-04-19", "2021-04-20", "2021-05-01", "2020-02-29"];
    match dice.below(3) {
        0 => {
            let text = |dice: &mut Dice| dice.pick(&["a good one", "dull", "GOOD", "goods", ""]);
            let rows: Vec<_> =
                ids.iter().map(|id| (dice.below(4) as i64, text(dice), *id)).collect();
            (format!("movie_review/{folder}.csv"), reviews(&rows))
        }
        1 => {
            let device = |dice: &mut Dice| dice.pick(&["Mobile", "Tablet"]);
            let rows: Vec<_> = ids.iter().map(|id| (*id, dice.pick(&days), device(dice))).collect();
            (format!("log_reviews/{folder}.csv"), logs(&rows))
        }
        _ => {
            let customers = ["0", "1", "2.0", "3", "99", ""];
            let mut rows: Vec<_> = (0..ids.len())
                .map(|_| {
                    let price = dice.pick(&["0.1", "2.55", "-3", "0", "0.001"]);
                    (dice.pick(&customers), dice.below(9) as i64 - 4, price)
                })
                .collect();
            // No two files have the same content, which would be refused.
            rows.push(("", marker as i64, "1"));
            (format!("user_purchase/{folder}.csv"), purchases(&rows))
        }
    }
}

#[test]
fn any_history_of_new_and_restated_files_ends_in_the_facts_of_the_files() {
    for seed in 0..24 {
        let mut dice = Dice::new(seed);
        let place = Place::new();
        let mut history = Vec::new();
        for step in 0..5 {
            for file in 0..1 + dice.below(4) as usize {
                let (path, content) = version(&mut dice, step * 10 + file);
                place.drop(&path, &content);
                history.push((step, path, content));
            }
            // The guard against days that shrink looks at what was there before: not today.
            let ran = with_settings(
                &place,
                &["run", "--json"],
                &[("MAX_DAY_SHRINK", "1"), ("MAX_CUSTOMER_CHANGES", "1")],
            );
            let oracle = place.oracle();
            let right = place.facts() == oracle.facts && place.spend() == oracle.spend;
            if ran.code != 0 || !right {
                println!("{ran:?}\nseed {seed}, step {step} of {history:#?}");
                place.holds(&oracle);
                panic!("seed {seed}: exit code {}", ran.code);
            }
        }
    }
}

#[test]
fn three_runs_at_the_same_time_count_nothing_twice() {
    let place = Place::new();
    Sample { reviews: 600, days: 4, ..Sample::default() }.write(&place.raw()).unwrap();
    let start =
        || on(&place, &["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..3).map(|_| start()).collect();
    for child in children {
        Ran::from(child.wait_with_output().unwrap()).ends_with(0);
    }
    place.holds(&place.oracle());
    let report = place.run();
    assert_eq!(report["work"]["files_read"], 0, "{report}");
}

#[test]
fn a_run_that_is_killed_leaves_nothing_half_done() {
    let place = Place::new();
    Sample { reviews: 2_000, days: 4, ..Sample::default() }.write(&place.raw()).unwrap();
    let oracle = place.oracle();
    for millis in [1, 3, 6, 10, 15, 20, 30, 40, 60, 80] {
        let mut command = on(&place, &["run"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(millis));
        let _ = child.kill();
        child.wait().unwrap();
        if place.has_facts() {
            place.holds(&oracle);
        }
    }
    place.run();
    place.holds(&oracle);
}
