//! What people expect of any command line: help that fits a screen, a settings file, quiet and
//! verbose runs, completions, a manual and a version.

use std::fs;

use serde_json::{Value, json};

use crate::common::{
    app::{Ran, command, movie_analytics},
    drop::{logs, reviews},
    place::Place,
};

/// Rows and columns of the screen that help must fit.
const ROWS: usize = 40;
const COLUMNS: usize = 100;

fn alone(args: &[&str]) -> Ran {
    movie_analytics(std::path::Path::new("."), args).ends_with(0)
}

/// The names in the list of commands of a help text.
fn commands(help: &str) -> Vec<String> {
    let list = help.split("Commands:\n").nth(1).unwrap_or_default();
    let list = list.lines().take_while(|line| !line.is_empty());
    let names = list.filter(|line| line.starts_with("  ") && !line.starts_with("    "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn help_of_each_command_fits_a_screen_and_shows_an_example() {
    let all = commands(&alone(&["--help"]).stdout);
    assert!(all.len() >= 16, "{all:?}");
    let nested = commands(&alone(&["warehouse", "--help"]).stdout);
    assert_eq!(nested, ["migrate"]);
    let words = all.iter().map(|name| vec![name.as_str()]);
    for mut words in words.chain([vec!["warehouse", "migrate"]]) {
        words.push("--help");
        let help = alone(&words).stdout;
        let rows = help.lines().count();
        assert!(rows <= ROWS, "{words:?} takes {rows} rows:\n{help}");
        let example = format!("movie-analytics {}", words[..words.len() - 1].join(" "));
        let shown = help.split("Example: ").nth(1).unwrap_or_default();
        assert!(shown.starts_with(&example), "{words:?} shows no example:\n{help}");
        let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= COLUMNS, "{words:?} takes {widest} columns:\n{help}");
    }
}

#[test]
fn init_makes_a_folder_that_every_command_below_it_works_in() {
    let folder = tempfile::tempdir().unwrap();
    let run = |within: &str, args: &[&str]| -> Ran {
        movie_analytics(&folder.path().join(within), args).ends_with(0)
    };
    run(".", &["init", "shop"]);
    let raw = folder.path().join("shop/lake/raw");
    fs::write(raw.join("movie_review/a.csv"), reviews(&[(1, "good", 1)])).unwrap();
    fs::write(raw.join("log_reviews/a.csv"), logs(&[(1, "2021-04-19", "Mobile")])).unwrap();
    let report = run("shop", &["run", "--json"]).json();
    assert_eq!(report["summary"]["facts"], json!(1));
    // From further below, and without another warehouse being made there.
    let status = run("shop/lake/raw", &["status", "--json"]).json();
    assert_eq!(status["states"]["unpublished"], json!(0));
    assert!(folder.path().join("shop/warehouse.db").is_file());
    assert!(!raw.join("warehouse.db").exists());
    let file = folder.path().join("shop/movie-analytics.toml");
    let mine = format!("{}\nMAX_DAY_SHRINK = 0.25\n", fs::read_to_string(&file).unwrap());
    fs::write(&file, &mine).unwrap();
    assert!(run("shop", &["init"]).stdout.contains("kept"));
    assert_eq!(fs::read_to_string(&file).unwrap(), mine, "a second init keeps the file");
}

#[test]
fn config_says_what_holds_where_it_comes_from_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    movie_analytics(folder.path(), &["init"]).ends_with(0);
    let local = json!({"Values": {"RETENTION_DAYS": "7", "MAX_DAY_SHRINK": "0.1"}});
    fs::write(folder.path().join("local.settings.json"), local.to_string()).unwrap();
    let config = |json: &[&str]| -> Ran {
        let args = ["config", "--warehouse", "Server=x;Password=hunter2"];
        let mut config = command(folder.path(), &[&args, json].concat());
        config.env("PII_KEY", "hunter2").env("MAX_DAY_SHRINK", "0.3");
        Ran::from(config.output().unwrap()).ends_with(0)
    };
    let held = config(&["--json"]).json();
    for (name, value, from) in [
        ("LAKE", json!("file:lake"), "movie-analytics.toml"),
        ("WAREHOUSE", json!("***"), "option"),
        ("PII_KEY", json!("***"), "environment"),
        ("MAX_DAY_SHRINK", json!("0.3"), "environment"),
        ("RETENTION_DAYS", json!("7"), "local.settings.json"),
        ("PII_MODE", json!("mask"), "default"),
        ("USER_PURCHASE_DB", Value::Null, "default"),
    ] {
        assert_eq!(held[name], json!({"value": value, "from": from}), "{name}");
    }
    assert!(!config(&[]).stdout.contains("hunter2"));
}

#[test]
fn a_wrong_settings_file_ends_every_command_with_2() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("movie-analytics.toml"), "PII_MOD = \"hash\"\n").unwrap();
    for words in [&["run"][..], &["status"], &["config"], &["facts"], &["check", "a.csv"]] {
        movie_analytics(folder.path(), words).ends_with(2).says("the nearest is PII_MODE");
    }
}

#[test]
fn quiet_says_nothing_where_all_is_well_and_verbose_shows_the_log() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    let ran = place.call_with(&["run", "--quiet"]).ends_with(0);
    assert_eq!((&*ran.stdout, &*ran.stderr), ("", ""));
    place.drop("movie_review/b.csv", "no\n1\n");
    place.call_with(&["run", "-q"]).ends_with(3).says("rejected movie_review/b.csv");
    assert!(place.call_with(&["status", "-q"]).stdout.contains("rejected"), "it was asked for");
    let ran = place.call_with(&["run", "-v"]).ends_with(3);
    ran.says("settings are read");
    ran.says("warehouse.db");
    assert!(!ran.stderr.contains('\u{1b}'), "colours only on a terminal: {ran:?}");
    place.call_with(&["run", "-q", "-v"]).ends_with(2).says("cannot be used with");
}

#[test]
fn completions_and_the_manual_know_every_command() {
    let all = commands(&alone(&["--help"]).stdout);
    let folder = tempfile::tempdir().unwrap();
    alone(&["man", folder.path().to_str().unwrap()]);
    let bash = alone(&["completions", "bash"]).stdout;
    let page = alone(&["man"]).stdout;
    assert!(page.contains(".TH movie-analytics 1"), "{page}");
    for name in &all {
        assert!(bash.contains(&format!("movie__analytics,{name})")), "{name} is not completed");
        let page = folder.path().join(format!("movie-analytics-{name}.1"));
        assert!(page.is_file(), "{name} has no page");
    }
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        assert!(alone(&["completions", shell]).stdout.contains("movie-analytics"), "{shell}");
    }
}

#[test]
fn the_version_names_commit_and_features() {
    let said = alone(&["--version"]).stdout;
    let (version, rest) = said.split_once(" (commit ").expect("a commit");
    assert_eq!(version, concat!("movie-analytics ", env!("CARGO_PKG_VERSION")));
    let (commit, features) = rest.split_once(", features: ").expect("features");
    assert!(commit == "unknown" || commit.len() >= 7, "{said}");
    assert!(["none)\n", "spark-connect)\n"].contains(&features), "{said}");
}
