//! A mistyped name makes nothing: not a lake, not a warehouse, not a setting.

use std::{fs, path::Path};

use crate::common::{
    app::{Ran, command, movie_analytics},
    drop::reviews,
    place::Place,
};

/// What lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const COMMANDS: [&[&str]; 6] = [
    &["run"],
    &["reconcile"],
    &["replay", "--refused"],
    &["erase", "--customer=1"],
    &["publish"],
    &["status"],
];

#[test]
fn a_lake_that_is_not_there_is_an_error_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let call = |words: &[&str], lake: &str| {
        let places = ["--lake", lake, "--warehouse", "sqlite:w.db"];
        movie_analytics(folder.path(), &[words, &places].concat())
    };
    for words in COMMANDS {
        let ran = call(words, "file:typo").ends_with(2);
        ran.says("LAKE: the folder typo does not exist");
        ran.says("run --create");
    }
    assert_eq!(names(folder.path()), [""; 0], "nothing is made");
    fs::create_dir(folder.path().join("photos")).unwrap();
    call(&["run"], "file:photos").ends_with(2).says("has no folder `raw`");
    assert_eq!(names(&folder.path().join("photos")), [""; 0], "nothing is made");

    call(&["run", "--create"], "file:new/lake").ends_with(0);
    assert_eq!(names(folder.path()), ["new", "photos", "w.db"]);
    call(&["run"], "file:new/lake").ends_with(0);
}

#[test]
fn a_warehouse_that_is_not_there_is_made_by_the_first_run_alone() {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    let call = |words: &[&str], warehouse: &str| {
        let lake = place.lake_option();
        let places = ["--lake", &lake, "--warehouse", warehouse];
        movie_analytics(place.folder(), &[words, &places].concat())
    };
    for words in [&["reconcile"][..], &["publish"], &["replay", "--refused"]] {
        call(words, "sqlite:w.db").ends_with(2).says("the file w.db does not exist");
    }
    call(&["status"], "sqlite:w.db").ends_with(0);
    call(&["run"], "sqlite:none/w.db").ends_with(2).says("the folder none does not exist");
    assert_eq!(names(place.folder()), ["lake"]);
    call(&["run"], "sqlite:w.db").ends_with(0);

    for words in COMMANDS {
        call(words, "sqlite:typo.db").ends_with(2).says("the file typo.db does not exist");
    }
    for words in [&["dashboard"][..], &["warehouse", "migrate"]] {
        let args = [words, &["--warehouse", "sqlite:typo.db"]].concat();
        movie_analytics(place.folder(), &args).ends_with(2).says("typo.db does not exist");
    }
    assert_eq!(names(place.folder()), ["lake", "w.db"]);

    // Somebody deletes it, to have it built again; or wants a second one.
    fs::remove_file(place.folder().join("w.db")).unwrap();
    call(&["run"], "sqlite:w.db").ends_with(0);
    call(&["run", "--create"], "sqlite:more/second.db").ends_with(0);
    assert_eq!(names(place.folder()), ["lake", "more", "w.db"]);
}

#[test]
fn a_url_is_read_as_other_tools_read_it_or_refused() {
    let place = Place::new();
    let call = |lake: &str, warehouse: &str| {
        let args = ["run", "--create", "--lake", lake, "--warehouse", warehouse];
        command(place.folder(), &args).env("HOME", place.folder()).output().map(Ran::from).unwrap()
    };
    let lake = place.lake_option();
    call("file://lake", "sqlite:w.db").ends_with(2).says("LAKE: `file://` is followed by");
    for warehouse in ["sqlite://w.db", "sqlite:///w.db"] {
        call(&lake, warehouse).ends_with(2).says("WAREHOUSE: tools disagree about slashes");
    }
    assert_eq!(names(place.folder()), ["lake"]);
    call(&lake.replacen("file:", "file://", 1), "sqlite:~/at-home.db").ends_with(0);
    assert_eq!(names(place.folder()), ["at-home.db", "lake"]);
}

#[test]
fn a_typo_in_the_name_of_a_setting_is_refused() {
    let place = Place::new();
    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    let args = ["run", "--lake", &lake, "--warehouse", &warehouse];
    let with = |name: &str| -> Ran {
        command(place.folder(), &args).env(name, "hash").output().unwrap().into()
    };
    with("PII_MOD").ends_with(2).says("there is no setting `PII_MOD`; the nearest is PII_MODE");
    with("MAX_DAY_SHRNK").ends_with(2).says("the nearest is MAX_DAY_SHRINK");
    with("MAX_WORKERS").ends_with(0);

    let file = |values: &str| {
        let text = format!(r#"{{ "IsEncrypted": false, "Values": {{ {values} }} }}"#);
        fs::write(place.folder().join("local.settings.json"), text).unwrap();
        movie_analytics(place.folder(), &args)
    };
    file(r#""PII_MOD": "hash""#).ends_with(2).says("the nearest is PII_MODE");
    let ran = file(r#""FUNCTIONS_WORKER_RUNTIME": "custom", "VERBOSE": "1""#).ends_with(0);
    ran.says("there is no setting `VERBOSE`");
    assert!(!ran.stderr.contains("FUNCTIONS_WORKER_RUNTIME"), "{ran:?}");
}
