//! What the documents promise of the repository itself: its size, its direction, its links.

#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

/// Lines of a file at most.
const LONGEST: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the repository, relative to its root: tracked, or new and not ignored.
fn files() -> Vec<PathBuf> {
    let args = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").args(args).current_dir(root()).output();
    let listed = listed.expect("git is needed to list the files of the repository: install it");
    let text = String::from_utf8(listed.stdout).unwrap();
    let files: Vec<PathBuf> =
        text.lines().map(PathBuf::from).filter(|file| root().join(file).is_file()).collect();
    assert!(files.len() > 100, "git lists {} files: run this in a clone", files.len());
    files
}

#[test]
fn no_file_is_too_long() {
    // What programs write and nobody reads from top to bottom.
    let generated = |file: &Path| {
        file.ends_with("Cargo.lock") || file.components().any(|part| part.as_os_str() == "fixtures")
    };
    let lines = |file: &PathBuf| fs::read_to_string(root().join(file)).unwrap_or_default();
    let long: Vec<String> = files()
        .iter()
        .filter(|file| !generated(file))
        .map(|file| (file, lines(file).lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(file, lines)| format!("{} has {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "split what is over {LONGEST} lines: {long:#?}");
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    optional: bool,
    path: Option<PathBuf>,
}

/// The packages of the workspace, each with those that it is always built from.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let args = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(args).current_dir(root()).output().unwrap();
    let metadata: Metadata = serde_json::from_slice(&output.stdout).unwrap();
    let ours = |dependency: &Dependency| {
        let Dependency { kind, optional, path, .. } = dependency;
        path.is_some() && kind.is_none() && !optional
    };
    let edges = |package: Package| {
        let dependencies = package.dependencies.into_iter().filter(ours);
        (package.name, dependencies.map(|dependency| dependency.name).collect())
    };
    metadata.packages.into_iter().map(edges).collect()
}

#[test]
fn dependencies_point_one_way() {
    // From the top down: each may use those behind it, and nothing before it.
    const ORDER: [&str; 10] = [
        "movie-analytics",
        "engine",
        "warehouse",
        "purchase-db",
        "lake",
        "pipeline",
        "identity",
        "custom-handler",
        "eventgrid",
        "azurite",
    ];
    // The protocols know nothing of movies, and the bottom knows nothing at all.
    const ALONE: [&str; 5] = ["pipeline", "identity", "custom-handler", "eventgrid", "azurite"];
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    for (package, dependencies) in packages() {
        // It measures the whole product from outside, as tests do.
        if package == "measure" {
            continue;
        }
        for dependency in &dependencies {
            assert_ne!(dependency, "movie-analytics", "{package} knows functions/");
            if let (Some(from), Some(to)) = (place(&package), place(dependency)) {
                assert!(from < to, "{package} must not know {dependency}");
            }
        }
        if ALONE.contains(&package.as_str()) {
            assert!(dependencies.is_empty(), "{package} must not know {dependencies:?}");
        }
    }
}

/// What is between `](` and `)` outside of code.
fn links(markdown: &str) -> Vec<String> {
    let mut in_code = false;
    let mut links = Vec::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if !in_code {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            links.extend(targets.map(|(target, _)| target.to_owned()));
        }
    }
    links
}

/// The name that a heading is linked by.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for file in files().iter().filter(|file| file.extension().is_some_and(|e| e == "md")) {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            checked += 1;
            let (target, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match target {
                "" => root().join(file),
                target => root().join(file).parent().unwrap().join(target),
            };
            let has = |heading: &str| {
                let text = fs::read_to_string(&target).unwrap_or_default();
                text.lines().any(|line| line.starts_with('#') && anchor(line) == heading)
            };
            if !target.exists() || !(heading.is_empty() || has(heading)) {
                broken.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(checked > 10, "only {checked} links were found");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn what_documents_tell_to_run_is_there() {
    let files = files();
    let packages = packages();
    let stages = fs::read_to_string(root().join("xtask/src/test/stages.rs")).unwrap();
    let has_test = |name: &str| {
        let (one_file, folder) = (format!("tests/{name}.rs"), format!("tests/{name}/main.rs"));
        files.iter().any(|file| file.ends_with(&one_file) || file.ends_with(&folder))
    };
    let is_there = |option: &str, name: &str| match option {
        "--test" => Some(has_test(name)),
        "-p" => Some(packages.contains_key(name)),
        "--stage" => Some(stages.contains(&format!("\"{name}\""))),
        _ => None,
    };
    let mut checked = 0;
    let mut missing = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "md")) {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for command in text.split("cargo ").skip(1) {
            let command = command.lines().next().unwrap_or_default();
            let command = command.split(['`', '#', '|']).next().unwrap_or_default();
            let words: Vec<&str> = command.split_whitespace().collect();
            for pair in words.windows(2) {
                let name = pair[1].trim_end_matches([',', ';', '.', ')']);
                let Some(found) = is_there(pair[0], name) else { continue };
                checked += 1;
                if !found {
                    missing.push(format!("{}: {} {name}", file.display(), pair[0]));
                }
            }
        }
    }
    assert!(checked > 15, "only {checked} names were found");
    assert!(missing.is_empty(), "{missing:#?}");
}
