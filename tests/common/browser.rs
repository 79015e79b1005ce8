//! Chromium, driven by a script of steps (`tests/dashboard/browser.mjs`).

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

const CHROMIUM: &str = "/usr/bin/chromium";

/// What `cargo xtask test --stage tools` installs, below the folder of tools.
const MODULES: &str = "playwright-core-1.65.1/node_modules";

/// Takes the steps, and returns what they found. A page that writes to the console, asks
/// elsewhere or opens a dialog is an error.
#[track_caller]
pub fn run(steps: Vec<Value>) -> Vec<Value> {
    let (modules, profile) = (modules(), tempfile::tempdir().expect("a temporary folder"));
    let script = json!({
        "modules": modules,
        "chromium": CHROMIUM,
        "profile": profile.path(),
        "steps": steps,
    });
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dashboard/browser.mjs");
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

fn modules() -> PathBuf {
    let remedy = "start `cargo xtask test --stage tools`, which installs it";
    assert!(Path::new(CHROMIUM).exists(), "{CHROMIUM} is not there: {remedy}");
    let home = env::var_os("HOME").expect("HOME, below which tools are kept");
    let modules = Path::new(&home).join(".cache/movie-analytics/tools").join(MODULES);
    assert!(modules.exists(), "{} is not there: {remedy}", modules.display());
    modules
}
