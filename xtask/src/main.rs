//! Chores of this repository, run as `cargo xtask CHORE`.

mod bench;
mod drop;
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

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let Some((chore, rest)) = args.split_first() else { return help(HELP) };
    let wants_help = rest.iter().any(|arg| matches!(*arg, "help" | "--help" | "-h"));
    let done = match *chore {
        "help" | "--help" | "-h" => return help(HELP),
        "test" if wants_help => return help(test::HELP),
        "package" if wants_help => return help(package::HELP),
        "start" if wants_help => return help(start::HELP),
        "drop" if wants_help => return help(drop::HELP),
        "fuzz" if wants_help => return help(fuzz::HELP),
        "bench" if wants_help => return help(bench::HELP),
        "test" => test::parse(rest).map(|plan| test::run(&plan)),
        "package" => package::parse(rest).map(|plan| ended(package::run(&plan))),
        "start" => start::parse(rest).map(|plan| ended(start::run(&plan))),
        "drop" => Ok(ended(drop::run(rest))),
        "fuzz" => fuzz::parse(rest).map(|plan| ended(fuzz::run(&plan))),
        "bench" => bench::parse(rest).map(|plan| ended(bench::run(&plan))),
        other => Err(format!("there is no chore `{other}`")),
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
    // Whoever reads may have enough, as in `| head`.
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}
