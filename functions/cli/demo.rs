//! `demo`: writes sample files, publishes their facts and says where to find them.

use std::path::Path;

use anyhow::Context;
use pipeline::Day;

use super::{Ended, Shown, places::Places, run};
use crate::{deps::Deps, sample::Sample, settings::Settings};

pub struct Size {
    pub reviews: u64,
    pub days: u32,
    pub purchases: u64,
    pub seed: u64,
}

/// The lake and the warehouse within the demo's folder.
pub fn places(dir: &Path) -> Places {
    // A name that begins with `~` or two slashes is no more than that here.
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    Places {
        lake: Some(format!("file:{}", dir.join("lake").display())),
        warehouse: Some(format!("sqlite:{}", dir.join("warehouse.db").display())),
        // A sample has no business in an operational database.
        user_purchase_db: Some(String::new()),
    }
}

pub async fn command(
    dir: &Path,
    size: Size,
    settings: Settings,
    shown: Shown,
) -> anyhow::Result<Ended> {
    let raw = dir.join("lake").join("raw");
    std::fs::create_dir_all(&raw).with_context(|| {
        format!("cannot create the folder {}; choose another --dir", raw.display())
    })?;
    let Size { reviews, days, purchases, seed } = size;
    let first_day = Day::from_ymd(2021, 4, 19).context("the sample's first day")?;
    let sample = Sample { seed, reviews, purchases, first_day, days, ..Sample::default() };
    let files = sample.write(&raw)?;
    if !(shown.json || shown.quiet) {
        eprintln!("wrote {} sample files to {}", files.len(), raw.display());
    }
    let report = run::run(&Deps::new(settings)?, &shown.progress()).await?;
    let ended = super::show(&report, shown)?;
    if !(shown.json || shown.quiet) {
        let warehouse = dir.join("warehouse.db");
        let query = "select * from v_fact_movie_analytics limit 10";
        super::print(&format!("\nquery it      sqlite3 {} '{query}'", warehouse.display()));
    }
    Ok(ended)
}
