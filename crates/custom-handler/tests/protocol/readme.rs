//! The README alone is enough: its files in an empty folder are a handler that runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use functions_host::{Options, TestHost};

use crate::client::Client;

/// The files of the section "A first function": a name in backticks, then a block.
fn files() -> Vec<(&'static str, &'static str)> {
    let readme = include_str!("../../README.md");
    let section = readme.split("\n## ").find(|text| text.starts_with("A first function")).unwrap();
    let pieces: Vec<&str> = section.split("```").take(8).collect();
    let file = |pair: &[&'static str]| {
        let (_language, text) = pair[1].split_once('\n').unwrap();
        (pair[0].split('`').nth(1).unwrap(), text)
    };
    pieces.chunks_exact(2).map(file).collect()
}

/// Builds the files with the target folder of these tests, so that what is built once is kept.
fn build(folder: &Path) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, text) in files() {
        let local = format!("custom-handler = {{ path = {:?} }}", package.display().to_string());
        let mut text = text.replace("custom-handler = \"0.1\"", &local);
        if name == "Cargo.toml" {
            // The target folder may lie within that of another workspace.
            text += "\n[workspace]\n";
        }
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }
    // The same versions of everything, and the same profile.
    fs::copy(package.join("../../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let profile = ["--config", "profile.dev.debug='line-tables-only'"];
    let quick = ["--config", "profile.dev.package.\"*\".debug=false"];
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline"])
        .args([profile, quick].concat())
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .status()
        .unwrap();
    assert!(status.success(), "the files of the README do not build");
    target.join("debug/handler")
}

#[tokio::test]
async fn the_files_of_the_readme_in_an_empty_folder_are_a_handler_under_the_host() {
    let names: Vec<_> = files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["src/main.rs", "Cargo.toml", "host.json", "greet/function.json"]);
    let lines = files()[0].1.lines().filter(|line| !line.is_empty()).count();
    assert!(lines <= 20, "{lines} lines");

    // One place, so that a second run builds nothing anew.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(build(&folder), folder.join("handler")).unwrap();
    let options = Options { print: false, ..Options::default() };
    let host = TestHost::start(&folder, [("NAME", "value")], options).await.unwrap();
    let address = host.url("").strip_prefix("http://").unwrap().parse().unwrap();
    let mut client = Client::connect(address).await;
    let reply = client.request("GET", "/api/greet?name=Ada").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "hello Ada"), "{}", reply.head);
    host.stop().await;
}
