//! Chromium, driven by a script of steps (`tests/common/browser.mjs`).

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

/// Where the browser may be.
const CHROMIUM: [&str; 3] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// What `cargo xtask test --stage tools` installs, below the folder of tools.
const MODULES: &str = "playwright-core-1.65.1/node_modules";

/// Takes the steps, and returns what they found. A page that writes to the console, asks
/// elsewhere or opens a dialog is an error.
#[track_caller]
pub fn run(steps: Vec<Value>) -> Vec<Value> {
    let (modules, chromium) = (modules(), chromium());
    let profile = tempfile::tempdir().expect("a temporary folder");
    let script = json!({
        "modules": modules,
        "chromium": chromium,
        "profile": profile.path(),
        "steps": steps,
    });
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/browser.mjs");
    let mut node = Command::new("node")
        .arg(driver)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node starts: install Node.js 20");
    let mut stdin = node.stdin.take().expect("its input");
    stdin.write_all(script.to_string().as_bytes()).expect("its script");
    drop(stdin);
    let output = node.wait_with_output().expect("its output");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the browser says:\n{said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

const REMEDY: &str = "start `cargo xtask test --stage tools`, which installs it";

fn chromium() -> &'static str {
    let found = CHROMIUM.into_iter().find(|program| Path::new(program).exists());
    found.unwrap_or_else(|| panic!("chromium is not there: {REMEDY}"))
}

fn modules() -> PathBuf {
    let home = env::var_os("HOME").expect("HOME, below which tools are kept");
    let modules = Path::new(&home).join(".cache/movie-analytics/tools").join(MODULES);
    assert!(modules.exists(), "{} is not there: {REMEDY}", modules.display());
    modules
}
