//! A refused file is reported with its path and reason and set aside; everything around it counts.
//! Which rows and files are refused for which reason: `bad_input`.

use crate::common::{
    drop::{logs, purchases, reviews},
    oracle::Oracle,
    place::Place,
};
use serde_json::json;

const REVIEWS: &str = "movie_review/2021-04-19/movie_review.csv";
const LOGS: &str = "log_reviews/2021-04-19/log_reviews.csv";
const PURCHASES: &str = "user_purchase/user_purchase.csv";
const BAD: &str = "movie_review/2021-04-20/movie_review.csv";

#[test]
fn a_refused_file_is_reported_once_with_its_reason_and_the_others_count() {
    let utf16 = "\u{feff}cid,review_str,id_review\n1,good,7\n".encode_utf16();
    let utf16: Vec<u8> = utf16.flat_map(u16::to_le_bytes).collect();
    let rows = (1..=200).map(|id| if id % 4 == 0 { "1,x\n" } else { "1,good,1\n" });
    let quarter = format!("cid,review_str,id_review\n{}", rows.collect::<String>());
    let missing = ["review_str", "expected cid,review_str,id_review", "found cid,text,id_review"];
    for (content, reason, words) in [
        (&b"cid,text,id_review\n1,good,7\n"[..], "missing_column", &missing[..]),
        (b"", "empty_file", &["header"]),
        (b"{\"cid\": 1}\n", "not_csv", &["JSON"]),
        (b"PK\x03\x04\x14\0\0\0\x08\0 and so on\n", "not_csv", &["binary"]),
        (b"cid;review_str;id_review\n1;good;7\n", "not_csv", &["semicolons"]),
        (&utf16, "wrong_encoding", &["UTF-16", "UTF-8"]),
        (quarter.as_bytes(), "too_many_refused", &["50 of 200", "field_count"]),
    ] {
        let place = Place::new();
        place.drop(REVIEWS, reviews(&[(1, "good", 1), (2, "dull", 2)]));
        place.drop(LOGS, logs(&[(1, "2021-04-19", "Mobile"), (2, "2021-04-19", "Tablet")]));
        place.drop(PURCHASES, purchases(&[("1", 2, "1.25")]));
        place.drop(BAD, content);
        let ran = place.call("run").ends_with(3);
        let report = ran.json();
        let files = report["files"].as_array().expect("files");
        let bad = files.iter().find(|file| file["path"] == BAD).expect(reason);
        assert_eq!(
            (&bad["outcome"], &bad["reason"]),
            (&json!("rejected"), &json!(reason)),
            "{bad}"
        );
        for word in words {
            assert!(bad["detail"].as_str().unwrap_or_default().contains(word), "`{word}`: {bad}");
        }
        [BAD, reason].iter().chain(words).for_each(|word| ran.says(word));
        let sound = [REVIEWS, LOGS, PURCHASES].map(str::to_owned);
        place.holds(&Oracle::of_files(&place.raw(), &sound));
        let again = place.call("run").ends_with(3).json();
        assert_eq!(again["files"], json!([]), "{reason}: the same bytes are not tried again");
        assert_eq!(again["work"]["files_read"], json!(0));
    }
}
