//! The engine on a cluster, which is built only where it is asked for.

use std::process::Command;

use anyhow::Result;

use crate::{package::SPARK, shell, tools};

/// Cargo with the feature, and with what its build needs. The lints and the documentation look at
/// it too.
pub fn cargo() -> Result<(Command, &'static str)> {
    let mut cargo = shell::cargo();
    cargo.env("PROTOC", tools::protoc()?);
    Ok((cargo, SPARK))
}

/// A stage of its own, for what is deployed, and tested otherwise, is built without the feature.
/// All packages are named, or cargo would choose other features of what they share and build it
/// anew.
pub fn test() -> Result<()> {
    println!("pysail is {}", tools::PYSAIL.path()?.display());
    let (mut cargo, feature) = cargo()?;
    let args = ["test", "--locked", "--workspace", "--no-fail-fast", feature];
    shell::run(cargo.args(args).args(["--lib", "--test", "spark"]))
}
