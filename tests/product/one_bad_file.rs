//! A file that cannot be read is named, and the others are published in the same run.

use std::{
    fs,
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use crate::common::{
    drop::{logs, reviews},
    oracle::Oracle,
    place::Place,
};

const GOOD: [&str; 2] = ["movie_review/a.csv", "log_reviews/a.csv"];

/// What somebody has put into `raw/movie_review`, and what names it.
type Case = (&'static str, fn(&Path), &'static str);

const CASES: [Case; 3] = [
    (
        "a link to the folder it lies in",
        |folder| symlink(".", folder.join("loop")).unwrap(),
        "movie_review/loop`: it is a link to a folder that is read already",
    ),
    (
        "a file that cannot be opened",
        |folder| symlink("z.csv", folder.join("z.csv")).unwrap(),
        "movie_review/z.csv",
    ),
    (
        "a name with a control character, and one that ends like a part of an upload",
        |folder| {
            fs::write(folder.join("a\tb.csv"), "").unwrap();
            fs::write(folder.join("notes#1"), "").unwrap();
        },
        r"movie_review/a\tb.csv",
    ),
];

fn place() -> Place {
    let place = Place::new();
    place.drop(GOOD[0], reviews(&[(1, "good", 1), (2, "dull", 2)]));
    place.drop(GOOD[1], logs(&[(1, "2021-04-19", "TV"), (2, "2021-04-20", "TV")]));
    place
}

/// Runs the program: 3 says that something was not read, and facts are those of the good files.
fn runs_with_the_rest(place: &Place, what: &str, names: &str) {
    let ran = place.call_with(&["run"]);
    assert_eq!(ran.code, 3, "{what}: {}", ran.stderr);
    assert!(ran.stderr.contains(names), "{what}: {}", ran.stderr);
    place.holds(&Oracle::of_files(&place.raw(), &GOOD.map(str::to_owned)));
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_are_published() {
    for (what, put, names) in CASES {
        let place = place();
        put(&place.raw().join("movie_review"));
        runs_with_the_rest(&place, what, names);
    }
    // All at once.
    let place = place();
    CASES.iter().for_each(|(_, put, _)| put(&place.raw().join("movie_review")));
    CASES.iter().for_each(|(what, _, names)| runs_with_the_rest(&place, what, names));
}

#[test]
fn a_file_that_is_being_written_is_named_and_read_when_it_is_done() {
    let place = place();
    let path = "movie_review/z.csv";
    // Long enough to read that a line comes meanwhile, also where the machine is busy.
    let rows: Vec<_> = (3..30_000).map(|id| (3, "good", id)).collect();
    place.drop(path, reviews(&rows));
    let file = place.raw().join(path);
    thread::scope(|scope| {
        let (done, told) = mpsc::channel::<()>();
        scope.spawn(move || {
            let mut file = fs::OpenOptions::new().append(true).open(file).unwrap();
            let mut ids = 30_000..;
            while told.recv_timeout(Duration::from_micros(500)) == Err(RecvTimeoutError::Timeout) {
                writeln!(file, "3,good,{}", ids.next().unwrap()).unwrap();
            }
        });
        runs_with_the_rest(&place, "being written", "`movie_review/z.csv` changed each of the");
        // Dropped by a failed assertion too, so that the writer ends and the test can fail.
        drop(done);
    });
    place.run();
    place.holds(&place.oracle());
}
