//! Programs that a stage needs, and how each is put on a machine that lacks it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::shell;

/// A new tool is one more constant here, in [`ALL`] too; one that comes by another way
/// than cargo brings its own `install`.
pub struct Tool {
    pub name: &'static str,
    version: &'static str,
    /// Puts `bin/<name>` below the folder.
    install: fn(&Tool, &Path) -> Result<()>,
}

pub const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", install: cargo_install };
pub const CARGO_MACHETE: Tool =
    Tool { name: "cargo-machete", version: "0.9.2", install: cargo_install };

pub const ALL: &[Tool] = &[CARGO_DENY, CARGO_MACHETE];

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
        let program = folder.join("bin").join(self.name);
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
