//! `cargo xtask package`: the script root. The host finds functions only in direct children of
//! the folder that holds host.json, and the repository keeps them in `functions/`.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::DeflateEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter};

use crate::tools::{self, CARGO_ZIGBUILD};
use crate::{glibc, shell};

pub const HELP: &str = "\
Assembles dist/, the folder that the Functions host runs: host.json, the program, and a
folder with function.json for each function.

Usage: cargo xtask package [--debug | --release] [--portable] [--zip] [--spark]

  cargo xtask package             built fast, for this machine
  cargo xtask package --release   optimised, for this machine
  cargo xtask package --portable  optimised, for Linux with glibc 2.31 or later, as in Azure
  cargo xtask package --zip       the same, and dist.zip to deploy; --debug builds it faster
  cargo xtask package --spark     the same, able to compute facts on a cluster (docs/SPARK.md)

A local.settings.json in dist/ is kept; without one it is copied from the repository, or
made from local.settings.json.example. It is never in the zip. Everything else in dist/ is
removed first. A .funcignore keeps stray files out of what `func pack` packs.

--portable links by cargo-zigbuild, which is installed once below
~/.cache/movie-analytics/tools; that needs python3. With the Rust target
x86_64-unknown-linux-musl you can build a static program instead and put it into dist/.";

/// The feature of a program that speaks to a cluster.
pub const SPARK: &str = "--features=spark-connect";

const PROGRAM: &str = "movie-analytics";
const TARGET: &str = "x86_64-unknown-linux-gnu";
const LOCAL_SETTINGS: &str = "local.settings.json";

/// `func pack` packs all files but those named here: all but what the host needs.
const FUNCIGNORE: &str = "*\n!host.json\n!movie-analytics\n!*/function.json\n";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub release: bool,
    pub portable: bool,
    pub zip: bool,
    pub spark: bool,
}

/// The error is the problem in words.
pub fn parse(args: &[&str]) -> Result<Plan, String> {
    let mut plan = Plan::default();
    let mut debug = false;
    for arg in args {
        match *arg {
            "--debug" => debug = true,
            "--release" => plan.release = true,
            "--portable" => plan.portable = true,
            "--zip" => plan.zip = true,
            "--spark" => plan.spark = true,
            other => return Err(format!("package does not know `{other}`")),
        }
    }
    if debug && plan.release {
        return Err("--debug and --release exclude each other".to_owned());
    }
    // What is deployed must start there, and is optimised unless `--debug` is given.
    plan.portable |= plan.zip;
    plan.release |= plan.portable && !debug;
    Ok(plan)
}

pub fn run(plan: &Plan) -> Result<()> {
    let dist = assemble(plan)?;
    if plan.zip {
        let zip = dist.with_extension("zip");
        let names = pack(&dist, &zip)?;
        let size = fs::metadata(&zip).context("cannot look at dist.zip")?.len();
        println!("{} holds {names} files, {:.1} MB", zip.display(), size as f64 / 1e6);
    }
    Ok(())
}

/// Builds the program and fills `dist/`, whose path it returns.
pub fn assemble(plan: &Plan) -> Result<PathBuf> {
    let program = build(plan)?;
    if plan.portable {
        let (major, minor) = glibc::check(&program)?;
        println!(
            "the program needs glibc {major}.{minor}, and Azure has {}.{}",
            glibc::AZURE.0,
            glibc::AZURE.1
        );
    }
    let root = shell::root()?;
    let dist = root.join("dist");
    let functions = fill(&root, &dist, &program)?;
    println!("{} holds {PROGRAM} and {functions} functions", dist.display());
    Ok(dist)
}

fn build(plan: &Plan) -> Result<PathBuf> {
    let mut command = if plan.portable {
        let zigbuild = CARGO_ZIGBUILD.path()?;
        let mut command = Command::new(&zigbuild);
        let (major, minor) = glibc::AZURE;
        command
            .args(["zigbuild", "--target", &format!("{TARGET}.{major}.{minor}")])
            .env("CARGO_ZIGBUILD_PYTHON_PATH", zigbuild.with_file_name("python3"));
        command
    } else {
        let mut command = shell::cargo();
        command.arg("build");
        command
    };
    command.args(["--package", PROGRAM, "--bin", PROGRAM]);
    if plan.release {
        command.arg("--release");
    }
    if plan.spark {
        command.arg(SPARK).env("PROTOC", tools::protoc()?);
    }
    shell::run(&mut command)?;
    let mut folder = shell::target()?;
    if plan.portable {
        folder.push(TARGET);
    }
    Ok(folder.join(if plan.release { "release" } else { "debug" }).join(PROGRAM))
}

/// Puts host.json, the program and the functions into `dist`, and removes all else but the
/// developer's settings. Returns how many functions there are.
fn fill(root: &Path, dist: &Path, program: &Path) -> Result<usize> {
    let copy = |from: &Path, to: &Path| {
        fs::copy(from, to)
            .map(drop)
            .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
    };
    let make = |folder: &Path| {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))
    };
    make(dist)?;
    for entry in children(dist)? {
        if entry.file_name().is_some_and(|name| name != LOCAL_SETTINGS) {
            let removed = match entry.is_dir() && !entry.is_symlink() {
                true => fs::remove_dir_all(&entry),
                // A program that runs may be removed, but not written over.
                false => fs::remove_file(&entry),
            };
            removed.with_context(|| format!("cannot remove {}", entry.display()))?;
        }
    }
    copy(&root.join("host.json"), &dist.join("host.json"))?;
    fs::write(dist.join(".funcignore"), FUNCIGNORE).context("cannot write .funcignore")?;
    let to = dist.join(PROGRAM);
    copy(program, &to)?;
    fs::set_permissions(&to, PermissionsExt::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", to.display()))?;
    let mut functions = 0;
    for folder in children(&root.join("functions"))? {
        let json = folder.join("function.json");
        if let (true, Some(name)) = (json.is_file(), folder.file_name()) {
            make(&dist.join(name))?;
            copy(&json, &dist.join(name).join("function.json"))?;
            functions += 1;
        }
    }
    ensure!(functions > 0, "no folder of functions/ holds a function.json");
    let settings = dist.join(LOCAL_SETTINGS);
    if !settings.exists() {
        let own = root.join(LOCAL_SETTINGS);
        let example = root.join("local.settings.json.example");
        copy(if own.exists() { &own } else { &example }, &settings)?;
    }
    Ok(functions)
}

/// Packs `dist` without the settings. The same files give the same bytes.
fn pack(dist: &Path, zip: &Path) -> Result<usize> {
    let mut names = vec!["host.json".to_owned(), PROGRAM.to_owned()];
    for folder in children(dist)? {
        if let (true, Some(name)) = (folder.is_dir(), folder.file_name()) {
            names.push(format!("{}/function.json", name.to_string_lossy()));
        }
    }
    names.sort();
    let write = || -> Result<()> {
        let mut archive = ZipArchiveWriter::new(fs::File::create(zip)?);
        for name in &names {
            // Without the execute bit Azure does not start the program.
            let mode = if name == PROGRAM { 0o100_755 } else { 0o100_644 };
            let file = archive.new_file(name.as_str()).unix_permissions(mode);
            let (mut entry, config) =
                file.compression_method(CompressionMethod::DEFLATE).start()?;
            let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
            io::copy(&mut fs::File::open(dist.join(name))?, &mut writer)?;
            let (encoder, descriptor) = writer.finish()?;
            encoder.finish()?;
            entry.finish(descriptor)?;
        }
        archive.finish()?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", zip.display()))?;
    Ok(names.len())
}

/// Sorted: what is listed, copied and packed comes in the same order everywhere.
fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let children: std::io::Result<Vec<PathBuf>> = list();
    let mut children =
        children.with_context(|| format!("cannot list the folder {}", folder.display()))?;
    children.sort();
    Ok(children)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deployed_is_portable_and_optimised_unless_debug_is_chosen() {
        let plan = |release, portable, zip| Ok(Plan { release, portable, zip, spark: false });
        assert_eq!(parse(&[]), plan(false, false, false));
        assert_eq!(parse(&["--release"]), plan(true, false, false));
        assert_eq!(parse(&["--portable"]), plan(true, true, false));
        assert_eq!(parse(&["--zip"]), plan(true, true, true));
        assert_eq!(parse(&["--zip", "--debug"]), plan(false, true, true));
        assert_eq!(parse(&["--spark"]), Ok(Plan { spark: true, ..Plan::default() }));
        assert!(parse(&["--debug", "--release"]).is_err() && parse(&["--fast"]).is_err());
    }

    #[test]
    fn dist_holds_what_the_host_needs_and_the_developers_settings() {
        let root = std::env::temp_dir().join(format!("xtask-package-{}", std::process::id()));
        let file = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        file("host.json", "{}");
        file("local.settings.json.example", "example");
        file("functions/replay/function.json", "{}");
        file("functions/replay/mod.rs", "");
        file("functions/cli/mod.rs", "");
        file("built", "program");
        file("dist/gone/function.json", "{}");
        file("dist/note.txt", "");
        let dist = root.join("dist");
        assert_eq!(fill(&root, &dist, &root.join("built")).unwrap(), 1);
        let names = || {
            let children = children(&dist).unwrap();
            let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            children.iter().map(name).collect::<Vec<_>>()
        };
        let expected =
            [".funcignore", "host.json", "local.settings.json", "movie-analytics", "replay"];
        assert_eq!(names(), expected);
        assert_eq!(fs::metadata(dist.join(PROGRAM)).unwrap().permissions().mode(), 0o100_755);
        assert!(!dist.join("replay/mod.rs").exists());
        assert_eq!(fs::read_to_string(dist.join(LOCAL_SETTINGS)).unwrap(), "example");

        file("dist/local.settings.json", "mine");
        fill(&root, &dist, &root.join("built")).unwrap();
        assert_eq!(fs::read_to_string(dist.join(LOCAL_SETTINGS)).unwrap(), "mine");

        let zip = root.join("dist.zip");
        assert_eq!(pack(&dist, &zip).unwrap(), 3);
        let first = fs::read(&zip).unwrap();
        let archive = rawzip::ZipArchive::from_slice(&first).unwrap();
        let (mut entries, mut listed) = (archive.entries(), Vec::new());
        while let Some(entry) = entries.next_entry().unwrap() {
            let name = entry.file_path().try_normalize().unwrap().as_ref().to_owned();
            let data = archive.get_entry(entry.wayfinder()).unwrap();
            let text = flate2::bufread::DeflateDecoder::new(data.data());
            let text = io::read_to_string(data.verifying_reader(text)).unwrap();
            listed.push((name, entry.mode().value(), text));
        }
        let entry = |name: &str, mode, text: &str| (name.to_owned(), mode, text.to_owned());
        let expected = [
            entry("host.json", 0o100_644, "{}"),
            entry("movie-analytics", 0o100_755, "program"),
            entry("replay/function.json", 0o100_644, "{}"),
        ];
        assert_eq!(listed, expected, "what is packed, without the settings");
        pack(&dist, &zip).unwrap();
        assert_eq!(fs::read(&zip).unwrap(), first, "the same files give the same bytes");
        fs::remove_dir_all(&root).unwrap();
    }
}
