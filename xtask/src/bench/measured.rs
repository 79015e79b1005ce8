//! What a program took.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{shell, tools};

/// Of one run of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// User and system time, in seconds.
    pub cpu: f64,
    /// Seconds from beginning to end.
    pub wall: f64,
    /// Most resident memory at a time, in MiB.
    pub peak_mib: f64,
}

impl Usage {
    /// As if the other had run afterwards.
    pub fn then(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            wall: self.wall + other.wall,
            peak_mib: self.peak_mib.max(other.peak_mib),
        }
    }
}

/// All runs, by who and step.
#[derive(Default)]
pub struct Taken(BTreeMap<(String, String), Vec<Usage>>);

impl Taken {
    pub fn add(&mut self, who: &str, step: &str, usage: Usage) {
        println!("  {who} {step}: {:.3} CPU s", usage.cpu);
        self.0.entry((who.to_owned(), step.to_owned())).or_default().push(usage);
    }

    /// The least of each, over all runs; of memory the most.
    pub fn best(&self, who: &str, step: &str) -> Option<Usage> {
        let runs = self.0.get(&(who.to_owned(), step.to_owned()))?;
        runs.iter().copied().reduce(|a, b| Usage {
            cpu: a.cpu.min(b.cpu),
            wall: a.wall.min(b.wall),
            peak_mib: a.peak_mib.max(b.peak_mib),
        })
    }
}

pub fn script(name: &str) -> Result<PathBuf> {
    Ok(shell::root()?.join("xtask/src/bench/peers").join(name))
}

/// The Python that has the peers.
pub fn python() -> Result<PathBuf> {
    tools::BENCH_PEERS.path()
}

/// Runs a program to its end and returns what it took.
pub fn timed(program: &Path, args: &[&str]) -> Result<Usage> {
    let mut command = Command::new(python()?);
    command.arg(script("timed.py")?).arg("it").arg(program).args(args);
    let lines = lines(&mut command)?;
    let first = lines.first().map(|(_, usage)| *usage);
    first.with_context(|| format!("nothing was measured of {}", program.display()))
}

/// Runs a script that prints lines of: name, CPU seconds, seconds, KiB.
pub fn lines(command: &mut Command) -> Result<Vec<(String, Usage)>> {
    let output = shell::output(command, "install python3")?;
    output.lines().map(line).collect()
}

fn line(line: &str) -> Result<(String, Usage)> {
    let read = || {
        let mut fields = line.split(' ');
        let name = fields.next()?.to_owned();
        let mut number = || fields.next()?.parse::<f64>().ok();
        let (cpu, wall, kib) = (number()?, number()?, number()?);
        Some((name, Usage { cpu, wall, peak_mib: kib / 1024.0 }))
    };
    read().with_context(|| format!("`{line}` is no measurement"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_runs_is_kept_and_the_most_memory() {
        let usage = |cpu, wall, peak_mib| Usage { cpu, wall, peak_mib };
        let mut taken = Taken::default();
        taken.add("we", "logs", usage(2.0, 1.0, 5.0));
        taken.add("we", "logs", usage(1.0, 3.0, 9.0));
        assert_eq!(taken.best("we", "logs"), Some(usage(1.0, 1.0, 9.0)));
        assert_eq!(taken.best("we", "reviews"), None);
        let (first, second) = (usage(1.0, 2.0, 3.0), usage(4.0, 5.0, 6.0));
        assert_eq!(first.then(second), usage(5.0, 7.0, 6.0));
        assert_eq!(line("whole 1.5 2 2048").unwrap(), ("whole".to_owned(), usage(1.5, 2.0, 2.0)));
        assert!(line("Traceback").is_err());
    }
}
