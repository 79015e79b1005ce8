//! Programs that a stage needs, and how each is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell;

/// A new tool is one more constant here, in [`ALL`] too.
pub struct Tool {
    pub name: &'static str,
    version: &'static str,
    /// What is run, below the tool's folder.
    program: &'static str,
    source: Source,
}

/// Where a tool comes from. What it consists of, by digest, lies in `xtask/locks`.
enum Source {
    Cargo,
    Npm,
    /// Into a virtual environment.
    Pip,
}

use Source::{Cargo, Npm, Pip};

const fn tool(
    name: &'static str,
    version: &'static str,
    program: &'static str,
    source: Source,
) -> Tool {
    Tool { name, version, program, source }
}

pub const CARGO_DENY: Tool = tool("cargo-deny", "0.20.2", "bin/cargo-deny", Cargo);
pub const CARGO_MACHETE: Tool = tool("cargo-machete", "0.9.2", "bin/cargo-machete", Cargo);

/// The storage emulator. Later versions need a Node.js that distributions do not have yet.
/// `crates/functions-host` looks for this version in this folder.
pub const AZURITE: Tool =
    tool("azurite", "3.35.0", "node_modules/azurite/dist/src/azurite.js", Npm);

/// Microsoft's own parser of T-SQL, ScriptDom, as a program.
pub const MAXDOP: Tool = tool("maxdop", "0.1.3", "bin/maxdop", Pip);

/// A server that speaks Spark Connect, as a Python package: a query engine without a JVM.
/// `crates/engine/tests/sail` looks for this version in this folder. Not in [`ALL`]: only the stage
/// `spark` needs its 190 MB.
pub const PYSAIL: Tool = tool("pysail", "0.7.2", "bin/python3", Pip);

/// Microsoft's own parser of KQL, the language of logs.
pub const KQL: Tool = tool(
    "kusto-language-service",
    "12.4.1",
    "node_modules/@kusto/language-service-next/package.json",
    Npm,
);

/// Runs KQL on DuckDB.
pub const DUCKDB_KQL: Tool = tool("duckdb-kql", "1.1.2", "bin/python3", Pip);

/// Security rules for Terraform. Run as a module of its Python: a script of a virtual environment
/// names the folder that it was installed into, and does not survive the move.
pub const CHECKOV: Tool = tool("checkov", "3.3.30", "bin/python3", Pip);

/// Drives Chromium, with axe-core beside it, which finds barriers in a page.
/// `tests/services/dashboard` looks for this version in this folder.
pub const PLAYWRIGHT: Tool =
    tool("playwright-core", "1.65.1", "node_modules/playwright-core/index.mjs", Npm);

/// Where distributions, and the machines of GitHub, have the browser. It is too large, and too
/// tied to the system's libraries, to be kept beside the other tools.
const CHROMIUM: [&str; 3] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// Not in [`ALL`] either: only `cargo xtask fuzz` needs it.
pub const CARGO_FUZZ: Tool = tool("cargo-fuzz", "0.13.2", "bin/cargo-fuzz", Cargo);

/// Links against an old glibc, with zig as linker and C compiler. Not in [`ALL`]: only packaging for
/// Azure needs its 100 MB.
pub const CARGO_ZIGBUILD: Tool = tool("cargo-zigbuild", "0.24.0", "bin/cargo-zigbuild", Pip);

/// What `cargo xtask bench` compares with, in one virtual environment. Not in [`ALL`].
pub const BENCH_PEERS: Tool = tool("bench-peers", "2026.11.2", "bin/python3", Pip);

pub const ALL: &[Tool] =
    &[CARGO_DENY, CARGO_MACHETE, AZURITE, MAXDOP, KQL, DUCKDB_KQL, CHECKOV, PLAYWRIGHT];

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
            self.install(&folder)
                .with_context(|| format!("{} {} cannot be installed", self.name, self.version))?;
            ensure!(program.exists(), "{} was installed without {}", self.name, program.display());
        }
        Ok(program)
    }
    /// Installs beside the folder first: it appears whole or not at all. A virtual environment may be
    /// moved since nothing in it that we run is a script.
    fn install(&self, folder: &Path) -> Result<()> {
        let partial = folder.with_file_name(format!("{}.partial", self.name));
        match self.source {
            // Builds without optimising: half a minute instead of many, for programs that then run
            // for a second.
            Cargo => {
                let package = format!("{}@{}", self.name, self.version);
                return shell::run(
                    shell::cargo()
                        .args(["install", "--quiet", "--locked", "--debug", &package, "--root"])
                        .arg(folder)
                        .env("CARGO_PROFILE_DEV_DEBUG", "0")
                        // Then cargo builds in a temporary folder and removes it.
                        .env_remove("CARGO_TARGET_DIR"),
                );
            }
            Npm => {
                std::fs::create_dir_all(&partial)?;
                for file in ["package.json", "package-lock.json"] {
                    std::fs::copy(self.lock(file)?, partial.join(file))?;
                }
                shell::run(
                    Command::new("npm")
                        .args(["ci", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error"])
                        .arg("--prefix")
                        .arg(&partial),
                )?;
            }
            Pip => {
                shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&partial))?;
                shell::run(
                    Command::new(partial.join("bin/python3"))
                        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                        .args(["--require-hashes", "--requirement"])
                        .arg(self.lock("requirements.txt")?),
                )?;
            }
        }
        std::fs::rename(&partial, folder)
            .with_context(|| format!("cannot move {} into its place", partial.display()))
    }

    /// A file that names all packages of this tool with their digests.
    fn lock(&self, file: &str) -> Result<PathBuf> {
        Ok(shell::root()?.join("xtask/locks").join(self.name).join(file))
    }
}

/// The folder of PostgreSQL's server and of psql, after installing them by apt if need be.
/// `crates/postgres-cluster` looks for them in the same places.
pub fn postgresql() -> Result<PathBuf> {
    if let Some(folder) = find_postgresql() {
        return Ok(folder);
    }
    apt_install(&["postgresql"])
        .context("postgresql cannot be installed: install it by hand, or set POSTGRES_BIN")?;
    find_postgresql().context("postgresql was installed without a server")
}

/// Packages of the distribution.
fn apt_install(packages: &[&str]) -> Result<()> {
    println!("{} is not here yet, installing it", packages.join(" with "));
    // A person has sudo, a container is root and may have none.
    let apt = |args: &[&str]| {
        let has_sudo = shell::succeeds(Command::new("sudo").args(["-n", "true"])).unwrap_or(false);
        let mut command = Command::new(if has_sudo { "sudo" } else { "apt-get" });
        if has_sudo {
            command.args(["-n", "apt-get"]);
        }
        shell::run(command.args(["-qq", "-y"]).args(args).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update"])?;
    apt(&[&["install", "--no-install-recommends"], packages].concat())
}

/// The compiler of protocol buffers, which the build of the client of Spark Connect runs.
pub fn protoc() -> Result<PathBuf> {
    const REMEDY: &str = "install protoc and its include files (Debian: protobuf-compiler and \
                          libprotobuf-dev) or set PROTOC to one that has them";
    if let Some(protoc) = std::env::var_os("PROTOC").filter(|protoc| !protoc.is_empty()) {
        return Ok(protoc.into());
    }
    let find = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join("protoc")).find(knows_google)
    };
    if let Some(protoc) = find() {
        return Ok(protoc);
    }
    apt_install(&["protobuf-compiler", "libprotobuf-dev"]).context(REMEDY)?;
    find().context(REMEDY)
}

/// Whether a compiler is there, with the definitions that others import: Debian has them in
/// another package.
fn knows_google(protoc: &PathBuf) -> bool {
    let mut check = Command::new(protoc);
    check.args(["--descriptor_set_out=/dev/null", "google/protobuf/any.proto"]);
    shell::succeeds(&mut check).unwrap_or(false)
}

fn find_postgresql() -> Option<PathBuf> {
    let has_server = |folder: &PathBuf| folder.join("initdb").is_file();
    if let Some(set) = std::env::var_os("POSTGRES_BIN") {
        return Some(PathBuf::from(set)).filter(has_server);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions
        .map(|version| version.path().join("bin"))
        .chain(std::env::split_paths(&path))
        .find(has_server)
}

/// Where the browser is, after installing it by the system's packages if need be.
pub fn chromium() -> Result<&'static str> {
    let find = || CHROMIUM.into_iter().find(|program| Path::new(program).exists());
    if find().is_none() {
        apt_install(&["chromium"])
            .context("chromium cannot be installed: install it as an administrator")?;
    }
    find().with_context(|| format!("chromium was installed without {}", CHROMIUM[0]))
}

/// Installs a C++ compiler if need be: libFuzzer is written in C++.
pub fn cxx() -> Result<()> {
    let there = std::env::var_os("CXX").is_some_and(|cxx| !cxx.is_empty());
    if !there && !shell::succeeds(Command::new("c++").arg("--version")).unwrap_or(false) {
        apt_install(&["g++"]).context("install a C++ compiler (Debian: g++) or set CXX to one")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(tool: &Tool, file: &str) -> String {
        std::fs::read_to_string(tool.lock(file).unwrap()).unwrap()
    }

    #[test]
    fn every_package_of_a_tool_has_a_digest_and_the_version_of_its_folder() {
        for tool in ALL.iter().chain([&PYSAIL, &CARGO_ZIGBUILD, &BENCH_PEERS]) {
            let (wanted, version) = match tool.source {
                Cargo => continue,
                Npm => {
                    let lock = locked(tool, "package-lock.json");
                    let packages = lock.matches("\"node_modules/").count();
                    assert!(packages > 0, "{}", tool.name);
                    assert_eq!(
                        lock.matches("\"integrity\": \"sha").count(),
                        packages,
                        "{}",
                        tool.name
                    );
                    (locked(tool, "package.json"), format!("\"{}\"", tool.version))
                }
                Pip => {
                    let lock = locked(tool, "requirements.txt").replace("\\\n", " ");
                    let mut packages = lock.lines();
                    assert!(packages.all(|package| package.contains(" --hash=sha256:")), "{lock}");
                    (locked(tool, "requirements.in"), format!("=={}", tool.version))
                }
            };
            // Its version is a date.
            let is_dated = tool.name == BENCH_PEERS.name;
            assert!(is_dated || wanted.contains(&version), "{}: {wanted}", tool.name);
        }
    }

    #[test]
    fn tests_look_for_what_is_installed() {
        let ours = include_str!("../../crates/functions-host/src/azurite/emulator.rs");
        assert!(ours.contains(&format!("VERSION: &str = \"{}\"", AZURITE.version)));
        let ours = include_str!("../../crates/engine/tests/sail/mod.rs");
        assert!(ours.contains(&format!("VERSION: &str = \"{}\"", PYSAIL.version)));
        let ours = include_str!("../../tests/common/browser.rs");
        let folder = format!("{}-{}", PLAYWRIGHT.name, PLAYWRIGHT.version);
        assert!(ours.contains(&folder) && CHROMIUM.iter().all(|program| ours.contains(program)));
    }
}
