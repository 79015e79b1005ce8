//! The engine on a cluster, which is built only where it is asked for: its lints and its tests,
//! on a Sail server.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{shell, tools};

const FEATURE: [&str; 2] = ["--features", "spark-connect"];

pub fn test() -> Result<()> {
    println!("pysail is {}", tools::PYSAIL.path()?.display());
    let protoc = protoc()?;
    let cargo = |args: &[&str]| {
        let mut cargo = shell::cargo();
        // The test binaries alone: what needs no cluster is tested without the feature.
        cargo.args(args).args(["--locked", "-p", "engine", "-p", "movie-analytics"]).args(FEATURE);
        cargo.args(["--lib", "--test", "spark"]).env("PROTOC", &protoc);
        cargo
    };
    shell::run(cargo(&["clippy"]).args(["--", "-D", "warnings"]))?;
    shell::run(&mut cargo(&["test", "--no-fail-fast"]))
}

/// The compiler of protocol buffers, which the client's build runs. Debian has it as a package.
fn protoc() -> Result<PathBuf> {
    const REMEDY: &str = "install protoc (Debian: protobuf-compiler) or set PROTOC to it";
    if let Some(protoc) = std::env::var_os("PROTOC").filter(|protoc| !protoc.is_empty()) {
        return Ok(protoc.into());
    }
    if let Some(protoc) = in_path() {
        return Ok(protoc);
    }
    println!("protoc is not here yet, installing it");
    // A fresh machine has no list of packages yet.
    let update = shell::run(Command::new("apt-get").args(["update", "-q"]));
    let install = ["install", "-y", "-q", "--no-install-recommends", "protobuf-compiler"];
    let installed = update.and_then(|()| shell::run(Command::new("apt-get").args(install)));
    installed.context(REMEDY)?;
    in_path().context(REMEDY)
}

fn in_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("protoc")).find(|file| file.is_file())
}
