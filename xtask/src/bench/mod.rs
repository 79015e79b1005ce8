//! `cargo xtask bench`: the product against what people would use instead, on the same files.

mod data;
mod files;
mod measured;
mod ours;
mod peers;
mod plan;
mod publish;
mod start;
mod table;

use std::fs;

use anyhow::{Context, Result, ensure};

pub use plan::{Plan, parse};

use crate::shell;
use measured::Taken;

pub const HELP: &str = "\
Measures the release build against Polars, DuckDB, DataFusion, chDB, pandas and PySpark on the same
files, in turn, and checks that all give the same facts. CPU seconds (user and system) of the best run count: they
depend least on what else the machine does.

Usage: cargo xtask bench [--size s|m|l] [--peers NAME,...] [--steps NAME,...] [--reps N]

  --size s      100,000 reviews (134 MB), 100,000 logs, 541,909 purchases; this is the default
  --size m      1,000,000 reviews (1.3 GB), logs and purchases
  --size l      5,000,000 reviews (6.6 GB) and logs, 1,000,000 purchases: for memory
  --size tiny   1,000 of each: shows whether everything works, measures nothing
  --peers       polars, duckdb, datafusion, chdb, pandas, spark, or none; by default all but Spark,
                which takes minutes a run
  --steps       reviews, logs, purchases   one file into Parquet, the process' start included
                aggregate                  staged Parquet into facts in Parquet
                whole                      all of it, with the facts in Parquet
                sqlite                     all of it, with the facts in the SQLite warehouse
                publish                    what is staged into SQLite, beside `.import` of sqlite3
                incremental                one new day of 30, against all 30 days at once
                files                      1,000 and 100,000 files of one row: all, none, one new
                start                      from the process to its first answer, and an event
                by default all but the last four
  --reps N      repetitions, 5 by default
  --positive N  positive reviews in 1,000: 340 by default as in real ones, 60 as in random words
  --profile P   release, the default, or profiling: the same code with names for profilers

Files and outputs lie in target/bench and may be removed at any time; the table is printed and
kept there as table-SIZE.md. The peers are installed once below ~/.cache/movie-analytics/tools;
that needs python3, and Java for Spark.";

pub fn run(plan: &Plan) -> Result<()> {
    let place = shell::target()?.join("bench");
    let raw = data::write(&place, plan)?;
    let mut taken = Taken::default();
    for repetition in 1..=plan.repetitions {
        println!("repetition {repetition} of {}", plan.repetitions);
        let mut facts = ours::run(&place, &raw, plan, &mut taken)?;
        for peer in &plan.peers {
            facts.extend(peer.run(&place, &raw, plan, &mut taken)?);
        }
        if plan.wants("publish") {
            publish::run(&place, &raw, plan, &mut taken)?;
        }
        // Once is enough: a repetition does the same again.
        if repetition == 1 {
            same(&peers::facts(plan, &facts)?)?;
        }
    }
    if plan.wants("files") {
        files::run(&place, plan, &mut taken)?;
    }
    if plan.wants("start") {
        start::run(&place, plan, &mut taken)?;
    }
    let table = table::render(plan, &taken);
    println!("\n{table}");
    let file = place.join(format!("table-{}.md", plan.size.name));
    fs::write(&file, &table).with_context(|| format!("cannot write {}", file.display()))?;
    println!("kept as {}", file.display());
    Ok(())
}

/// Whether all have the same facts; `found` holds who and what.
fn same(found: &[(String, String)]) -> Result<()> {
    for (who, facts) in found {
        println!("  {who}: {facts}");
    }
    let Some((_, first)) = found.first() else { return Ok(()) };
    ensure!(found.iter().all(|(_, facts)| facts == first), "they do not give the same facts");
    Ok(())
}
