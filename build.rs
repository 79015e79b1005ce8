//! Tells the program which commit it is of, for `--version`.

use std::{env, process::Command};

fn main() {
    println!("cargo::rerun-if-env-changed=MOVIE_ANALYTICS_COMMIT");
    // Each commit, reset and switch adds a line to it.
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    let commit = env::var("MOVIE_ANALYTICS_COMMIT").ok().or_else(of_git);
    println!("cargo::rustc-env=COMMIT={}", commit.as_deref().unwrap_or("unknown"));
}

/// `None` where the source is no clone, or git is missing.
fn of_git() -> Option<String> {
    let out = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok()?;
    let commit = String::from_utf8(out.stdout).ok().filter(|_| out.status.success())?;
    Some(commit.trim().to_owned())
}
