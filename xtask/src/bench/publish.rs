//! Publishing into SQLite, beside SQLite's own way to load the same fact rows.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::data::Raw;
use super::measured::{Taken, timed};
use super::ours::{Lake, WE};
use super::plan::Plan;
use crate::shell;

/// Who loads them.
pub const SHELL: &str = "sqlite3 .import";

/// What only Debian's package is known to give: the shell of SQLite.
const REMEDY: &str = "install the package sqlite3";

pub fn run(place: &Path, raw: &Raw, plan: &Plan, taken: &mut Taken) -> Result<()> {
    let lake = Lake::new(place, plan)?.with(&raw.single, &|_| true)?;
    lake.stage()?;
    taken.add(WE, "publish", lake.publish()?);
    let table = "fact_movie_analytics";
    let warehouse = lake.warehouse.to_string_lossy().into_owned();
    let ask = |question: &[&str]| {
        shell::output(Command::new("sqlite3").arg(&warehouse).args(question), REMEDY)
    };
    let (schema, rows) = (ask(&[&format!(".schema {table}")])?, place.join("facts.csv"));
    ask(&[".mode csv", &format!(".once {}", rows.display()), &format!("SELECT * FROM {table}")])?;
    let imported = place.join("imported.db");
    if imported.exists() {
        std::fs::remove_file(&imported).context("cannot remove the database before")?;
    }
    let (new, program) = (imported.to_string_lossy(), which()?);
    shell::output(Command::new(&program).arg(&*new).arg(&schema), REMEDY)?;
    let import = format!(".import --csv {} {table}", rows.display());
    taken.add(SHELL, "publish", timed(Path::new(&program), &[&new, &import])?);
    let count = |database: &str| {
        let count = format!("SELECT count(*) FROM {table}");
        shell::output(Command::new(&program).arg(database).arg(count), REMEDY)
    };
    let (ours, theirs) = (count(&warehouse)?, count(&new)?);
    ensure!(ours == theirs, "{SHELL} has {} rows, we have {}", theirs.trim(), ours.trim());
    println!("  {} fact rows", ours.trim());
    Ok(())
}

fn which() -> Result<String> {
    let found = shell::output(Command::new("sh").args(["-c", "command -v sqlite3"]), REMEDY)?;
    Ok(found.trim().to_owned())
}
