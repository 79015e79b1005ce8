//! Programs that a stage needs, and how each is put on a machine that lacks it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell;

/// A new tool is one more constant here, in [`ALL`] too; one that comes by another way
/// than cargo brings its own `install`.
pub struct Tool {
    pub name: &'static str,
    version: &'static str,
    /// What is run, below the tool's folder.
    program: &'static str,
    /// Puts the program below the folder.
    install: fn(&Tool, &Path) -> Result<()>,
}

pub const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    program: "bin/cargo-deny",
    install: cargo_install,
};
pub const CARGO_MACHETE: Tool = Tool {
    name: "cargo-machete",
    version: "0.9.2",
    program: "bin/cargo-machete",
    install: cargo_install,
};
/// The storage emulator. Later versions need a Node.js that distributions do not have yet.
/// `crates/azurite` looks for this version in this folder.
pub const AZURITE: Tool = Tool {
    name: "azurite",
    version: "3.35.0",
    program: "node_modules/azurite/dist/src/azurite.js",
    install: npm_install,
};

/// Microsoft's own parser of T-SQL, ScriptDom, as a program.
pub const MAXDOP: Tool =
    Tool { name: "maxdop", version: "0.1.3", program: "bin/maxdop", install: pip_install };

/// Microsoft's own parser of KQL, the language of logs.
pub const KQL: Tool = Tool {
    name: "kusto-language-service",
    version: "12.4.1",
    program: "node_modules/@kusto/language-service-next/package.json",
    install: |tool, folder| npm_install_package("@kusto/language-service-next", tool, folder),
};

/// Security rules for Terraform. Run as a module of its Python: a script of a virtual environment
/// names the folder that it was installed into, and does not survive the move.
pub const CHECKOV: Tool =
    Tool { name: "checkov", version: "3.3.30", program: "bin/python3", install: pip_install };

/// Not in [`ALL`] either: only `cargo xtask fuzz` needs it.
pub const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
    program: "bin/cargo-fuzz",
    install: cargo_install,
};

/// Links against an old glibc, by way of zig as linker and C compiler. Not in [`ALL`]: no stage
/// needs its 100 MB, only packaging for Azure does.
pub const CARGO_ZIGBUILD: Tool = Tool {
    name: "cargo-zigbuild",
    version: "0.24.0",
    program: "bin/cargo-zigbuild",
    install: pip_install_with_zig,
};
/// The version of zig, which PyPI has, too.
const ZIGLANG: &str = "ziglang==0.15.2";

/// What `cargo xtask bench` compares with, in one virtual environment. Not in [`ALL`].
pub const BENCH_PEERS: Tool = Tool {
    name: "bench-peers",
    version: "2026.11",
    program: "bin/python3",
    install: pip_install_peers,
};
const PEERS: [&str; 3] = ["polars==2.1.0", "duckdb==2.0.0", "pyspark==4.3.0"];

pub const ALL: &[Tool] = &[CARGO_DENY, CARGO_MACHETE, AZURITE, MAXDOP, KQL, CHECKOV];

impl Tool {
    /// Where the program is, after installing it if need be.
    ///
    /// The folder carries the version, so that another version in this file installs anew.
    pub fn path(&self) -> Result<PathBuf> {
        let home = std::env::var_os("HOME")
            .context("HOME is not set: set it to a folder that tools can be kept in")?;
        let folder = Path::new(&home)
            .join(".cache/movie-analytics/tools")
            .join(format!("{}-{}", self.name, self.version));
        let program = folder.join(self.program);
        if !program.exists() {
            println!("{} {} is not here yet, installing it", self.name, self.version);
            (self.install)(self, &folder)
                .with_context(|| format!("{} {} cannot be installed", self.name, self.version))?;
            ensure!(program.exists(), "{} was installed without {}", self.name, program.display());
        }
        Ok(program)
    }
}

/// Builds without optimising: half a minute instead of many, for programs that then run
/// for a second.
fn cargo_install(tool: &Tool, folder: &Path) -> Result<()> {
    let package = format!("{}@{}", tool.name, tool.version);
    shell::run(
        shell::cargo()
            .args(["install", "--quiet", "--locked", "--debug", &package, "--root"])
            .arg(folder)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            // Then cargo builds in a temporary folder and removes it.
            .env_remove("CARGO_TARGET_DIR"),
    )
}

fn npm_install(tool: &Tool, folder: &Path) -> Result<()> {
    npm_install_package(tool.name, tool, folder)
}

/// Installs beside the folder first: it appears whole or not at all.
fn npm_install_package(name: &str, tool: &Tool, folder: &Path) -> Result<()> {
    let package = format!("{name}@{}", tool.version);
    let partial = folder.with_file_name(format!("{}.partial", tool.name));
    shell::run(
        Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error"])
            .arg(&package)
            .arg("--prefix")
            .arg(&partial),
    )?;
    std::fs::rename(&partial, folder)
        .with_context(|| format!("cannot move {} into its place", partial.display()))
}

/// Installs into a virtual environment, beside the folder first. It may be moved since nothing
/// in it that we run is a script.
fn pip_install(tool: &Tool, folder: &Path) -> Result<()> {
    pip_install_all(tool, folder, &[&package(tool)])
}

fn pip_install_with_zig(tool: &Tool, folder: &Path) -> Result<()> {
    pip_install_all(tool, folder, &[&package(tool), ZIGLANG])
}

fn pip_install_peers(tool: &Tool, folder: &Path) -> Result<()> {
    pip_install_all(tool, folder, &PEERS)
}

fn package(tool: &Tool) -> String {
    format!("{}=={}", tool.name, tool.version)
}

fn pip_install_all(tool: &Tool, folder: &Path, packages: &[&str]) -> Result<()> {
    let partial = folder.with_file_name(format!("{}.partial", tool.name));
    shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&partial))?;
    shell::run(
        Command::new(partial.join("bin/python3"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(packages),
    )?;
    std::fs::rename(&partial, folder)
        .with_context(|| format!("cannot move {} into its place", partial.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_look_for_the_azurite_that_is_installed() {
        let ours = include_str!("../../crates/azurite/src/emulator.rs");
        assert!(ours.contains(&format!("VERSION: &str = \"{}\"", AZURITE.version)));
    }
}
