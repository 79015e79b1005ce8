//! Runs of the peers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::data::{Raw, program};
use super::measured::{Taken, lines, python, script};
use super::plan::{Peer, Plan, SINGLE};
use crate::shell;

impl Peer {
    /// Runs all steps of the plan once, in one process; the whole where the plan wants it.
    /// Returns where the facts are, if they were made.
    pub fn run(
        &self,
        place: &Path,
        raw: &Raw,
        plan: &Plan,
        taken: &mut Taken,
    ) -> Result<Option<(String, PathBuf)>> {
        let whole = ["whole", "sqlite", "aggregate"].iter().any(|step| plan.wants(step));
        let steps: Vec<_> = SINGLE.into_iter().filter(|step| whole || plan.wants(step)).collect();
        if steps.is_empty() {
            return Ok(None);
        }
        let out = place.join(self.name);
        fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
        let mut command = Command::new(python()?);
        command.env("RULES", rules(plan)?);
        command.arg(script(self.script)?).arg(&raw.single).arg(&out).args(&steps);
        for (step, usage) in lines(&mut command)? {
            if whole || step != "whole" {
                taken.add(self.name, &step, usage);
            }
        }
        Ok(whole.then(|| (self.name.to_owned(), out.join("facts.parquet"))))
    }
}

/// What the facts in each of the files come to.
pub fn facts(plan: &Plan, files: &[(String, PathBuf)]) -> Result<Vec<(String, String)>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut command = Command::new(python()?);
    command.env("RULES", rules(plan)?);
    command.arg(script("facts.py")?).args(files.iter().map(|(_, file)| file));
    let output = shell::output(&mut command, "install python3")?;
    Ok(files.iter().map(|(who, _)| who.clone()).zip(output.lines().map(str::to_owned)).collect())
}

/// The dimensions and positive words of the product.
fn rules(plan: &Plan) -> Result<String> {
    shell::output(Command::new(program(plan, "measure")?).arg("rules"), "build it first")
}
