//! The requests in `tests/recorded`. The tests of `functions-host` include this file as well.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

pub struct Recorded {
    /// The request line and the headers, a line each.
    pub head: String,
    pub body: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../custom-handler/tests/recorded")
}

/// Names of all files, without their ending.
pub fn names() -> BTreeSet<String> {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter_map(|name| Some(name.to_str()?.strip_suffix(".http")?.to_owned())).collect()
}

impl Recorded {
    pub fn read(name: &str) -> Self {
        let text = fs::read_to_string(folder().join(format!("{name}.http"))).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap();
        Self { head: head.to_owned(), body: body.to_owned() }
    }

    /// The folder of the function.
    pub fn function(&self) -> &str {
        self.head.strip_prefix("POST /").unwrap().split(' ').next().unwrap()
    }

    /// Names and values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.lines().skip(1).map(|line| line.split_once(": ").unwrap())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}
