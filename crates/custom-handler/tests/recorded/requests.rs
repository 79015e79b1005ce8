//! The requests of this folder, and what the handler of each gets. The tests of `functions-host`
//! include this file as well.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

pub struct Recorded {
    /// Its beginning is the kind of its trigger: `queue`, `timer`, `http`.
    pub name: String,
    /// The request line and the headers, a line each.
    pub head: String,
    pub body: String,
    pub expected: Value,
}

/// All requests of a kind of trigger. Each file has its line in `expected.json`, and each line
/// its file.
pub fn all(kind: &str) -> Vec<Recorded> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../custom-handler/tests/recorded");
    let text = fs::read(folder.join("expected.json")).unwrap();
    let mut expected: BTreeMap<String, Value> = serde_json::from_slice(&text).unwrap();
    let mut all = Vec::new();
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "http") {
            continue;
        }
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&file).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap();
        let expected = expected.remove(&name).unwrap_or_else(|| panic!("{name} is not expected"));
        all.push(Recorded { name, head: head.to_owned(), body: body.to_owned(), expected });
    }
    assert!(expected.is_empty(), "there is no file for {expected:?}");
    all.retain(|recorded| recorded.name.starts_with(kind));
    assert!(!all.is_empty(), "there is no request of kind {kind}");
    all
}

impl Recorded {
    /// The folder of the function.
    pub fn function(&self) -> &str {
        self.head.strip_prefix("POST /").unwrap().split(' ').next().unwrap()
    }

    /// Names and values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.lines().skip(1).map(|line| line.split_once(": ").unwrap())
    }
}
