//! What the documents promise of the repository itself: its size, its direction, its links.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use crate::read::root;

/// Lines of a file at most.
const LONGEST: usize = 500;

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
        let folders = ["fixtures", "locks"];
        let is_in = |part: &str| folders.contains(&part);
        file.ends_with("Cargo.lock")
            || file.components().any(|part| part.as_os_str().to_str().is_some_and(is_in))
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
    features: Vec<String>,
}

/// The packages of the workspace, as cargo reads them.
fn metadata() -> Metadata {
    let args = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(args).current_dir(root()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The packages of the workspace, each with those that it is always built from.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let ours = |dependency: &Dependency| {
        let Dependency { kind, optional, path, .. } = dependency;
        path.is_some() && kind.is_none() && !optional
    };
    let edges = |package: Package| {
        let dependencies = package.dependencies.into_iter().filter(ours);
        (package.name, dependencies.map(|dependency| dependency.name).collect())
    };
    metadata().packages.into_iter().map(edges).collect()
}

#[test]
fn dependencies_point_one_way() {
    // From the top down: each may use those behind it, and nothing before it.
    const ORDER: &str = "movie-analytics engine warehouse purchase-db lake eventgrid pipeline \
                         identity retry custom-handler";
    // The protocols know nothing of movies, and the bottom knows nothing at all.
    const ALONE: [&str; 4] = ["pipeline", "identity", "retry", "custom-handler"];
    // For development: nothing that ships is built from them.
    const DEVELOPMENT: [&str; 4] = ["functions-host", "measure", "postgres-cluster", "xtask"];
    let place = |name: &str| ORDER.split(' ').position(|known| known == name);
    for (package, dependencies) in packages() {
        // It measures the whole product from outside, as tests do.
        if package == "measure" {
            continue;
        }
        for dependency in &dependencies {
            assert_ne!(dependency, "movie-analytics", "{package} knows functions/");
            assert!(!DEVELOPMENT.contains(&dependency.as_str()), "{package} ships {dependency}");
            if let (Some(from), Some(to)) = (place(&package), place(dependency)) {
                assert!(from < to, "{package} must not know {dependency}");
            }
        }
        if ALONE.contains(&package.as_str()) {
            assert!(dependencies.is_empty(), "{package} must not know {dependencies:?}");
        }
        if package == "eventgrid" {
            assert!(dependencies.iter().all(|known| ALONE.contains(&known.as_str())));
        }
    }
}

#[test]
fn features_for_tests_are_asked_for_by_tests_alone() {
    let mut asked = 0;
    for Package { name, dependencies } in metadata().packages {
        for Dependency { name: used, kind, features, .. } in dependencies {
            if features.iter().any(|feature| ["conformance", "failpoints"].contains(&&**feature)) {
                assert_eq!(kind.as_deref(), Some("dev"), "{name} ships {features:?} of {used}");
                asked += 1;
            }
        }
    }
    assert!(asked > 0);
}

/// The names of a module, from its crate's root: `[]`, `["ingest", "job"]`.
type Module = Vec<String>;

/// Source folders of all crates.
fn sources() -> BTreeSet<PathBuf> {
    let root_of = |file: &PathBuf| match file.file_name()?.to_str()? {
        "lib.rs" | "main.rs" => file.parent().map(Path::to_owned),
        _ => None,
    };
    let tested = |folder: &PathBuf| folder.components().any(|part| part.as_os_str() == "tests");
    files().iter().filter_map(root_of).filter(|folder| !tested(folder)).collect()
}

/// The modules below a source folder with their text, comments and unit tests left out.
fn modules(folder: &Path) -> BTreeMap<Module, String> {
    let mut modules = BTreeMap::new();
    for file in files().iter().filter(|file| file.extension().is_some_and(|e| e == "rs")) {
        let Ok(name) = file.strip_prefix(folder) else { continue };
        let mut module: Module =
            name.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        module.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
        let text = fs::read_to_string(root().join(file)).unwrap();
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let code = text.lines().map(|line| line.split("//").next().unwrap());
        modules.insert(module, code.collect::<Vec<_>>().join("\n"));
    }
    modules
}

/// The paths that a text with a tree of names begins with: `a::{b, c::d}` are `a::b` and `a::c::d`.
fn paths(tree: &str) -> (Vec<Module>, &str) {
    let name = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    let mut path = Module::new();
    let mut rest = tree.trim_start();
    loop {
        if let Some(mut inner) = rest.strip_prefix('{') {
            let mut all = Vec::new();
            while !inner.trim_start().is_empty() && !inner.trim_start().starts_with('}') {
                let (found, after) = paths(inner);
                all.extend(found.into_iter().map(|tail| [path.clone(), tail].concat()));
                let end = after.find([',', '}']).unwrap_or(after.len());
                inner = after[end..].strip_prefix(',').unwrap_or(&after[end..]);
            }
            return (all, inner.trim_start().strip_prefix('}').unwrap_or_default());
        }
        let end = name(rest).unwrap_or(rest.len());
        path.push(rest[..end].to_owned());
        match rest[end..].strip_prefix("::") {
            Some(next) => rest = next,
            None => return (vec![path], &rest[end..]),
        }
    }
}

/// What a module names of its crate: `(module, name in it)`.
fn named(modules: &BTreeMap<Module, String>, module: &Module) -> Vec<(Module, Option<String>)> {
    let text = &modules[module];
    let mut found = Vec::new();
    for (at, _) in text.match_indices(|c: char| c.is_alphabetic()) {
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let word = text[at..].split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap();
        let child = modules.contains_key(&[module.as_slice(), &[word.to_owned()]].concat());
        let known = child || ["crate", "self", "super"].contains(&word);
        if !known || !text[at + word.len()..].starts_with("::") {
            continue;
        }
        for path in paths(&text[at..]).0 {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let (mut place, tail) = match path[0].as_str() {
                "crate" => (Module::new(), &path[1..]),
                "self" => (module.clone(), &path[1..]),
                _ => (module[..module.len() - ups].to_vec(), &path[ups..]),
            };
            let inner = tail.iter().take_while(|part| {
                let deeper = [place.as_slice(), &[(*part).clone()]].concat();
                let there = modules.contains_key(&deeper);
                if there {
                    place = deeper;
                }
                there
            });
            let inner = inner.count();
            found.push((place, tail.get(inner).cloned()));
        }
    }
    found
}

/// Modules of a crate that use each other, directly or through others. That a module and those
/// below it do so is no circle: they are one folder.
fn circle(folder: &Path) -> BTreeSet<Module> {
    let modules = modules(folder);
    let names: BTreeMap<&Module, _> = modules.keys().map(|m| (m, named(&modules, m))).collect();
    // A name that a module only passes on is its that has it.
    let origin = |(mut place, name): (Module, Option<String>)| {
        let passed_on = |place: &Module| {
            let from = names[place].iter().find(|(from, known)| known == &name && from != place);
            from.map(|(from, _)| from.clone())
        };
        for _ in 0..3 {
            let Some(from) = passed_on(&place).filter(|_| name.is_some()) else { break };
            place = from;
        }
        place
    };
    let mut uses: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (&module, named) in &names {
        let used = named.iter().cloned().map(origin);
        let used = used.filter(|used| !used.starts_with(module) && !module.starts_with(used));
        uses.insert(module.clone(), used.collect());
    }
    loop {
        let all: BTreeSet<Module> = uses.keys().cloned().collect();
        let used: BTreeSet<Module> = uses.values().flatten().cloned().collect();
        // What uses nothing that is left, or what nothing that is left uses, is in no circle.
        uses.retain(|module, uses| used.contains(module) && !uses.is_disjoint(&all));
        if uses.len() == all.len() {
            return all;
        }
    }
}

/// Folders with circles that are still to be opened; none may be added.
const OPEN: [&str; 1] = ["functions"];

#[test]
fn no_files_use_each_other_in_a_circle() {
    let sources = sources();
    assert!(sources.len() > 10, "only {sources:?} were found");
    let mut found = Vec::new();
    for folder in &sources {
        let circle: Vec<_> = circle(folder).iter().map(|module| module.join("::")).collect();
        let open = OPEN.iter().any(|open| folder.ends_with(open));
        if !circle.is_empty() && !open {
            found.push(format!("{}: {circle:?}", folder.display()));
        }
    }
    assert!(found.is_empty(), "move what two of them share into a third: {found:#?}");
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
    // A filter of tests begins with the name of a module of the binary.
    let has_module = |binary: &str, filter: &str| {
        let module = filter.split("::").next().unwrap_or_default();
        let (one, folder) = (format!("{module}.rs"), format!("{module}/mod.rs"));
        let at = |end: &str| format!("tests/{binary}/{end}");
        files.iter().any(|file| file.ends_with(at(&one)) || file.ends_with(at(&folder)))
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
            for three in words.windows(3).filter(|three| three[0] == "--test") {
                let is_filter = !three[2].starts_with('-');
                if is_filter && !has_module(three[1], three[2]) {
                    missing.push(format!("{}: {} {}", file.display(), three[1], three[2]));
                }
            }
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
