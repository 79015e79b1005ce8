//! From messages to the blobs that they name: every sample of an event, and broken ones.

use base64::{Engine, prelude::*};
use eventgrid::{BlobCreated, Decoded, Error, Scope, blob_created, decode};
use serde_json::{Value, json};

const PATH: &str = "orders/2026/11/orders_20261122.csv";

/// What Event Grid sends and what the Functions host makes of it.
const FIXTURES: [(&str, &str); 12] = [
    ("admin_invoke_eventgrid", include_str!("../fixtures/admin_invoke_eventgrid.json")),
    (
        "trigger_cloudevents",
        include_str!("../fixtures/event_grid_trigger_cloudevents.request.json"),
    ),
    (
        "trigger_eventgrid_schema",
        include_str!("../fixtures/event_grid_trigger_eventgrid_schema.request.json"),
    ),
    ("trigger_many", include_str!("../fixtures/event_grid_trigger_many.request.json")),
    ("queue", include_str!("../fixtures/queue_trigger_eventgrid_message.request.json")),
    ("queue_json", include_str!("../fixtures/queue_trigger_json.request.json")),
    ("queue_text", include_str!("../fixtures/queue_trigger_text.request.json")),
    ("azurite", include_str!("../fixtures/webhook_event_azurite.json")),
    ("cloudevents", include_str!("../fixtures/webhook_event_cloudevents.json")),
    ("createfile_noise", include_str!("../fixtures/webhook_event_createfile_noise.json")),
    ("eventgrid_schema", include_str!("../fixtures/webhook_event_eventgrid_schema.json")),
    ("putblocklist", include_str!("../fixtures/webhook_event_eventgrid_schema_putblocklist.json")),
];

const VALIDATION: &str = include_str!("../fixtures/webhook_subscription_validation.request.json");

/// The message of a sample: its own text, or what the host's request carries.
fn message(name: &str) -> String {
    let (_, text) = FIXTURES.iter().find(|(known, _)| *known == name).unwrap();
    let sample: Value = serde_json::from_str(text).unwrap();
    for (field, nested) in [("/Data/msg", true), ("/Data/events", false), ("/input", false)] {
        let Some(inner) = sample.pointer(field).and_then(Value::as_str) else { continue };
        return if nested { serde_json::from_str(inner).unwrap() } else { inner.to_owned() };
    }
    sample.pointer("/Data/event").map_or_else(|| text.to_string(), Value::to_string)
}

fn scope(account: &str) -> Scope {
    Scope { account: account.to_owned(), container: "landing".to_owned() }
}

fn only(decoded: Decoded) -> BlobCreated {
    assert_eq!((decoded.events.len(), decoded.ignored.len()), (1, 0), "{decoded:?}");
    decoded.events.into_iter().next().unwrap()
}

fn ignored(event: &Value) -> String {
    let decoded = decode(&event.to_string(), &scope("acct")).unwrap();
    assert_eq!((decoded.events.len(), decoded.ignored.len()), (0, 1), "{event}");
    decoded.ignored.into_iter().next().unwrap().why
}

fn with(pointer: &str, value: Value) -> Value {
    let mut event = blob_created("acct", "landing", "a.csv", "0x1", 7);
    *event.pointer_mut(pointer).unwrap() = value;
    event
}

#[test]
fn every_sample_of_a_new_blob_names_it() {
    for (name, account, api) in [
        ("admin_invoke_eventgrid", "contosolake", "FlushWithClose"),
        ("trigger_cloudevents", "contosolake", "FlushWithClose"),
        ("trigger_eventgrid_schema", "contosolake", "FlushWithClose"),
        ("trigger_many", "contosolake", "FlushWithClose"),
        ("queue", "contosolake", "FlushWithClose"),
        ("azurite", "devstoreaccount1", "PutBlockList"),
        ("cloudevents", "contosolake", "FlushWithClose"),
        ("eventgrid_schema", "contosolake", "FlushWithClose"),
        ("putblocklist", "contosolake", "PutBlockList"),
    ] {
        let plain = message(name);
        let padded = BASE64_STANDARD.encode(&plain);
        let bare = format!("\u{feff} {}\n", BASE64_STANDARD_NO_PAD.encode(format!("{plain} ")));
        for message in [plain, padded, bare] {
            let event = only(decode(&message, &scope(account)).unwrap());
            assert_eq!(event.account, account, "{name}");
            assert_eq!(event.container, "landing");
            assert_eq!(event.path, PATH);
            assert_eq!(event.etag.as_deref(), Some("0x8DC2B3E4F5A6789"));
            assert_eq!(event.size, Some(87));
            assert_eq!(event.api, api);
            assert_eq!(event.event_id, "831e1650-001e-001b-66ab-eeb76e069631");
            let time = event.time.unwrap().to_rfc3339();
            assert_eq!(time, "2026-11-23T06:15:00.958410300+00:00");
        }
    }
}

#[test]
fn a_file_that_is_still_open_is_ignored() {
    let decoded = decode(&message("createfile_noise"), &scope("contosolake")).unwrap();
    assert!(decoded.events.is_empty());
    assert_eq!(decoded.ignored[0].event_id, "831e1650-001e-001b-66ab-eeb76e069630");
    assert!(decoded.ignored[0].why.contains("is empty so far (CreateFile)"), "{decoded:?}");
}

#[test]
fn events_of_other_types_are_ignored() {
    let decoded = decode(VALIDATION, &scope("contosolake")).unwrap();
    assert!(decoded.ignored[0].why.contains("SubscriptionValidationEvent"), "{decoded:?}");
    for kind in ["BlobDeleted", "BlobRenamed", "DirectoryCreated", "BlobTierChanged"] {
        let why = ignored(&with("/eventType", json!(format!("Microsoft.Storage.{kind}"))));
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
        let why = ignored(&event);
        assert!(why.contains(expected), "{why}");
        assert!(!why.chars().any(char::is_control) && why.chars().count() < 1300, "{why:?}");
    }
}

#[test]
fn a_reason_quotes_a_long_text_in_part() {
    let why = ignored(&with("/eventType", json!("\n".repeat(10_000))));
    assert_eq!(why.matches("\\n").count(), 200);
    assert!(why.contains("..."));
}

#[test]
fn names_are_decoded_once() {
    for name in ["movie_review/a b.csv", "é/ü#1?.csv", "50%25.csv", "100%.csv", "+&=;.csv.gz"] {
        let event = blob_created("acct", "landing", name, "\"0x1\"", 7);
        let created = only(decode(&event.to_string(), &scope("acct")).unwrap());
        assert_eq!(created.path, name);
        assert_eq!((created.etag.as_deref(), created.size), (Some("0x1"), Some(7)));
    }
}

#[test]
fn what_is_missing_is_not_made_up() {
    let url = "https://acct.dfs.core.windows.net/landing/a.csv";
    let event = json!({"specversion": "1.0", "type": "Microsoft.Storage.BlobCreated", "data": {"url": url}});
    let created = only(decode(&event.to_string(), &scope("acct")).unwrap());
    assert_eq!((created.etag, created.size, created.time), (None, None, None));
    assert_eq!((created.api.as_str(), created.event_id.as_str()), ("", ""));
}

#[test]
fn one_bad_event_does_not_hide_the_others() {
    let good = blob_created("acct", "landing", "a.csv", "0x1", 7);
    let foreign = blob_created("other", "landing", "a.csv", "0x1", 7);
    let message = json!([good, 1, foreign, good, {}]).to_string();
    let decoded = decode(&message, &scope("acct")).unwrap();
    assert_eq!((decoded.events.len(), decoded.ignored.len()), (2, 3));
}

#[test]
fn what_is_no_event_is_an_error() {
    let messages = [
        message("queue_json"),
        message("queue_text"),
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        "[1, null]".to_owned(),
        "{\"eventType\": 1}".to_owned(),
        "{\"specversion\": \"0.3\", \"type\": \"x\"}".to_owned(),
        "{\"secret".to_owned(),
        "aGVsbG8hIQ==".to_owned(),
        "/w==".to_owned(),
        "[".repeat(100_000),
    ];
    for message in messages {
        let error = decode(&message, &scope("acct")).unwrap_err();
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
    let sample: Value = serde_json::from_str(&message("azurite")).unwrap();
    let ours = blob_created("devstoreaccount1", "landing", PATH, "0x8DC2B3E4F5A6789", 87);
    assert_eq!(shape(&ours), shape(&sample[0]));
    for pointer in
        ["/subject", "/eventType", "/data/url", "/data/api", "/data/eTag", "/data/contentLength"]
    {
        assert_eq!(ours.pointer(pointer), sample[0].pointer(pointer), "{pointer}");
    }
}

/// A linear congruential generator, so that a failure shows again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % limit.max(1)
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        const SPICE: [&[u8]; 10] =
            [b"%", b"%00", b"..", b"//", b"\\", b"\"", b"#", b"\xff", b"{", b"\\u0000"];
        let at = self.below(bytes.len());
        let end = (at + self.below(40)).min(bytes.len());
        match self.below(5) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes[at..end].reverse(),
            2 => drop(bytes.splice(at..at, SPICE[self.below(SPICE.len())].iter().copied())),
            3 => bytes.truncate(end),
            _ if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            _ => {}
        }
    }
}

#[test]
fn mutated_samples_never_panic_and_never_lead_elsewhere() {
    let mut dice = Dice(42);
    let (mut named, mut passed) = (0, 0);
    for round in 0..20_000 {
        let name = FIXTURES[dice.below(FIXTURES.len())].0;
        let mut bytes = message(name).into_bytes();
        for _ in 0..=dice.below(3) {
            dice.mutate(&mut bytes);
        }
        let text = match dice.below(3) {
            0 => BASE64_STANDARD.encode(&bytes),
            _ => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let Ok(decoded) = decode(&text, &scope("contosolake")) else { continue };
        passed += 1;
        for event in decoded.events {
            named += 1;
            assert_eq!(
                (event.account.as_str(), event.container.as_str()),
                ("contosolake", "landing")
            );
            let parts = || event.path.split('/');
            assert!(!parts().any(|part| matches!(part, "" | "." | "..")), "{round}: {event:?}");
            assert!(!event.path.contains(|c: char| c.is_control() || c == '\\'), "{round}");
            assert_ne!(event.size, Some(0), "{round}");
        }
        for ignored in decoded.ignored {
            let line = ignored.why + &ignored.event_id;
            assert!(!line.chars().any(char::is_control), "{round}: {line:?}");
        }
    }
    assert!(named > 1000 && passed > named, "the mutations leave {named} of {passed}");
}
