//! A lake and a warehouse of one test.

use std::{fs, path::PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    app::{Ran, movie_analytics},
    oracle::Oracle,
    warehouse::{self, Facts, Spend},
};

pub struct Place {
    dir: TempDir,
    lake: PathBuf,
    warehouse: PathBuf,
    /// Whether `run` has to make a second warehouse.
    create: bool,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (lake, warehouse) = (dir.path().join("lake"), dir.path().join("warehouse.db"));
        fs::create_dir_all(lake.join("raw")).expect("the lake's folder");
        Self { dir, lake, warehouse, create: false }
    }

    /// The same lake with another, new warehouse.
    pub fn with_new_warehouse(self) -> Self {
        Self { warehouse: self.dir.path().join("another.db"), create: true, ..self }
    }

    pub fn folder(&self) -> &std::path::Path {
        self.dir.path()
    }

    pub fn warehouse(&self) -> PathBuf {
        self.warehouse.clone()
    }

    pub fn raw(&self) -> PathBuf {
        self.lake.join("raw")
    }

    pub fn quarantine(&self) -> PathBuf {
        self.lake.join("quarantine")
    }

    pub fn lake_option(&self) -> String {
        format!("file:{}", self.lake.display())
    }

    pub fn warehouse_option(&self) -> String {
        format!("sqlite:{}", self.warehouse.display())
    }

    /// Drops a file, or another version of it.
    pub fn drop(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.raw().join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the file's folder");
        fs::write(file, content).expect("the file");
    }

    /// Drops copies of files that lie below another `raw`.
    pub fn drop_from(&self, raw: &std::path::Path, paths: &[String]) {
        for path in paths {
            self.drop(path, fs::read(raw.join(path)).expect("the file to copy"));
        }
    }

    /// `run` or `status`, with `--json`.
    pub fn call(&self, name: &str) -> Ran {
        let (lake, warehouse) = (self.lake_option(), self.warehouse_option());
        let args = [name, "--lake", &lake, "--warehouse", &warehouse, "--json"];
        let args: Vec<&str> = args.into_iter().chain(self.creates(name)).collect();
        movie_analytics(self.folder(), &args)
    }

    /// The option without which no second warehouse is made.
    pub fn creates(&self, command: &str) -> Option<&'static str> {
        (self.create && command == "run").then_some("--create")
    }

    /// Any command on this lake and warehouse.
    pub fn call_with(&self, args: &[&str]) -> Ran {
        let (lake, warehouse) = (self.lake_option(), self.warehouse_option());
        let places = ["--lake", &lake, "--warehouse", &warehouse];
        movie_analytics(self.folder(), &[&args[..1], &places, &args[1..]].concat())
    }

    /// `run --json` with an operational database.
    pub fn call_with_database(&self, url: &str) -> Ran {
        let (lake, warehouse) = (self.lake_option(), self.warehouse_option());
        let args = ["run", "--lake", &lake, "--warehouse", &warehouse, "--json"];
        movie_analytics(self.folder(), &[&args[..], &["--user-purchase-db", url]].concat())
    }

    /// Runs, expects all well, and returns the report.
    #[track_caller]
    pub fn run(&self) -> Value {
        self.call("run").ends_with(0).json()
    }

    pub fn facts(&self) -> Facts {
        warehouse::facts(&self.warehouse)
    }

    /// Whether a reader finds any facts by now.
    pub fn has_facts(&self) -> bool {
        warehouse::has_facts(&self.warehouse)
    }

    pub fn spend(&self) -> Spend {
        warehouse::spend(&self.warehouse)
    }

    /// What the oracle makes of all files below `raw`.
    pub fn oracle(&self) -> Oracle {
        Oracle::of_folder(&self.raw())
    }

    /// The warehouse holds what the oracle computed from the raw files, to the last row.
    #[track_caller]
    pub fn holds(&self, oracle: &Oracle) {
        warehouse::assert_same(&self.facts(), &oracle.facts);
        assert_eq!(self.spend(), oracle.spend, "spend of customers");
    }
}
