//! `init`: a folder to begin in, with its settings file.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use pipeline::Dataset;

use super::Ended;
use crate::settings::{DESCRIBED, FILE_NAME};

/// What `init` writes as values; all others are comments with their default.
const VALUES: [(&str, &str); 2] = [("LAKE", "file:lake"), ("WAREHOUSE", "sqlite:warehouse.db")];

#[derive(Args)]
pub struct Options {
    /// Folder to begin in; created if it does not exist.
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

pub fn command(options: &Options) -> anyhow::Result<Ended> {
    let dir = &options.dir;
    let raw = dir.join("lake").join("raw");
    for dataset in Dataset::ALL {
        let folder = raw.join(dataset.raw_folder());
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    let file = dir.join(FILE_NAME);
    let is_new = write_new(&file).with_context(|| format!("cannot write {}", file.display()))?;
    let wrote = if is_new { "wrote" } else { "kept " };
    super::print(&format!("{wrote}         {}", file.display()));
    super::print(&format!("vendor files  {}", raw.display()));
    super::print("next          put files below its folders, `check` them, then `run`");
    Ok(Ended::Well)
}

/// Whether the file was new: one that is there is somebody's.
fn write_new(file: &Path) -> io::Result<bool> {
    match fs::File::create_new(file) {
        Ok(mut new) => io::Write::write_all(&mut new, text().as_bytes()).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn text() -> String {
    let mut text = "# Settings of movie-analytics, for every command below this folder. The \
                    environment overrides them,\n# and options override both. A line behind `#` \
                    shows the default. Keep keys and passwords out of here.\n"
        .to_owned();
    for setting in DESCRIBED {
        let value = VALUES.iter().find(|(name, _)| *name == setting.name);
        let hidden = if value.is_some() { "" } else { "# " };
        let value = value.map_or(setting.default, |(_, value)| value);
        // Writing to a text does not fail.
        let _ = writeln!(text, "\n# {}\n{hidden}{} = \"{value}\"", setting.what, setting.name);
    }
    text
}
