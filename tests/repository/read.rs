//! What stands in files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

/// Files below `folder`, with their paths from the root.
pub fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
        match root().join(&path).is_dir() {
            // What Terraform itself puts there.
            true if path.ends_with(".terraform") => {}
            true => found.extend(files(&path)),
            false => found.push(path.into()),
        }
    }
    found.sort();
    found
}

/// A Terraform file without its comments.
pub fn hcl(name: &str) -> String {
    let is_comment = |line: &&str| line.trim_start().starts_with('#');
    let text = read(format!("terraform/{name}"));
    let lines = text.lines().filter(|line| !is_comment(line));
    lines.map(|line| line.split(" # ").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// All Terraform files of the root module, one after another.
pub fn all_hcl() -> String {
    let is_hcl = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "tf");
    let of_root = files("terraform").into_iter().filter(|path| path.components().count() == 2);
    let names = of_root.filter(is_hcl).map(|path| path.file_name().unwrap().to_owned());
    names.map(|name| hcl(&name.to_string_lossy())).collect::<Vec<_>>().join("\n")
}

/// What stands between the brackets that `head` ends with and their closing ones.
pub fn body<'t>(text: &'t str, head: &str) -> &'t str {
    let start = text.find(head).unwrap_or_else(|| panic!("there is no `{head}`")) + head.len();
    let mut depth = 1;
    for (at, byte) in text[start..].bytes().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[start..start + at];
        }
    }
    panic!("`{head}` is not closed")
}

/// `key = "value"` of each line that has this form; quotes around the key do not matter.
pub fn assignments(text: &str) -> BTreeMap<&str, &str> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once(" = "));
    pairs
        .map(|(key, value)| (key.trim().trim_matches('"'), value.trim().trim_matches('"')))
        .collect()
}

/// Texts in quotes.
pub fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

/// Labels of all blocks of a kind: the name for `variable "name" {`, the type and the name for
/// resources.
pub fn blocks<'t>(text: &'t str, kind: &str) -> Vec<(Vec<&'t str>, &'t str)> {
    let heads = text.lines().filter(|line| line.starts_with(&format!("{kind} \"")));
    heads.map(|head| (quoted_in_order(head), body(text, head))).collect()
}

pub fn quoted_in_order(line: &str) -> Vec<&str> {
    line.split('"').skip(1).step_by(2).collect()
}
