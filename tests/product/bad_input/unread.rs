//! Nothing lies in `raw` unseen: what is not read is named, what is temporary is counted.

use serde_json::json;

use crate::common::{
    drop::{logs, reviews},
    place::Place,
};

/// One review that counts, of customer 1.
fn sound() -> Place {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    place
}

#[test]
fn what_is_not_read_is_named_with_the_name_it_should_have_until_it_has_it() {
    for (sent, should) in [
        ("movie_review.csv", "movie_review/movie_review.csv"),
        ("Movie_Review/b.csv", "movie_review/b.csv"),
        ("movie_reviews/2021-04-20/b.csv", "movie_review/2021-04-20/b.csv"),
        ("movie_review /b.csv", "movie_review/b.csv"),
        ("movie_review/b.txt", "movie_review/b.csv"),
        ("movie_review/b.csv.zip", "movie_review/b.csv"),
        ("movie_review/b.xlsx", "movie_review/b.csv"),
        ("movie_review/b", "movie_review/b.csv"),
    ] {
        let place = sound();
        place.drop(sent, reviews(&[(2, "good", 2)]));
        place.drop("log_reviews/b.csv", logs(&[(2, "2021-04-20", "Mobile")]));
        for command in ["run", "run", "reconcile"] {
            let ran = place.call(command).ends_with(3);
            ran.says(&format!("not read: `{sent}`"));
            ran.says(&format!("`{should}`"));
            assert_eq!(ran.json()["unread"].as_array().map(Vec::len), Some(1), "{ran:?}");
        }
        assert_eq!(place.facts().len(), 1, "{sent}");
        let status = place.call("status").ends_with(3).json();
        assert!(status["unread"][0]["why"].as_str().unwrap().contains(sent), "{status}");
        assert!(status["unread"][0]["since"].as_str().unwrap().ends_with('Z'), "{status}");
        let text = place.call_with(&["status"]).stdout;
        assert!(text.contains("1 file is not read"), "{text}");

        let (from, to) = (place.raw().join(sent), place.raw().join(should));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(from, to).unwrap();
        place.run();
        assert_eq!(place.facts().len(), 2, "{sent}");
    }
}

#[test]
fn hidden_and_temporary_files_are_ignored_and_counted_once() {
    let place = sound();
    let temporary = [
        "movie_review/d/_temporary/0/attempt_1/part-0.csv",
        "movie_review/._a.csv",
        "movie_review/~$b.csv",
        "movie_review/.~lock.a.csv#",
        "movie_review/d/_SUCCESS",
        "user_purchase/.part-0.csv.crc",
        "_archive/movie_review/b.csv",
    ];
    for path in temporary {
        place.drop(path, reviews(&[(2, "good", 1)]));
    }
    let report = place.run();
    assert_eq!(report["files"].as_array().map(Vec::len), Some(2), "{report}");
    place.run();
    assert_eq!(place.facts().len(), 1);
    let status = place.call("status").ends_with(0).json();
    assert_eq!((&status["ignored"], &status["unread"]), (&json!(temporary.len()), &json!([])));
    let text = place.call_with(&["status"]).stdout;
    assert_eq!(text.matches("ignored: 7 files").count(), 1, "{text}");
}

/// Spark writes below `_temporary` and renames what is whole.
#[test]
fn a_file_counts_from_its_rename_out_of_a_temporary_folder_on() {
    let place = sound();
    for path in ["movie_review/d/_temporary/0/part-0.csv", "movie_review/d/.part-0.csv.inprogress"]
    {
        place.drop(path, reviews(&[(1, "so good", 1)]));
        place.run();
        assert_eq!(place.facts().len(), 1);
        std::fs::rename(place.raw().join(path), place.raw().join("movie_review/b.csv")).unwrap();
        place.run();
        assert_eq!(place.call("status").json()["ignored"], json!(0), "{path}");
        std::fs::remove_file(place.raw().join("movie_review/b.csv")).unwrap();
        place.drop("movie_review/b.csv", reviews(&[]));
        place.run();
    }
}
