//! The product: its command line, on a new lake for each run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::data::{Raw, link, program};
use super::measured::{Taken, Usage, timed};
use super::plan::Plan;

/// Our name in tables.
pub const WE: &str = "movie-analytics";

/// The last of the 30 days that the generator begins on 2021-04-19.
const LAST_DAY: &str = "/2021-05-18/";

/// Runs all steps of the plan once. Returns who left which facts where.
pub fn run(
    place: &Path,
    raw: &Raw,
    plan: &Plan,
    taken: &mut Taken,
) -> Result<Vec<(String, PathBuf)>> {
    let mut facts = Vec::new();
    for (step, folder) in
        [("reviews", "movie_review"), ("logs", "log_reviews"), ("purchases", "user_purchase")]
    {
        if plan.wants(step) {
            let lake =
                Lake::new(place, plan)?.with(&raw.single, &|name| name.starts_with(folder))?;
            taken.add(WE, step, lake.stage()?);
        }
    }
    let everything = |_: &str| true;
    if plan.wants("aggregate") || plan.wants("whole") {
        let lake = Lake::new(place, plan)?.with(&raw.single, &everything)?;
        let staged = lake.stage()?;
        let out = place.join("facts.parquet");
        let lake = lake.folder.to_string_lossy();
        let built = timed(&program(plan, "measure")?, &["facts", &lake, &out.to_string_lossy()])?;
        if plan.wants("aggregate") {
            taken.add(WE, "aggregate", built);
        }
        if plan.wants("whole") {
            taken.add(WE, "whole", staged.then(built));
        }
        facts.push((format!("{WE}, Parquet"), out));
    }
    if plan.wants("sqlite") {
        let lake = Lake::new(place, plan)?.with(&raw.single, &everything)?;
        taken.add(WE, "sqlite", lake.run()?);
        facts.push((format!("{WE}, SQLite"), lake.warehouse));
    }
    if plan.wants("incremental") {
        let lake = Lake::new(place, plan)?.with(&raw.daily, &|name| !name.contains(LAST_DAY))?;
        lake.run()?;
        let lake = lake.with(&raw.daily, &everything)?;
        taken.add(WE, "incremental", lake.run()?);
        let lake = Lake::new(place, plan)?.with(&raw.daily, &everything)?;
        taken.add(WE, "30 days at once", lake.run()?);
    }
    Ok(facts)
}

pub struct Lake {
    program: PathBuf,
    pub folder: PathBuf,
    pub warehouse: PathBuf,
}

impl Lake {
    /// An empty lake and a warehouse without facts, in place of those before.
    pub fn new(place: &Path, plan: &Plan) -> Result<Self> {
        let ours = place.join("ours");
        if ours.exists() {
            fs::remove_dir_all(&ours)
                .with_context(|| format!("cannot remove {}", ours.display()))?;
        }
        let (folder, warehouse) = (ours.join("lake"), ours.join("warehouse.db"));
        let lake = Self { program: program(plan, WE)?, folder, warehouse };
        lake.command(&["run", "--create"])?;
        Ok(lake)
    }

    pub fn with(self, files: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Self> {
        link(files, &self.folder.join("raw"), wanted)?;
        Ok(self)
    }

    pub fn stage(&self) -> Result<Usage> {
        self.command(&["reconcile"])
    }

    pub fn run(&self) -> Result<Usage> {
        self.command(&["run"])
    }

    pub fn publish(&self) -> Result<Usage> {
        self.command(&["publish"])
    }

    fn command(&self, words: &[&str]) -> Result<Usage> {
        let lake = format!("file:{}", self.folder.display());
        let warehouse = format!("sqlite:{}", self.warehouse.display());
        let places = ["--lake", &lake, "--warehouse", &warehouse];
        timed(&self.program, &[words, &["--json"], &places].concat())
    }
}
