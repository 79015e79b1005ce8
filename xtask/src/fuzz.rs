//! `cargo xtask fuzz`: bytes that nobody sends on purpose.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{
    shell,
    tools::{self, CARGO_FUZZ},
};

pub const HELP: &str = "\
Feeds the fuzz targets of fuzz/ with whatever libFuzzer comes up with, starting from
fuzz/seeds: vendor files, session logs, queue messages, bodies of the Functions host.

Usage: cargo xtask fuzz [TARGET] [--minutes N]

  cargo xtask fuzz               one minute for each target
  cargo xtask fuzz csv --minutes 10

Needs a nightly compiler (`rustup toolchain install nightly`) and one for C++, which on Debian is
installed by apt-get; cargo-fuzz is installed once below ~/.cache/movie-analytics/tools.
What crashes a target is kept in fuzz/artifacts/TARGET.";

const TARGETS: [&str; 4] = ["csv", "xml", "events", "host"];

#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    targets: Vec<&'static str>,
    minutes: u32,
}

/// The error is the problem in words.
pub fn parse(args: &[&str]) -> Result<Plan, String> {
    let mut plan = Plan { targets: TARGETS.to_vec(), minutes: 1 };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if *arg == "--minutes" {
            let minutes = args.next().and_then(|text| text.parse().ok()).filter(|n| *n > 0);
            plan.minutes = minutes.ok_or("--minutes needs a whole number above 0")?;
        } else {
            let target = TARGETS.into_iter().find(|target| target == arg);
            plan.targets = vec![target.ok_or(format!("there is no fuzz target `{arg}`"))?];
        }
    }
    Ok(plan)
}

pub fn run(plan: &Plan) -> Result<()> {
    tools::cxx()?;
    let cargo_fuzz = CARGO_FUZZ.path()?;
    let folder = shell::root()?.join("fuzz");
    for target in &plan.targets {
        let corpus = folder.join("corpus").join(target);
        fs::create_dir_all(&corpus).with_context(|| format!("cannot make {}", corpus.display()))?;
        let mut command = Command::new(&cargo_fuzz);
        // Called as cargo calls it: the first argument is the name of the subcommand.
        command.args(["fuzz", "run", target]).args([&corpus, &folder.join("seeds").join(target)]);
        command.arg("--").args([
            format!("-max_total_time={}", plan.minutes * 60),
            "-rss_limit_mb=512".to_owned(),
            "-timeout=10".to_owned(),
        ]);
        shell::run(command.current_dir(&folder).env("RUSTUP_TOOLCHAIN", "nightly"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_targets_are_meant_unless_one_is_named() {
        assert_eq!(parse(&[]), Ok(Plan { targets: TARGETS.to_vec(), minutes: 1 }));
        assert_eq!(
            parse(&["xml", "--minutes", "3"]),
            Ok(Plan { targets: vec!["xml"], minutes: 3 })
        );
        assert!(parse(&["--minutes", "0"]).is_err());
        assert!(parse(&["zip"]).is_err());
    }
}
