//! Chores of this repository, run as `cargo xtask CHORE`.

mod bench;
mod fuzz;
mod glibc;
mod package;
mod shell;
mod start;
mod test;
mod tools;

use std::io::Write;
use std::process::ExitCode;

const HELP: &str = "\
Chores of this repository.

Usage: cargo xtask CHORE [OPTION...]

  test      every check and test, or one stage of them
  package   assemble dist/, the folder that the Functions host runs, and dist.zip for Azure
  start     run the app on this machine, with a storage emulator, until Ctrl-C
  drop      let a vendor's file arrive in the app that `start` runs
  fuzz      feed the parsers with bytes that nobody sends on purpose
  bench     measure against Polars, DuckDB and PySpark on the same files

`cargo xtask CHORE --help` says more of each. The programs that they need are installed
once, below ~/.cache/movie-analytics/tools.

Exit codes: 0 all well, 1 the chore failed, 2 wrong usage";

/// A chore with its help. The error is wrong usage, in words.
type Chore = (&'static str, &'static str, fn(&[&str]) -> Result<ExitCode, String>);

const CHORES: [Chore; 6] = [
    ("test", test::HELP, |args| Ok(test::run(&test::parse(args)?))),
    ("package", package::HELP, |args| Ok(ended(package::run(&package::parse(args)?)))),
    ("start", start::HELP, |args| Ok(ended(start::run(&start::parse(args)?)))),
    ("drop", start::DROP_HELP, |args| Ok(ended(start::functions_host("drop", args)))),
    ("fuzz", fuzz::HELP, |args| Ok(ended(fuzz::run(&fuzz::parse(args)?)))),
    ("bench", bench::HELP, |args| Ok(ended(bench::run(&bench::parse(args)?)))),
];

fn is_help(arg: &&str) -> bool {
    matches!(*arg, "help" | "--help" | "-h")
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let Some((name, rest)) = args.split_first().filter(|(name, _)| !is_help(name)) else {
        return help(HELP);
    };
    let done = match CHORES.iter().find(|(chore, ..)| chore == name) {
        Some((_, text, _)) if rest.iter().any(is_help) => return help(text),
        Some((.., run)) => run(rest),
        None => Err(format!("there is no chore `{name}`")),
    };
    match done {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("error: {problem}; `cargo xtask --help` shows what there is");
            ExitCode::from(2)
        }
    }
}

fn ended(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn help(text: &str) -> ExitCode {
    // The reader may close early, as in `| head`.
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}
