//! The files to measure with, written once by our own generator: the same seed, the same bytes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Plan;
use crate::shell;

/// Folders of the files of a size.
pub struct Raw {
    /// One file of each kind.
    pub single: PathBuf,
    /// A folder for each of 30 days; there only when the plan wants it.
    pub daily: PathBuf,
}

pub fn write(place: &Path, plan: &Plan) -> Result<Raw> {
    let programs = ["--package", "measure", "--package", "movie-analytics"];
    let build = ["build", "--locked", "--quiet", "--profile", plan.profile];
    shell::run(shell::cargo().args(build).args(programs))?;
    let folder = place.join(format!("{}-{}", plan.size.name, plan.positive));
    let raw = Raw { single: folder.join("single"), daily: folder.join("daily") };
    make(&raw.single, plan, &[])?;
    if plan.wants("incremental") {
        make(&raw.daily, plan, &["--daily"])?;
    }
    Ok(raw)
}

/// Runs the generator, unless an earlier run came to its end.
fn make(folder: &Path, plan: &Plan, more: &[&str]) -> Result<()> {
    if folder.exists() {
        return Ok(());
    }
    let partial = folder.with_extension("partial");
    let number = |number: u64| number.to_string();
    let mut generator = std::process::Command::new(program(plan, "measure")?);
    generator.arg("sample").arg(&partial).args(more);
    generator.args(["--reviews", &number(plan.size.reviews)]);
    generator.args(["--purchases", &number(plan.size.purchases)]);
    generator.args(["--positive", &number(plan.positive)]);
    shell::run(&mut generator)?;
    fs::rename(&partial, folder)
        .with_context(|| format!("cannot move {} into its place", partial.display()))
}

/// A program as it was built for the plan.
pub fn program(plan: &Plan, name: &str) -> Result<PathBuf> {
    Ok(shell::target()?.join(plan.profile).join(name))
}

/// Links the files of `from` whose path is `wanted` into a folder.
pub fn link(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<()> {
    let linked = || -> std::io::Result<()> {
        let mut folders = vec![from.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(from).unwrap_or(&path);
                let there = to.join(name);
                if wanted(&name.to_string_lossy()) && !there.exists() {
                    fs::create_dir_all(there.parent().unwrap_or(to))?;
                    fs::hard_link(&path, there)?;
                }
            }
        }
        Ok(())
    };
    linked().with_context(|| format!("cannot link files into {}", to.display()))
}
