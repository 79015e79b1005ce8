//! Many small files: what a run costs where nothing is new, and where one file is.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::measured::Taken;
use super::ours::{Lake, WE};
use super::plan::Plan;

/// How many there are.
const FILES: [u64; 2] = [1_000, 100_000];

/// Files of a folder: folders of object stores are flat, those of disks are not.
const OF_FOLDER: u64 = 1_000;

/// The steps of each number of files, as the table has them.
pub const STEPS: [&str; 8] = [
    "1,000 files",
    "1,000, nothing new",
    "1,000, nothing new, publish",
    "1,000, one new",
    "100,000 files",
    "100,000, nothing new",
    "100,000, nothing new, publish",
    "100,000, one new",
];

pub fn run(place: &Path, plan: &Plan, taken: &mut Taken) -> Result<()> {
    for (files, [all, nothing, publish, one]) in FILES.into_iter().zip(STEPS.as_chunks().0) {
        let lake = Lake::new(place, plan)?;
        let raw = lake.folder.join("raw");
        // Half of them reviews, half of them their logs.
        for id in 0..files / 2 {
            write(&raw, id).context("cannot write the files to measure with")?;
        }
        taken.add(WE, all, lake.run()?);
        taken.add(WE, nothing, lake.run()?);
        taken.add(WE, publish, lake.publish()?);
        write(&raw, files / 2).context("cannot write the new file")?;
        taken.add(WE, one, lake.run()?);
    }
    Ok(())
}

/// A review and its log, a file each.
fn write(raw: &Path, id: u64) -> std::io::Result<()> {
    let folder = id / OF_FOLDER;
    let day = 1 + id / OF_FOLDER % 28;
    let log = format!(
        "<reviewlog><log><logDate>04-{day:02}-2021</logDate><device>Mobile</device><location>Kansas\
         </location><os>Apple iOS</os><ipAddress>9.200.232.57</ipAddress><phoneNumber>821-540-5777\
         </phoneNumber></log></reviewlog>"
    );
    let header = ["cid,review_str,id_review\n", "id_review,log\n"];
    let rows = [format!("{},a good one,{id}\n", id % 977), format!("{id},{log}\n")];
    for ((kind, header), row) in ["movie_review", "log_reviews"].iter().zip(header).zip(rows) {
        let folder = raw.join(kind).join(folder.to_string());
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{id}.csv")), format!("{header}{row}"))?;
    }
    Ok(())
}
