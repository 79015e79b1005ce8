//! Files made to hurt: refused within 256 MB, at the cost of at most three readings.

use std::fs;

use super::files::gzip;
use crate::{
    common::{drop::reviews, place::Place, watched::watched},
    on,
};

const MIB: usize = 1 << 20;

/// The file is refused for this reason, cheaply.
#[track_caller]
fn refuses(path: &str, content: &[u8], reason: &str) {
    let place = Place::new();
    place.drop(path, content);
    let (ran, peak) = watched(on(&place, &["run", "--json"]));
    let report = ran.ends_with(3).json();
    assert_eq!(report["files"][0]["reason"], reason, "{}", report["files"][0]);
    let mib = peak / MIB as u64;
    println!("{path}: {} KiB, refused within {mib} MiB", content.len() / 1024);
    assert!(mib < 256, "{mib} MiB");
    assert_eq!(report["work"]["files_read"], 1);
    let read = report["work"]["bytes_read"].as_u64().expect("bytes read");
    assert!(read <= 3 * content.len() as u64, "{read} of {} bytes", content.len());
    let staged = fs::read_dir(place.folder().join("lake/staging/classified_movie_review"));
    assert!(staged.is_err(), "nothing is staged");
}

#[test]
fn entity_bombs() {
    let mut bomb = "<!DOCTYPE b [<!ENTITY a0 \"aaaaaaaaaaaaaaaa\">".to_owned();
    for n in 0..40 {
        let next = format!("&a{n};").repeat(16);
        bomb += &format!("<!ENTITY a{} \"{next}\">", n + 1);
    }
    bomb += "]><reviewlog><log><device>&a40;</device></log></reviewlog>";
    let row = format!("1,\"{}\"\n", bomb.replace('"', "\"\""));
    let text = format!("id_review,log\n{}", row.repeat(5_000));
    refuses("log_reviews/bomb.csv", text.as_bytes(), "too_many_refused");
}

#[test]
fn a_gzip_bomb() {
    // 108 MB of rows, a thousand times as many bytes as are sent.
    let row = format!("1,{},2\n", "good ".repeat(180_000));
    let bomb = gzip((reviews(&[]) + &row.repeat(120)).as_bytes());
    assert!(bomb.len() < MIB);
    refuses("movie_review/bomb.csv.gz", &bomb, "too_large");
}

#[test]
fn a_line_over_the_limit() {
    let text = reviews(&[(1, "good", 1)]) + "2," + &"good ".repeat(64 * MIB / 5) + ",2\n";
    refuses("movie_review/line.csv", text.as_bytes(), "not_csv");
    let text = reviews(&[(1, "good", 1)]) + "2,\"" + &"good ".repeat(64 * MIB / 5) + "\",2\n";
    refuses("movie_review/quoted.csv", text.as_bytes(), "not_csv");
}

#[test]
fn every_line_opens_a_quote() {
    let header = reviews(&[]);
    // The next line's quote ends the field, and text behind it the record.
    let text = header.clone() + &"1,\"good,1\n".repeat(64 * MIB / 10);
    refuses("movie_review/quotes.csv", text.as_bytes(), "too_many_refused");
    // A field that begins in one line ends in the next, where another begins: each line would be
    // the first of a record that never ends.
    let text = header.clone() + &"\",x\",\"a\n".repeat(64 * MIB / 8);
    refuses("movie_review/chain.csv", text.as_bytes(), "not_csv");
    // The same behind sound rows that are larger than what is read again.
    let sound: String = (0..400_000).map(|id| format!("1,a good film,{id}\n")).collect();
    let text = header + &sound + &"\",x\",\"a\n".repeat(16 * MIB / 8);
    refuses("movie_review/late.csv", text.as_bytes(), "not_csv");
}

#[test]
fn elements_nested_without_end() {
    let row = format!("1,{}\n", "<a>".repeat(300_000));
    let text = format!("id_review,log\n{}", row.repeat(120));
    refuses("log_reviews/deep.csv", text.as_bytes(), "too_many_refused");
}

#[test]
fn gzip_of_gzip_is_no_csv() {
    let inner = gzip(reviews(&[(1, "good", 1)]).as_bytes());
    refuses("movie_review/twice.csv.gz", &gzip(&inner), "not_csv");
}
