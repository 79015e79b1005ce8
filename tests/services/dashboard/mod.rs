//! The dashboard as people meet it: Chromium on a page that the binary serves, its numbers held
//! against SQL and against the golden file.

mod behind;
mod files;
mod http;
mod looks;
mod numbers;
mod picture;
mod states;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{app, browser, numbers::Golden};

/// The page, served by the binary until this is dropped.
struct Served {
    child: Child,
    origin: String,
}

impl Served {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let mut child = app::command(folder, args)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.into_iter().find_map(|line| {
            let rest = line.strip_prefix("dashboard")?.trim().to_owned();
            Some(rest.split_once(" (").unwrap().0.to_owned())
        });
        let origin = address.expect("the command says where the page is");
        assert!(origin.starts_with("http://127.0.0.1:"), "{origin}");
        Self { child, origin: origin.trim_end_matches('/').to_owned() }
    }

    /// A page over this warehouse, on a free port.
    fn of(folder: &Path, file: &Path) -> Self {
        let warehouse = format!("sqlite:{}", file.display());
        Self::start(folder, &["dashboard", "--warehouse", &warehouse, "--port", "0"])
    }

    /// The step that goes there.
    fn open(&self, path: &str) -> Value {
        json!({ "do": "open", "url": format!("{}{path}", self.origin) })
    }

    /// What one page says.
    #[track_caller]
    fn read(&self, path: &str) -> Value {
        browser::run(vec![self.open(path), step("read")]).remove(1)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `movie-analytics demo --open`, once for all that look at it.
struct Demo {
    folder: TempDir,
    served: Served,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let served = Served::start(folder.path(), &["demo", "--open"]);
        Self { folder, served }
    }

    fn warehouse(&self) -> PathBuf {
        self.folder.path().join("demo/warehouse.db")
    }

    /// Before the first publish.
    fn without_warehouse(&self) -> Served {
        let file = self.folder.path().join("none.db");
        fs::write(&file, "").unwrap();
        Served::of(self.folder.path(), &file)
    }

    /// Over something else than a warehouse.
    fn with_wrong_file(&self) -> Served {
        let file = self.folder.path().join("notes.txt");
        fs::write(&file, "no database ".repeat(1_000)).unwrap();
        Served::of(self.folder.path(), &file)
    }
}

fn golden() -> Golden {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden_dashboard.json");
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn step(name: &str) -> Value {
    json!({ "do": name })
}
