//! The only list of stages.
//!
//! What takes seconds comes first, so that it fails before anything is compiled. Clippy and
//! doc share their build of the dependencies, test needs one of its own; it comes last but for
//! what needs a server, where its closing lines are easy to find.

use std::process::Command;

use anyhow::{Context, Result};

use super::tsql;
use crate::{package, shell, tools};

pub struct Stage {
    pub name: &'static str,
    pub about: &'static str,
    /// An environment variable without which it does not run.
    pub needs: Option<&'static str>,
    pub run: fn() -> Result<()>,
}

const fn stage(name: &'static str, about: &'static str, run: fn() -> Result<()>) -> Stage {
    Stage { name, about, needs: None, run }
}

pub const STAGES: &[Stage] = &[
    stage("fmt", "the code is formatted", fmt),
    stage("tools", "what later stages need is installed", tools),
    stage("tsql", "SQL Server understands its statements", tsql::check),
    stage("kql", "queries for logs return what they must", kql),
    stage("checkov", "Terraform breaks no security rule unsaid", checkov),
    stage("machete", "every dependency is used", machete),
    stage("deny", "dependencies are allowed, licensed, sound", deny),
    stage("clippy", "the code compiles without a warning", clippy),
    stage("doc", "the documentation has no broken link", doc),
    stage("publish", "custom-handler builds as others get it", publish),
    stage("package", "the zip is whole, and runs on an old glibc", package),
    stage("spark", "a Spark cluster makes the same facts", spark),
    stage("test", "every test passes", test),
    Stage {
        name: "tsql-live",
        about: "a T-SQL server does what SQLite does",
        needs: Some(tsql::SERVER),
        run: tsql::live,
    },
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
    let mut check = Command::new(tools::DUCKDB_KQL.path()?);
    // Python would leave its cache beside the sources.
    shell::run(check.args(["-B", "xtask/src/test/kql/check.py"]).arg(parser))
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
    let (mut cargo, feature) = spark_cargo()?;
    let args = ["clippy", "--locked", "--workspace", feature, "--all-targets"];
    shell::run(cargo.args(args).args(["--", "-D", "warnings"]))
}

fn doc() -> Result<()> {
    let (mut cargo, feature) = spark_cargo()?;
    let args = ["doc", "--locked", "--workspace", feature, "--no-deps"];
    shell::run(cargo.args(args).env("RUSTDOCFLAGS", "-D warnings"))
}

/// What crates.io would get, built from the package alone by the oldest compiler that it promises.
fn publish() -> Result<()> {
    let manifest =
        std::fs::read_to_string(shell::root()?.join("crates/custom-handler/Cargo.toml"))?;
    let oldest = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let oldest = oldest.context("custom-handler names no `rust-version`")?.trim_matches('"');
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", oldest, "--profile", "minimal", "--no-self-update"]);
    let mut cargo = match shell::succeeds(&mut install) {
        Ok(true) => {
            let mut cargo = Command::new("rustup");
            cargo.args(["run", oldest, "cargo"]);
            cargo
        }
        // A machine without rustup, or out of its reach, must be able to pass.
        _ => {
            println!("Rust {oldest} cannot be had from here: this machine's compiler is taken");
            shell::cargo()
        }
    };
    // The tree may hold changes that are tested before they are committed.
    cargo.args(["publish", "--dry-run", "--locked", "--allow-dirty", "-p", "custom-handler"]);
    shell::run(cargo.env("CARGO_PROFILE_DEV_DEBUG", "0"))
}

/// Cargo with the engine on a cluster, which is built only where it is asked for, and with what its
/// build needs. The lints and the documentation look at it, too.
fn spark_cargo() -> Result<(Command, &'static str)> {
    let mut cargo = shell::cargo();
    cargo.env("PROTOC", tools::protoc()?);
    Ok((cargo, package::SPARK))
}

/// A stage of its own, for what is deployed, and tested otherwise, is built without the feature.
/// All packages are named, or cargo would choose other features of what they share and build it
/// again.
fn spark() -> Result<()> {
    println!("pysail is {}", tools::PYSAIL.path()?.display());
    let (mut cargo, feature) = spark_cargo()?;
    let args = ["test", "--locked", "--workspace", "--no-fail-fast", feature];
    shell::run(cargo.args(args).args(["--lib", "--test", "spark"]))
}

/// Built fast: what is checked does not depend on optimisation.
fn package() -> Result<()> {
    package::run(&package::Plan { portable: true, zip: true, ..package::Plan::default() })
}

/// One run names every failing test.
fn test() -> Result<()> {
    shell::run(shell::cargo().args(["test", "--locked", "--workspace", "--no-fail-fast"]))
}
