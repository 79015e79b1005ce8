//! `cargo xtask test`: the stages in order, up to the first that fails.

mod stages;
mod table;
mod tsql;

use std::process::ExitCode;
use std::time::Instant;

use stages::{STAGES, Stage};
use table::Outcome;

pub const HELP: &str = "\
Every check and test of this repository.

Usage: cargo xtask test [--list | --stage NAME...]

  cargo xtask test               run every stage in order, stop at the first that fails
  cargo xtask test --list        name the stages and say what each one checks
  cargo xtask test --stage NAME  run only this stage; give --stage again for more

Each run ends with a table of minutes per stage. The programs that stages need are
built once, below ~/.cache/movie-analytics/tools; nothing else has to be installed.

Exit codes: 0 all well, 1 a stage failed, 2 wrong usage";

pub enum Plan {
    List,
    Run(Vec<&'static Stage>),
}

/// The error is the problem in words.
pub fn parse(args: &[&str]) -> Result<Plan, String> {
    match args {
        [] => Ok(Plan::Run(STAGES.iter().collect())),
        ["--list"] => Ok(Plan::List),
        args => args.chunks(2).map(named_stage).collect::<Result<_, _>>().map(Plan::Run),
    }
}

fn named_stage(option: &[&str]) -> Result<&'static Stage, String> {
    match option {
        ["--stage", name] => STAGES
            .iter()
            .find(|stage| stage.name == *name)
            .ok_or_else(|| format!("there is no stage `{name}`: the stages are {}", names())),
        ["--stage"] => Err(format!("--stage needs one of {}", names())),
        [other, ..] => Err(format!("test does not know `{other}`")),
        [] => Err("an option is missing".to_owned()),
    }
}

fn names() -> String {
    STAGES.iter().map(|stage| stage.name).collect::<Vec<_>>().join(", ")
}

pub fn run(plan: &Plan) -> ExitCode {
    match plan {
        Plan::List => {
            for stage in STAGES {
                let needs = stage.needs.map(|name| format!(" (needs {name})")).unwrap_or_default();
                println!("{:9} {}{needs}", stage.name, stage.about);
            }
            ExitCode::SUCCESS
        }
        Plan::Run(stages) => run_stages(stages),
    }
}

fn run_stages(stages: &[&Stage]) -> ExitCode {
    let mut rows = Vec::new();
    let mut failed = false;
    for stage in stages {
        if failed {
            rows.push((stage.name, Outcome::NotRun { needs: None }));
            continue;
        }
        if let Some(needs) = stage.needs.filter(|name| std::env::var_os(name).is_none()) {
            rows.push((stage.name, Outcome::NotRun { needs: Some(needs) }));
            continue;
        }
        println!("\n==> {}: {}", stage.name, stage.about);
        let start = Instant::now();
        let result = (stage.run)();
        let time = start.elapsed();
        rows.push((stage.name, Outcome::Ran { time, ok: result.is_ok() }));
        if let Err(error) = result {
            failed = true;
            let name = stage.name;
            println!(
                "\nerror: stage {name} failed: {error:#}; once it is fixed, \
                 `cargo xtask test --stage {name}` runs it alone"
            );
        }
    }
    println!("\n{}", table::render(&rows));
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(args: &[&str]) -> Result<Vec<&'static str>, String> {
        match parse(args)? {
            Plan::List => Ok(vec!["(list)"]),
            Plan::Run(stages) => Ok(stages.iter().map(|stage| stage.name).collect()),
        }
    }

    #[test]
    fn without_options_every_stage_runs() {
        assert_eq!(planned(&[]).unwrap().len(), STAGES.len());
    }

    #[test]
    fn options_choose_stages_or_the_list() {
        assert_eq!(planned(&["--list"]).unwrap(), ["(list)"]);
        assert_eq!(planned(&["--stage", "test", "--stage", "fmt"]).unwrap(), ["test", "fmt"]);
    }

    #[test]
    fn wrong_options_name_what_there_is() {
        assert!(planned(&["--stage", "lint"]).unwrap_err().contains("clippy"));
        assert!(planned(&["--stage"]).unwrap_err().contains("clippy"));
        assert!(planned(&["--quick"]).unwrap_err().contains("--quick"));
    }

    #[test]
    fn a_failure_is_the_exit_code_and_ends_the_run() {
        const WELL: Stage = Stage { name: "well", about: "", needs: None, run: || Ok(()) };
        const ILL: Stage = Stage { run: || anyhow::bail!("no"), ..WELL };
        const NEVER: Stage = Stage { run: || panic!("was run"), ..WELL };
        assert_eq!(run_stages(&[&WELL]), ExitCode::SUCCESS);
        assert_eq!(run_stages(&[&WELL, &ILL, &NEVER]), ExitCode::FAILURE);
    }

    #[test]
    fn a_stage_without_what_it_needs_is_not_run() {
        const NEVER: Stage = Stage {
            name: "never",
            about: "",
            needs: Some("A_SERVER_THAT_NO_MACHINE_HAS"),
            run: || panic!("was run"),
        };
        assert_eq!(run_stages(&[&NEVER]), ExitCode::SUCCESS);
    }
}
