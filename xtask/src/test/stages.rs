//! The only list of stages.
//!
//! What takes seconds comes first, so that it fails before anything is compiled. Clippy and
//! doc share their build of the dependencies, test needs one of its own; it comes last,
//! where its closing lines are easy to find.

use std::process::Command;

use anyhow::{Context, Result};

use super::tsql;
use crate::{package, shell, tools};

pub struct Stage {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn() -> Result<()>,
}

pub const STAGES: &[Stage] = &[
    Stage { name: "fmt", about: "the code is formatted", run: fmt },
    Stage { name: "tools", about: "what later stages need is installed", run: tools },
    Stage { name: "tsql", about: "SQL Server understands its statements", run: tsql::check },
    Stage { name: "kql", about: "the queries for logs are understood", run: kql },
    Stage { name: "checkov", about: "Terraform breaks no security rule unsaid", run: checkov },
    Stage { name: "machete", about: "every dependency is used", run: machete },
    Stage { name: "deny", about: "dependencies are allowed, licensed, sound", run: deny },
    Stage { name: "clippy", about: "the code compiles without a warning", run: clippy },
    Stage { name: "doc", about: "the documentation has no broken link", run: doc },
    Stage { name: "package", about: "the zip is whole, and runs on an old glibc", run: package },
    Stage { name: "test", about: "every test passes", run: test },
];

fn fmt() -> Result<()> {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))
}

fn tools() -> Result<()> {
    for tool in tools::ALL {
        println!("{} is {}", tool.name, tool.path()?.display());
    }
    println!("postgresql is {}", tools::postgresql()?.display());
    println!("chromium is {}", tools::chromium()?);
    Ok(())
}

fn kql() -> Result<()> {
    let package = tools::KQL.path()?;
    let parser = package.parent().context("the parser lies in no folder")?;
    shell::run(Command::new("node").arg("xtask/src/test/kql.js").arg(parser))
}

/// The rules that are left out stand with their reasons in the file.
fn checkov() -> Result<()> {
    let args = ["-m", "checkov.main", "--config-file", "terraform/.checkov.yaml"];
    shell::run(Command::new(tools::CHECKOV.path()?).args(args).env("LOG_LEVEL", "ERROR"))
}

fn machete() -> Result<()> {
    shell::run(&mut Command::new(tools::CARGO_MACHETE.path()?))
}

fn deny() -> Result<()> {
    let program = tools::CARGO_DENY.path()?;
    let deny = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.args(["--workspace", "--locked"]).args(args);
        command
    };
    shell::run(&mut deny(&["check", "licenses", "bans", "sources"]))?;
    // The database is a git repository, out of reach on a machine that has only the package
    // registries; that machine must be able to pass, and must say what it left out.
    if shell::succeeds(deny(&["fetch", "db"]).env("GIT_TERMINAL_PROMPT", "0"))? {
        shell::run(&mut deny(&["--offline", "check", "advisories"]))
    } else {
        println!("advisories were not checked: their database cannot be fetched from here");
        Ok(())
    }
}

fn clippy() -> Result<()> {
    let args = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    shell::run(shell::cargo().args(args))
}

fn doc() -> Result<()> {
    let args = ["doc", "--locked", "--workspace", "--no-deps"];
    shell::run(shell::cargo().args(args).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Built fast: what is checked does not depend on optimisation.
fn package() -> Result<()> {
    package::run(&package::Plan { release: false, portable: true, zip: true })
}

/// One run names every failing test.
fn test() -> Result<()> {
    shell::run(shell::cargo().args(["test", "--locked", "--workspace", "--no-fail-fast"]))
}
