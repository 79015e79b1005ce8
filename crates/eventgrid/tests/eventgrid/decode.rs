//! From messages to the blobs that they name: every sample of an event, and malformed ones.

use base64::{Engine, prelude::*};
use eventgrid::{Error, Scope, blob_created, decode};
use serde_json::{Value, json};

const PATH: &str = "orders/2026/11/orders_20261122.csv";

const AZURITE: &str = include_str!("../fixtures/webhook_event_azurite.json");
const STILL_OPEN: &str = include_str!("../fixtures/webhook_event_createfile_noise.json");
const VALIDATION: &str = include_str!("../fixtures/webhook_subscription_validation.request.json");

fn scope(account: &str) -> Scope {
    Scope { account: account.to_owned(), container: "landing".to_owned() }
}

/// The path of the only event of a message.
fn only(message: &str, account: &str) -> String {
    let decoded = decode(message, &scope(account)).unwrap();
    assert_eq!((decoded.paths.len(), decoded.ignored.len()), (1, 0), "{decoded:?}");
    decoded.paths.into_iter().next().unwrap()
}

/// Why the only event of a message is ignored.
fn ignored(message: &str, account: &str) -> String {
    let decoded = decode(message, &scope(account)).unwrap();
    assert_eq!((decoded.paths.len(), decoded.ignored.len()), (0, 1), "{decoded:?}");
    decoded.ignored.into_iter().next().unwrap()
}

fn with(pointer: &str, value: Value) -> String {
    let mut event = blob_created("acct", "landing", "a.csv", "0x1", 7);
    *event.pointer_mut(pointer).unwrap() = value;
    event.to_string()
}

#[test]
fn every_sample_of_a_new_blob_names_it() {
    for (plain, account) in [
        (AZURITE, "devstoreaccount1"),
        (include_str!("../fixtures/webhook_event_cloudevents.json"), "contosolake"),
        (include_str!("../fixtures/webhook_event_eventgrid_schema.json"), "contosolake"),
        (
            include_str!("../fixtures/webhook_event_eventgrid_schema_putblocklist.json"),
            "contosolake",
        ),
    ] {
        let padded = BASE64_STANDARD.encode(plain);
        let bare = format!("\u{feff} {}\n", BASE64_STANDARD_NO_PAD.encode(format!("{plain} ")));
        for message in [plain, &padded, &bare] {
            assert_eq!(only(message, account), PATH, "{message}");
        }
    }
}

#[test]
fn events_of_other_types_and_files_still_open_are_ignored() {
    let why = ignored(STILL_OPEN, "contosolake");
    assert!(why.contains("is empty so far (CreateFile)"), "{why}");
    let why = ignored(VALIDATION, "contosolake");
    assert!(why.contains("SubscriptionValidationEvent"), "{why}");
    for kind in ["DirectoryDeleted", "DirectoryCreated", "BlobTierChanged"] {
        let event = with("/eventType", json!(format!("Microsoft.Storage.{kind}")));
        let why = ignored(&event, "acct");
        assert!(why.contains(kind), "{why}");
    }
}

#[test]
fn blobs_of_others_and_our_own_outputs_are_ignored() {
    let at = |host: &str, rest: &str| with("/data/url", json!(format!("https://{host}/{rest}")));
    let ours = "acct.blob.core.windows.net";
    for (event, expected) in [
        (at("other.blob.core.windows.net", "landing/a.csv"), "not in our account `acct`"),
        (at(ours, "staging/a.parquet"), "not in our container `landing`"),
        (at(ours, "quarantine/a.parquet"), "not in our container `landing`"),
        (at(ours, "landing2/a.csv"), "not in our container `landing`"),
        (at("evil.example", "acct/landing/a.csv"), "does not lead to a storage account"),
        (at("acct.blob.core.windows.net@evil.example", "landing/a.csv"), "user in front"),
        (with("/data/url", Value::Null), "has no URL"),
        (with("/data", json!([1])), "has no URL"),
        (at(ours, "landing/a/"), "marks a directory"),
        (at(ours, "landing/"), "names no blob"),
        (at(ours, "landing/../staging/a.csv"), "`.` or `..`"),
        (at(ours, "landing/%2e%2e/a.csv"), "`.` or `..`"),
        (at(ours, "landing/a//b.csv"), "empty part"),
        (at(ours, "landing/a%5Cb.csv"), "backslash"),
        (at(ours, "landing/a%0Ab.csv"), "control character"),
        (at(ours, "landing/a\u{1b}[31m.csv"), "control character"),
        (at(ours, "landing/%ff.csv"), "not UTF-8"),
        (with("/data/contentLength", json!(0)), "is empty so far"),
        (with("/data/contentLength", json!("0")), "is empty so far"),
    ] {
        let why = ignored(&event, "acct");
        assert!(why.contains(expected), "{why}");
        assert!(!why.chars().any(char::is_control) && why.chars().count() < 1300, "{why:?}");
    }
}

#[test]
fn a_reason_quotes_a_long_text_in_part() {
    let why = ignored(&with("/eventType", json!("\n".repeat(10_000))), "acct");
    assert_eq!(why.matches("\\n").count(), 200);
    assert!(why.contains("..."));
}

#[test]
fn names_are_decoded_once() {
    for name in ["movie_review/a b.csv", "é/ü#1?.csv", "50%25.csv", "100%.csv", "+&=;.csv.gz"] {
        let event = blob_created("acct", "landing", name, "\"0x1\"", 7);
        assert_eq!(only(&event.to_string(), "acct"), name);
    }
}

#[test]
fn an_event_with_its_type_and_url_alone_is_enough() {
    let url = "https://acct.dfs.core.windows.net/landing/a.csv";
    let kind = "Microsoft.Storage.BlobCreated";
    let event = json!({ "specversion": "1.0", "type": kind, "data": { "url": url } });
    assert_eq!(only(&event.to_string(), "acct"), "a.csv");
}

#[test]
fn deleted_and_renamed_blobs_are_named_under_each_of_their_names() {
    let url = |name: &str| format!("https://acct.dfs.core.windows.net/landing/{name}");
    let event = |kind: &str, data: Value| {
        let kind = format!("Microsoft.Storage.{kind}");
        json!({ "specversion": "1.0", "type": kind, "data": data }).to_string()
    };
    for (api, size) in
        [("DeleteBlob", json!(0)), ("DeleteFile", Value::Null), ("SftpRemove", json!(9))]
    {
        let data = json!({ "api": api, "url": url("a.csv"), "contentLength": size });
        assert_eq!(only(&event("BlobDeleted", data), "acct"), "a.csv");
    }
    let renamed = |from: &str, to: &str| {
        let data =
            json!({ "api": "RenameFile", "sourceUrl": url(from), "destinationUrl": url(to) });
        decode(&event("BlobRenamed", data), &scope("acct")).unwrap().paths
    };
    assert_eq!(renamed("_temporary/a.csv", "b/a.csv"), ["_temporary/a.csv", "b/a.csv"]);
    assert_eq!(renamed("a.csv", "a%0Ab.csv"), ["a.csv"]);
    let closed = json!({ "api": "SftpCommit", "url": url("a.csv"), "contentLength": 7 });
    assert_eq!(only(&event("BlobCreated", closed), "acct"), "a.csv");
}

#[test]
fn one_bad_event_does_not_hide_the_others() {
    let good = blob_created("acct", "landing", "a.csv", "0x1", 7);
    let foreign = blob_created("other", "landing", "a.csv", "0x1", 7);
    let message = json!([good, 1, foreign, good, {}]).to_string();
    let decoded = decode(&message, &scope("acct")).unwrap();
    assert_eq!((decoded.paths.len(), decoded.ignored.len()), (2, 3));
}

#[test]
fn what_is_no_event_is_an_error() {
    for message in [
        "",
        "hello!!",
        "[]",
        "{}",
        "[1, null]",
        "{\"container\": \"landing\", \"when\": \"2026-11-23T06:15:00.9584103Z\"}",
        "{\"eventType\": 1}",
        "{\"specversion\": \"0.3\", \"type\": \"x\"}",
        "{\"secret",
        "aGVsbG8hIQ==",
        "/w==",
        &"[".repeat(100_000),
    ] {
        let error = decode(message, &scope("acct")).unwrap_err();
        assert!(matches!(error, Error::NotAnEvent { .. }) && !error.is_transient());
        let text = error.to_string();
        assert!(!text.contains("secret") && !text.contains("hello"), "{text}");
    }
}

#[test]
fn our_event_has_the_shape_of_the_sample() {
    fn shape(value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), shape(v))).collect(),
            Value::String(_) => json!("text"),
            Value::Number(_) => json!("number"),
            other => other.clone(),
        }
    }
    let sample: Value = serde_json::from_str(AZURITE).unwrap();
    let ours = blob_created("devstoreaccount1", "landing", PATH, "0x8DC2B3E4F5A6789", 87);
    assert_eq!(shape(&ours), shape(&sample[0]));
    for pointer in
        ["/subject", "/eventType", "/data/url", "/data/api", "/data/eTag", "/data/contentLength"]
    {
        assert_eq!(ours.pointer(pointer), sample[0].pointer(pointer), "{pointer}");
    }
}
