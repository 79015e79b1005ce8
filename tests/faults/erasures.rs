//! An erasure that dies anywhere is completed by whoever comes next, and one that comes while a file
//! is read misses nothing.

use std::{collections::BTreeSet, sync::Arc};

use crate::common::{
    app::command,
    drop::{logs, purchases, reviews},
    failpoints::{alone, meanwhile},
    lab::{Lab, reconciled, settle},
    oracle::Oracle,
    place::Place,
    warehouse::assert_same,
};

const WHO: i64 = 7;
const KEY: (&str, &str) =
    ("PII_KEY", "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e");

/// Files with, or without, the rows of a customer.
fn files(who: bool) -> Vec<(String, Vec<u8>)> {
    let day = "2021-04-19";
    let who = usize::from(who);
    let rows = |rows: &[(i64, &str, i64)]| reviews(&rows[1 - who..]);
    let bought = |rows: &[(&str, i64, &str)]| purchases(&rows[1 - who..]);
    let files = [
        ("movie_review/1.csv", rows(&[(WHO, "good", 1), (8, "good", 2)])),
        ("movie_review/2.csv", rows(&[(WHO, "dull", 3), (8, "dull", 4)])),
        (
            "log_reviews/1.csv",
            logs(&[(1, day, "TV"), (2, day, "TV"), (3, day, "Mobile"), (4, day, "TV")]),
        ),
        ("user_purchase/1.csv", bought(&[("7", 2, "2.5"), ("8", 1, "0.001")])),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect()
}

fn oracle() -> Oracle {
    Oracle::of_contents(files(false).into_iter().collect())
}

#[test]
fn an_erasure_that_dies_at_any_step_is_completed_by_the_next_run() {
    let steps =
        ["erased", "head", "stream", "staged", "receipt", "listing", "begin", "facts", "commit"];
    for step in steps.into_iter().chain(["cut"]) {
        for side in ["before", "after"] {
            let at = format!("{step}:{side}");
            let place = Place::new();
            files(true).iter().for_each(|(path, text)| place.drop(path, text));
            let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
            let call = |words: &[&str], abort: Option<&str>| {
                let places = ["--lake", &lake, "--warehouse", &warehouse];
                let mut command =
                    command(place.folder(), &[&words[..1], &places, &words[1..]].concat());
                command.env(KEY.0, KEY.1).envs(abort.map(|at| ("ABORT_AT", at)));
                command.output().unwrap().status.code()
            };
            assert_eq!(call(&["run"], None), Some(0));
            let erase: &[&str] = match step {
                "cut" => &["erase", "--customer", "7", "--raw"],
                _ => &["erase", "--customer", "7"],
            };
            assert_eq!(call(erase, Some(&at)), None, "{at} was not come to");
            // Before its entry nobody is on the list; of the vendors' files nobody but the command knows.
            let again = if at == "erased:before" || step == "cut" { erase } else { &["run"] };
            assert_eq!(call(again, None), Some(0), "after {at}");
            let oracle = oracle();
            assert_same(&place.facts(), &oracle.facts);
            assert_eq!(place.spend(), oracle.spend, "after {at}");
            assert_eq!(call(&["run"], None), Some(0), "after {at}");
        }
    }
}

#[test]
fn a_file_that_is_committed_while_its_customer_is_erased_is_read_again() {
    alone(async {
        for place in ["receipt:before", "staged:before", "stream:before"] {
            let lab = Arc::new(Lab::with(&[KEY]));
            for (path, text) in files(true) {
                lab.put(&path, text).await;
            }
            // Reviews and logs are read first, purchases when the other process is done.
            let other = lab.deps();
            meanwhile(place, async move {
                let customers = BTreeSet::from([WHO]);
                let erasure = other.lake.erase(&customers).await.unwrap();
                assert!(erasure.files.is_empty(), "nothing is committed yet");
            });
            settle(&lab.deps()).await.unwrap();
            reconciled(&lab.deps()).await.unwrap();
            settle(&lab.deps()).await.unwrap();
            let oracle = oracle();
            assert_same(&lab.facts(), &oracle.facts);
            assert_eq!(lab.spend(), oracle.spend, "{place}");
        }
    });
}
