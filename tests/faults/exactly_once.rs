//! Each file counts once, and nothing strands, whatever happens and without an operator: see
//! [`simulation`](crate::simulation). In the end the warehouse holds what the files come to,
//! computed in the plainest way.
//!
//! Three hundred rounds by default; `ROUNDS=5000 cargo test --test faults exactly_once` plays more,
//! `SEED=17` that one alone, and `STEPS=40` only its first steps. A failure names its seed and the
//! shortest part of the round that fails; `TRACE=1` prints each step.

use std::panic;

use lake::failpoint;

use crate::{
    common::failpoints::alone_without_runtime,
    simulation::{Failure, Plan, play},
};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

fn plan(seed: u64) -> Plan {
    Plan { seed, steps: number("STEPS").unwrap_or(u64::MAX), lines: number("TRACE").is_some() }
}

/// Plays rounds alone. Processes that are meant to die do not print that they do.
fn quietly<T>(test: impl FnOnce() -> T) -> T {
    alone_without_runtime(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        let result = panic::catch_unwind(panic::AssertUnwindSafe(test));
        panic::set_hook(loud);
        result.unwrap_or_else(|panic| panic::resume_unwind(panic))
    })
}

/// The shortest part of a round that fails, by halving.
fn shortest(seed: u64, failure: Failure) -> Failure {
    let (mut passes, mut fails) = (0, failure);
    while passes < fails.steps {
        let steps = passes + (fails.steps - passes) / 2;
        match play(Plan { steps, ..plan(seed) }) {
            Ok(_) => passes = steps + 1,
            Err(failure) => fails = Failure { steps, ..failure },
        }
    }
    fails
}

#[test]
fn everything_comes_right_by_itself() {
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => number("FROM").unwrap_or(0)..number("ROUNDS").unwrap_or(300),
    };
    let failed = quietly(|| {
        seeds.into_iter().find_map(|seed| {
            let failure = play(plan(seed)).err()?;
            let failure = if number("STEPS").is_some() { failure } else { shortest(seed, failure) };
            Some((seed, failure))
        })
    });
    if let Some((seed, Failure { why, steps, lines })) = failed {
        panic!(
            "{}\n{why}\nSEED={seed} STEPS={steps} TRACE=1 cargo test --test faults exactly_once",
            lines.join("\n")
        );
    }
}

#[test]
fn a_seed_is_one_schedule() {
    quietly(|| {
        for seed in 0..4 {
            let trace = || play(plan(seed)).map_err(|failure| failure.why);
            let first = trace();
            assert!((1..25).all(|_| trace() == first), "seed {seed} has two traces");
        }
    });
}

/// Rules of both commits. Each is switched off in turn: the rounds must notice. What four more
/// rules prevent is too rare for some hundred rounds, so tests of their own prove them; `RULE=` tries
/// one: `success wins`, `duplicates at publish`, `marker after commit`, `replaced versions`.
const RULES: [&str; 13] = [
    "create only",
    "own receipt",
    "if match",
    "version",
    "errors are no deaths",
    "due again",
    "free again",
    "grace",
    "nobody between",
    "list again",
    "old version",
    "spend of all days",
    "damaged receipts",
];

#[test]
fn each_rule_that_is_switched_off_is_noticed() {
    let most = number("ROUNDS").unwrap_or(1_000);
    let unnoticed = quietly(|| {
        let mut unnoticed = Vec::new();
        let only = std::env::var("RULE").ok();
        for rule in only.as_deref().map_or(RULES.to_vec(), |only| vec![only]) {
            failpoint::switch_off(Some(rule));
            match (0..most).find(|seed| play(plan(*seed)).is_err()) {
                Some(seed) => eprintln!("{rule}: round {}", seed + 1),
                None => unnoticed.push(rule.to_owned()),
            }
            failpoint::switch_off(None);
        }
        unnoticed
    });
    assert!(unnoticed.is_empty(), "not noticed in {most} rounds: {unnoticed:?}");
}
