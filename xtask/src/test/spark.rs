//! The engine on a cluster, which is built only where it is asked for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{shell, tools};

/// The lints and the documentation look at it too. Its tests have a stage of their own, for what is
/// deployed and tested otherwise is built without it.
const FEATURE: &str = "--features=spark-connect";

/// Cargo with the feature, and with what its build needs.
pub fn cargo() -> Result<(Command, &'static str)> {
    let mut cargo = shell::cargo();
    cargo.env("PROTOC", protoc()?);
    Ok((cargo, FEATURE))
}

/// All packages are named, or cargo would choose other features of what they share and build it
/// anew.
pub fn test() -> Result<()> {
    println!("pysail is {}", tools::PYSAIL.path()?.display());
    let (mut cargo, feature) = cargo()?;
    let args = ["test", "--locked", "--workspace", "--no-fail-fast", feature];
    shell::run(cargo.args(args).args(["--lib", "--test", "spark"]))
}

/// The compiler of protocol buffers. Debian has it as a package.
fn protoc() -> Result<OsString> {
    const REMEDY: &str = "install protoc (Debian: protobuf-compiler) or set PROTOC to it";
    if let Some(protoc) = std::env::var_os("PROTOC").filter(|protoc| !protoc.is_empty()) {
        return Ok(protoc);
    }
    if let Some(protoc) = in_path() {
        return Ok(protoc.into());
    }
    println!("protoc is not here yet, installing it");
    let apt = |args: &[&str]| shell::run(Command::new("apt-get").arg("-q").args(args));
    // A fresh machine has no list of packages yet.
    apt(&["update"]).context(REMEDY)?;
    apt(&["install", "-y", "--no-install-recommends", "protobuf-compiler"]).context(REMEDY)?;
    Ok(in_path().context(REMEDY)?.into())
}

fn in_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("protoc")).find(|file| file.is_file())
}
