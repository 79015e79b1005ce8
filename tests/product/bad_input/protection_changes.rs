//! What was protected less, or not at all, leaves the lake with the sweep after the next publish.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use super::personal_data::outputs;
use crate::{
    common::{
        drop::{log, reviews},
        parquet::Rows,
        place::Place,
    },
    with_settings,
};

const LOGS: &str = "log_reviews/2021-04-19/logs.csv";

/// Name, settings before and after, what happens between them, and staged values that are left.
type Case<'a> = (&'a str, &'a Settings, &'a Settings, &'a dyn Fn(&Place), usize);

type Settings = [(&'static str, &'static str)];

const KEEP: &Settings = &[("PII_MODE", "keep")];
const MASK: &Settings = &[("PII_MODE", "mask")];
const OLD_KEY: &Settings = &[
    ("PII_MODE", "hash"),
    ("PII_KEY", "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"),
];
const NEW_KEY: &Settings = &[
    ("PII_MODE", "hash"),
    ("PII_KEY", "6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f"),
];
const WITHDRAWN: &Settings = &[("PII_MODE", "keep"), ("WITHDRAWN", "forget:0d")];

fn place() -> Place {
    let place = Place::new();
    let log = log("2021-04-19", "Mobile", None);
    let bad = log.replace("04-19-2021", "19-04-2021");
    place.drop(LOGS, format!("id_review,log\n1,{log}\n2,{log}\n3,{bad}\n"));
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1), (2, "good", 2), (3, "good", 3)]));
    place
}

fn call(place: &Place, words: &[&str], settings: &Settings) {
    let ran = with_settings(place, words, settings);
    assert!(matches!(ran.code, 0 | 3), "{ran:?}");
}

/// What `ip` and `phone_number` hold in any staged file.
fn staged(place: &Place) -> Vec<String> {
    let mut texts = Vec::new();
    each_parquet(&place.folder().join("lake/staging/review_logs"), &mut |file| {
        let rows = Rows::read(file);
        texts.extend(rows.texts("ip").into_iter().chain(rows.texts("phone_number")).flatten());
    });
    texts
}

pub fn each_parquet(folder: &Path, f: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => each_parquet(&path, f),
            false if path.extension().is_some_and(|extension| extension == "parquet") => f(&path),
            false => {}
        }
    }
}

/// Three days pass for all that is staged and set aside, as the sweep sees it.
pub fn ages(place: &Place) {
    let then = SystemTime::now() - Duration::from_hours(72);
    each_parquet(&place.folder().join("lake"), &mut |file| {
        fs::File::options().write(true).open(file).unwrap().set_modified(then).unwrap();
    });
}

#[test]
fn what_was_protected_less_is_gone_after_one_publish_and_one_reconcile() {
    let forget = |place: &Place| call(place, &["replay", "--forget", LOGS], KEEP);
    let withdraw = |place: &Place| fs::remove_file(place.raw().join(LOGS)).unwrap();
    let nothing = |_: &Place| {};
    let cases: [Case; 5] = [
        ("keep to mask", KEEP, MASK, &nothing, 4),
        ("another key", OLD_KEY, NEW_KEY, &nothing, 4),
        ("forgotten", KEEP, KEEP, &forget, 0),
        ("withdrawn", WITHDRAWN, WITHDRAWN, &withdraw, 0),
        ("gone, and still counting", KEEP, MASK, &withdraw, 0),
    ];
    for (case, before, after, act, left) in cases {
        let place = place();
        call(&place, &["run"], before);
        let secrets = staged(&place);
        assert_eq!(secrets.len(), 4, "{case}");
        act(&place);
        // The second publishes what the first excludes.
        call(&place, &["run"], after);
        call(&place, &["run"], after);
        assert!(staged(&place).iter().any(|text| secrets.contains(text)), "{case}: in its grace");
        ages(&place);
        call(&place, &["reconcile"], after);
        assert_eq!(staged(&place).len(), left, "{case}");
        let mut found = Vec::new();
        outputs(&place, place.folder(), &mut found);
        for (name, bytes) in found {
            for secret in &secrets {
                let holds = memchr::memmem::find(&bytes, secret.as_bytes()).is_some();
                assert!(!holds, "{case}: {secret} in {name}");
            }
        }
        call(&place, &["run"], after);
    }
}

#[test]
fn status_says_how_many_files_are_still_under_an_old_key() {
    let place = place();
    call(&place, &["run"], OLD_KEY);
    let old = |settings| {
        let ran = with_settings(&place, &["status", "--json"], settings);
        let logs = &ran.json()["datasets"][1];
        assert_eq!(logs["dataset"], "review_logs");
        logs["old_protection"].clone()
    };
    assert_eq!(old(OLD_KEY), serde_json::Value::Null);
    assert_eq!(old(NEW_KEY), 1);
    let told = with_settings(&place, &["status"], NEW_KEY).stdout;
    assert!(told.contains("1 file staged under another PII_MODE"), "{told}");
    call(&place, &["run"], NEW_KEY);
    assert_eq!(old(NEW_KEY), serde_json::Value::Null);
}
