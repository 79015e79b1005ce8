//! The command line teaches, refuses wrong usage with a sentence, and keeps its exit codes.

use std::path::Path;

use crate::common::{
    app::{Ran, command, movie_analytics},
    drop::{logs, reviews},
    oracle::Oracle,
    place::Place,
    warehouse,
};
use serde_json::{Value, json};

/// Runs in an empty folder.
fn alone(args: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a temporary folder");
    movie_analytics(folder.path(), args)
}

/// Wrong usage: exit code 2, words on stderr, nothing on stdout that a program might read.
#[track_caller]
fn assert_wrong(args: &[&str], words: &[&str]) {
    let ran = alone(args).ends_with(2);
    words.iter().for_each(|word| ran.says(word));
    assert_eq!(ran.stdout, "", "{ran:?}");
}

#[test]
fn help_teaches() {
    let help = alone(&["--help"]).ends_with(0).stdout;
    for word in ["run", "demo", "status", "movie_review", "user_purchase", "Exit codes", "rejected"]
    {
        assert!(help.contains(word), "`{word}` is missing:\n{help}");
    }
    for subcommand in ["run", "status"] {
        let help = alone(&[subcommand, "--help"]).ends_with(0).stdout;
        for word in ["--lake", "file:DIR", "--warehouse", "sqlite:FILE", "--json"] {
            assert!(help.contains(word), "`{word}` is missing:\n{help}");
        }
    }
    let help = alone(&["demo", "--help"]).ends_with(0).stdout;
    assert!(help.contains("--dir"), "{help}");
    assert!(alone(&["--version"]).ends_with(0).stdout.contains("movie-analytics"));
}

#[test]
fn wrong_usage_exits_with_2_and_a_sentence() {
    assert_wrong(&["publihs"], &["publihs", "--help"]);
    assert_wrong(&["run", "--lak", "file:x"], &["--lak"]);
    assert_wrong(&["run", "--lake"], &["--lake"]);
    assert_wrong(&["demo", "--days", "0"], &["--days"]);
    let nothing = alone(&[]).ends_with(2);
    nothing.says("Usage");
}

#[test]
fn unknown_or_missing_places_exit_with_2_and_say_what_to_write() {
    let warehouse = ["--warehouse", "sqlite:w.db"];
    for lake in ["s3://bucket", "file:", "lake", ""] {
        assert_wrong(&[&["run", "--lake", lake], &warehouse[..]].concat(), &["LAKE", "file:DIR"]);
    }
    for warehouse in ["postgres://x", "sqlite:", "w.db"] {
        let args = ["run", "--lake", "file:lake", "--warehouse", warehouse];
        assert_wrong(&args, &["WAREHOUSE", "sqlite:FILE"]);
    }
    assert_wrong(&["run"], &["LAKE", "not set"]);
    assert_wrong(&["status", "--lake", "file:lake"], &["WAREHOUSE", "not set"]);
}

#[test]
fn a_request_for_what_is_not_there_exits_with_2() {
    let place = Place::new();
    place.run();
    place.call_with(&["publish", "--accept", "99"]).ends_with(2).says("there is no publish 99");
    let turned = ["replay", "--from", "2021-04-25", "--to", "2021-04-24"];
    place.call_with(&turned).ends_with(2).says("2021-04-25, is after the last day, 2021-04-24");
}

#[test]
fn replay_understands_names_as_listings_of_the_lake_show_them() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    place.run();
    for words in [["raw/movie_review/a.csv"].as_slice(), &["--dataset", "movie_review"]] {
        let report = place.call_with(&[&["replay", "--json"], words].concat()).ends_with(0).json();
        assert_eq!(report["files"][0]["path"], json!("movie_review/a.csv"), "{words:?}");
    }
    place.call_with(&["replay", "--forget", "raw/movie_review/a.csv"]).ends_with(0);
    assert_eq!(place.call("status").json()["states"]["excluded"], json!(1));
}

#[test]
fn a_table_that_leaves_files_out_says_how_to_see_them() {
    let place = Place::new();
    for n in 0..31 {
        place.drop(&format!("movie_review/{n}.csv"), reviews(&[(1, "good", n)]));
    }
    let ran = place.call_with(&["run"]).ends_with(0);
    assert!(ran.stdout.contains("(0 of 31 files"), "{ran:?}");
    assert!(ran.stdout.contains("--json shows all"), "{ran:?}");
}

#[test]
fn one_of_anything_is_singular() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    let ran = place.call_with(&["run"]).ends_with(0);
    let expected = "1 day rebuilt, 1 fact written, 0 replaced, 0 rows with updated spend";
    assert!(ran.stdout.contains(expected), "{ran:?}");
}

#[test]
fn a_password_in_a_wrong_warehouse_is_not_repeated() {
    let secret = "Server=x;Password=hunter2";
    let ran = alone(&["run", "--lake", "file:lake", "--warehouse", secret]).ends_with(2);
    assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
}

#[test]
fn the_environment_stands_in_for_options_and_options_win() {
    let place = Place::new();
    let run = |args: &[&str], lake: &str, warehouse: &str| -> Ran {
        let mut command = command(place.folder(), args);
        command.env("LAKE", lake).env("WAREHOUSE", warehouse).output().unwrap().into()
    };
    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    run(&["run", "--json"], &lake, &warehouse).ends_with(0);
    let args = ["run", "--json", "--lake", &lake, "--warehouse", &warehouse];
    let report = run(&args, "nonsense", "nonsense").ends_with(0).json();
    assert_eq!(report["publish"], Value::Null);
    run(&["run"], "nonsense", &warehouse).ends_with(2).says("LAKE");
}

#[test]
fn an_empty_lake_is_all_well() {
    let place = Place::new();
    let report = place.run();
    assert_eq!((&report["files"], &report["summary"]["facts"]), (&json!([]), &json!(0)));
    place.call("run").ends_with(0).says("no file found below file:");
}

#[test]
fn the_second_demo_says_that_nothing_changed() {
    let folder = tempfile::tempdir().unwrap();
    let demo = |more: &[&str]| {
        movie_analytics(folder.path(), &[&["demo", "--dir", "shop"], more].concat()).ends_with(0)
    };
    let first = demo(&[]);
    assert!(first.stdout.contains("fact"), "{first:?}");
    assert!(!first.stdout.contains("nothing changed"), "{first:?}");
    let database = folder.path().join("shop/warehouse.db");
    let facts = warehouse::facts(&database);
    let second = demo(&[]);
    assert!(second.stdout.contains("nothing changed"), "{second:?}");
    let third = demo(&["--json"]).json();
    assert_eq!((&third["files"], &third["publish"]), (&json!([]), &Value::Null));
    assert_eq!(third["work"]["files_read"], json!(0));
    assert_eq!(third["summary"]["facts"], json!(facts.len()));
    warehouse::assert_same(&warehouse::facts(&database), &facts);
    let oracle = Oracle::of_folder(Path::new(&folder.path().join("shop/lake/raw")));
    warehouse::assert_same(&facts, &oracle.facts);
}

#[test]
fn status_works_before_and_after_the_first_run_and_changes_nothing() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    place.call("status").ends_with(0).json();
    let report = place.run();
    let before = place.facts();
    assert_eq!(report["summary"]["facts"], json!(1));
    place.call("status").ends_with(0).json();
    let table = place.call_with(&["status"]).ends_with(0);
    assert!(table.stdout.contains("fact"), "{table:?}");
    warehouse::assert_same(&place.facts(), &before);
}

#[test]
fn a_lake_that_is_a_file_fails_with_1_or_2_and_names_it() {
    let place = Place::new();
    let file = place.folder().join("plain");
    std::fs::write(&file, "x").unwrap();
    let (lake, warehouse) = (format!("file:{}", file.display()), place.warehouse_option());
    let args = ["run", "--lake", &lake, "--warehouse", &warehouse];
    let ran = movie_analytics(place.folder(), &args);
    assert!([1, 2].contains(&ran.code), "{ran:?}");
    ran.says("plain");
}

#[test]
fn a_warehouse_is_migrated_or_its_sql_is_printed() {
    let migrate = |warehouse| ["warehouse", "migrate", "--warehouse", warehouse];
    let place = Place::new();
    place.run();
    let there = place.warehouse_option();
    let ran = movie_analytics(place.folder(), &migrate(&there)).ends_with(0);
    assert!(ran.stdout.contains("the schema of sqlite:"), "{ran:?}");
    let server = "Server=h.example;Database=films;User ID=u;Password=secret";
    let printed = alone(&[&migrate(server)[..], &["--print"]].concat()).ends_with(0).stdout;
    for word in ["CREATE TABLE dw.fact_movie_analytics", "VALUES (1, N'dimensions'", "\nGO\n"] {
        assert!(printed.contains(word), "{printed}");
    }
    // It can be given to `sqlcmd` as it is.
    assert!(!printed.contains("$("), "{printed}");
    assert_wrong(&migrate("Server=h;Database=d;Pwd=x"), &["WAREHOUSE: User ID or Password"]);
    assert_wrong(&migrate("mysql:x"), &["WAREHOUSE: unknown form", "sqlserver://"]);
}

#[test]
fn reconcile_sweeps_what_interrupted_work_left_days_ago() {
    let place = Place::new();
    place.drop("movie_review/1.csv", "cid,review_str,id_review\n1,good,1\n");
    place.run();
    let folder = place.folder().join("lake/staging/review_logs/log_reviews/1.csv");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, days) in [("old", 3), ("young", 0)] {
        let file = std::fs::File::create(folder.join(format!("{name}.parquet"))).unwrap();
        let age = std::time::Duration::from_hours(24 * days);
        file.set_modified(std::time::SystemTime::now() - age).unwrap();
    }
    // Files without any receipt beside them are left alone: somebody may have deleted the log.
    assert_eq!(place.call("reconcile").ends_with(0).json()["swept"]["parquet"], json!(0));
    place.drop("log_reviews/2.csv", "id_review,log\n");
    let report = place.call("reconcile").ends_with(0).json();
    assert_eq!(report["swept"], json!({ "parquet": 1, "quarantine": 0 }));
    assert!(!folder.join("old.parquet").exists() && folder.join("young.parquet").exists());
}
