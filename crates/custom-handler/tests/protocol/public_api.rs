//! What the crate offers is what `tests/public_api.txt` lists, so that a change of it is seen in a
//! review. `UPDATE_GOLDEN=1 cargo test -p custom-handler public_api` writes it anew.

use std::{collections::BTreeSet, fs, path::Path};

/// Declarations of a source file that others can see, each in a line: heads of functions and types
/// without bodies, with the `impl` that they are in and what they derive; enums and traits whole.
fn declarations(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let mut lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let (mut found, mut within, mut attributes) = (Vec::new(), String::new(), String::new());
    while let Some(line) = lines.next() {
        let word = line.trim_start();
        if line.starts_with("#[derive") || line.starts_with("#[non_exhaustive") {
            attributes += line;
            attributes.push(' ');
            continue;
        }
        let is_public = word.starts_with("pub ");
        let is_impl = line.starts_with("impl");
        let is_whole = word.starts_with("pub enum") || word.starts_with("pub trait");
        let ends = |line: &str| match word {
            _ if is_whole => line == "}",
            _ if word.starts_with("pub use") => line.ends_with(';'),
            _ if word.contains("fn ") || is_impl => line.ends_with(['{', ';']),
            _ => line.ends_with(['{', ';', ',']),
        };
        let (mut text, mut last) = (word.to_owned(), line);
        while (is_public || is_impl) && !ends(last) {
            last = lines.next().unwrap();
            text = format!("{text} {}", last.trim());
        }
        if line == "}" {
            within.clear();
        }
        if is_impl {
            within = format!("{text} ");
        }
        if is_public || (is_impl && text.contains(" for ")) {
            let inner = if line.starts_with(' ') { within.as_str() } else { "" };
            found.push(format!("{attributes}{inner}{text}"));
        }
        if !line.starts_with('#') {
            attributes.clear();
        }
    }
    found
}

fn all(folder: &Path) -> BTreeSet<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of_path = |path: std::path::PathBuf| match path.is_dir() {
        true => all(&path),
        false => declarations(&fs::read_to_string(path).unwrap()).into_iter().collect(),
    };
    paths.flat_map(of_path).collect()
}

#[test]
fn what_the_crate_offers_is_what_is_listed() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (offered, file) = (all(&package.join("src")), package.join("tests/public_api.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let lines: String = offered.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&file, lines).unwrap();
    }
    let listed: BTreeSet<String> =
        fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
    assert!(
        listed == offered,
        "the public API changed; a line that goes needs a new minor version while it is 0.x, and \
         either needs a word in CHANGELOG.md.\ngone: {:#?}\nnew: {:#?}",
        listed.difference(&offered),
        offered.difference(&listed)
    );
}
