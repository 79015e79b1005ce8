//! Chores of this repository, run as `cargo xtask CHORE`.

mod shell;
mod test;
mod tools;

use std::process::ExitCode;

const HELP: &str = "\
Chores of this repository.

Usage: cargo xtask test [--list | --stage NAME...]

  cargo xtask test               run every stage in order, stop at the first that fails
  cargo xtask test --list        name the stages and say what each one checks
  cargo xtask test --stage NAME  run only this stage; give --stage again for more

Each run ends with a table of minutes per stage. The programs that stages need are
built once, below ~/.cache/movie-analytics/tools; nothing else has to be installed.

Exit codes: 0 all well, 1 a stage failed, 2 wrong usage";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let plan = match args.as_slice() {
        [] => return help(),
        args if args.iter().any(|arg| matches!(*arg, "help" | "--help" | "-h")) => return help(),
        ["test", rest @ ..] => test::parse(rest),
        [other, ..] => Err(format!("there is no chore `{other}`")),
    };
    match plan {
        Ok(plan) => test::run(&plan),
        Err(problem) => {
            eprintln!("error: {problem}; `cargo xtask --help` shows what there is");
            ExitCode::from(2)
        }
    }
}

fn help() -> ExitCode {
    println!("{HELP}");
    ExitCode::SUCCESS
}
