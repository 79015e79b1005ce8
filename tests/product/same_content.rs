//! What a file says decides whether it counts twice, not the bytes in which it came.

use std::{fs, io::Write};

use flate2::{Compression, write::GzEncoder};

use crate::common::{
    drop::{logs, purchases, reviews},
    place::Place,
};

/// One review of customer 1, who bought for 5 in `user_purchase/a.csv`.
fn shop() -> Place {
    let place = Place::new();
    place.drop("movie_review/a.csv", reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/a.csv", logs(&[(1, "2021-04-19", "Mobile")]));
    place.drop("user_purchase/a.csv", bought());
    place.run();
    place
}

fn bought() -> String {
    purchases(&[("1", 2, "2.5"), ("", 1, "0.125")])
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The same purchases as others would write them.
fn spellings() -> Vec<(&'static str, Vec<u8>)> {
    let text = bought();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let columns = text.lines().map(|line| {
        let (first, rest) = line.split_once(',').unwrap();
        format!("{rest},{first}\n")
    });
    vec![
        ("bytes.csv", text.clone().into()),
        ("zipped.csv.gz", gzip(&text)),
        ("crlf.csv", text.replace('\n', "\r\n").into()),
        ("mark.csv", format!("\u{feff}{text}").into()),
        ("end.csv", text.trim_end().into()),
        ("blank.csv", text.replace('\n', "\n\n").into()),
        ("quoted.csv", text.replace("LANTERN", "\"LANTERN\"").into()),
        ("numbers.csv", text.replace(",1,EIRE", ",1.0,EIRE").replace("2.5,", "2.500,").into()),
        ("dates.csv", text.replace("12/1/2010 8:26", "2010-12-01 08:26:00").into()),
        ("order.csv", lines.join("\n").into()),
        ("columns.csv.gz", gzip(&columns.collect::<String>())),
    ]
}

#[test]
fn the_same_purchases_count_once_however_they_are_written() {
    let place = shop();
    let before = place.spend();
    for (name, bytes) in spellings() {
        place.drop(&format!("user_purchase/{name}"), bytes);
        let report = place.call("run").ends_with(3).json();
        assert_eq!(report["files"][0]["reason"], "same_content", "{name}: {report}");
        assert_eq!(place.spend(), before, "{name}");
    }
    // All at once, from nothing.
    let place = Place::new();
    for (name, bytes) in spellings() {
        place.drop(&format!("user_purchase/{name}"), bytes);
    }
    place.call("run").ends_with(3);
    assert_eq!(place.spend(), before);
}

#[test]
fn purchases_that_differ_in_one_value_are_other_purchases() {
    let place = shop();
    for (from, to) in
        [("536365", "536366"), ("LANTERN", "lantern"), (",2,", ",3,"), ("EIRE", "France")]
    {
        let path = format!("user_purchase/{to}.csv");
        place.drop(&path.replace(',', ""), bought().replace(from, to));
    }
    let twice = format!("{}{}", bought(), bought().split_once('\n').unwrap().1);
    place.drop("user_purchase/twice.csv", twice);
    let report = place.run();
    assert_eq!(report["files"].as_array().unwrap().len(), 5, "{report}");
}

#[test]
fn a_file_that_is_compressed_or_renamed_counts_once_under_its_new_name() {
    for (name, bytes) in spellings() {
        let place = shop();
        let before = place.spend();
        fs::remove_file(place.raw().join("user_purchase/a.csv")).unwrap();
        let path = format!("user_purchase/{name}");
        place.drop(&path, bytes);
        let report = place.run();
        assert_eq!(report["files"][0]["outcome"], "accepted", "{report}");
        assert_eq!(place.spend(), before, "{name}");
        // The new name is the file: restated, it counts as that.
        let restated = purchases(&[("1", 1, "1")]);
        let zipped = name.ends_with(".gz");
        let bytes = if zipped { gzip(&restated) } else { restated.clone().into() };
        place.drop(&path, bytes);
        place.run();
        let alone = Place::new();
        alone.drop("user_purchase/a.csv", restated);
        alone.run();
        assert_eq!(place.spend(), alone.spend(), "{name}");
    }
}

#[test]
fn days_without_purchases_are_no_duplicates_of_each_other() {
    let place = shop();
    for (name, bytes) in [
        ("b.csv", purchases(&[]).into_bytes()),
        ("c.csv", purchases(&[]).into_bytes()),
        ("d.csv", purchases(&[]).replace('\n', "\r\n").into_bytes()),
        ("e.csv.gz", gzip(&purchases(&[]))),
    ] {
        place.drop(&format!("user_purchase/{name}"), bytes);
        place.run();
    }
    for nothing in [purchases(&[]), format!("\u{feff}{}", purchases(&[]).trim_end())] {
        // The day is restated as a header alone, and as what it was.
        place.drop("user_purchase/a.csv", nothing);
        place.run();
        assert!(place.spend().is_empty());
        place.holds(&place.oracle());
        place.drop("user_purchase/a.csv", bought());
        place.run();
        place.holds(&place.oracle());
    }
}

#[test]
fn a_twin_counts_within_the_run_that_frees_it_and_the_run_says_so() {
    let others = [purchases(&[("1", 3, "7")]), purchases(&[]), bought().replace("EIRE", "Eire")];
    for other in others {
        for twin in ["user_purchase/b.csv", "user_purchase/0.csv.gz"] {
            let place = shop();
            let gzipped = twin.ends_with(".gz");
            place.drop(twin, if gzipped { gzip(&bought()) } else { bought().into_bytes() });
            place.call("run").ends_with(3);
            place.drop("user_purchase/a.csv", &other);
            let ran = place.call("run").ends_with(0);
            ran.says(&format!("{twin} is read again"));
            assert_eq!(ran.json()["files"].as_array().unwrap().len(), 2, "{ran:?}");
            let spend = place.spend();
            assert!(place.run()["publish"].is_null());
            let again = place.with_new_warehouse();
            again.run();
            assert_eq!(again.spend(), spend);
            if !gzipped {
                again.holds(&again.oracle());
            }
        }
    }
}

#[test]
fn a_file_restated_as_the_content_of_another_no_longer_counts_as_what_it_was() {
    let other = purchases(&[("1", 3, "7")]);
    for (path, order) in [("user_purchase/0.csv", "before"), ("user_purchase/b.csv", "after")] {
        let place = shop();
        place.drop(path, &other);
        place.run();
        place.drop("user_purchase/a.csv", &other);
        let report = place.call("run").ends_with(3).json();
        assert_eq!(report["files"][0]["reason"], "same_content", "{order}: {report}");
        let alone = Place::new();
        alone.drop(path, &other);
        alone.run();
        assert_eq!(place.spend(), alone.spend(), "{order}");
        // And back.
        place.drop("user_purchase/a.csv", bought());
        place.run();
        place.holds(&place.oracle());
    }
}
