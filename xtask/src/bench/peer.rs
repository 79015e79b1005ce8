//! What people would use instead: a script each, in Python.

use std::path::PathBuf;

use anyhow::Result;

use crate::{shell, tools};

#[derive(Debug)]
pub struct Peer {
    /// Name on the command line and in tables.
    pub name: &'static str,
    pub script: &'static str,
    /// Runs without being named.
    pub usual: bool,
}

pub static ALL: [Peer; 3] = [
    Peer { name: "polars", script: "polars_steps.py", usual: true },
    Peer { name: "duckdb", script: "duckdb_steps.py", usual: true },
    Peer { name: "spark", script: "spark_steps.py", usual: false },
];

pub fn script(name: &str) -> Result<PathBuf> {
    Ok(shell::root()?.join("xtask/src/bench/peers").join(name))
}

/// The Python that has the peers.
pub fn python() -> Result<PathBuf> {
    tools::BENCH_PEERS.path()
}
