//! Every statement for SQL Server goes through Microsoft's parser. It knows the grammar; whether a
//! table or column exists, it does not.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{shell, tools};

/// Holds the connection string of a server for tests, with rights to make schemas and logins.
pub const SERVER: &str = "TEST_SQLSERVER_URL";

/// The tests that need a server, which are ignored elsewhere. One after the other: each has as many
/// connections as it wants, and what they say stands together. All packages are named, as in the
/// stage `test`, so that nothing is built for this alone.
pub fn live() -> Result<()> {
    let build = ["test", "--locked", "--workspace", "--no-fail-fast"];
    let tests = ["--test", "warehouse", "--test", "services", "sqlserver_live"];
    let run = ["--", "--ignored", "--nocapture", "--test-threads=1"];
    shell::run(shell::cargo().args(build).args(tests).args(run))
}

pub fn check() -> Result<()> {
    let parser = tools::MAXDOP.path()?;
    let root = shell::root()?;
    let mut files = Vec::new();
    collect(&root.join("sql/sqlserver"), &mut files)?;
    files.sort();
    ensure!(!files.is_empty(), "there is no statement below sql/sqlserver");
    let mut wrong = 0;
    for file in &files {
        let text = fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        if let Some(problem) = problem(&parser, &spelled_out(&text))? {
            println!("{}: {problem}", file.strip_prefix(&root).unwrap_or(file).display());
            wrong += 1;
        }
    }
    ensure!(wrong == 0, "{wrong} of {} files are no T-SQL", files.len());
    println!("{} files are T-SQL", files.len());
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    Ok(())
}

/// With `name` for each placeholder `$(name)`, and as if there were one dimension: `a_key` for
/// `{key}`, 1 for its number, nothing for what stands between two.
fn spelled_out(text: &str) -> String {
    let mut parts = text.split("$(");
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        named += &part.replacen(')', "", 1);
    }
    let mut parts = named.split('{');
    let mut spelled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (placeholder, rest) = part.split_once('}').unwrap_or(("", part));
        match placeholder {
            "name" | "table" | "key" => spelled += &format!("a_{placeholder}"),
            number if number.starts_with('n') => spelled.push('1'),
            _ => {}
        }
        spelled += rest;
    }
    spelled
}

/// What the parser does not understand, in its own words.
fn problem(parser: &Path, text: &str) -> Result<Option<String>> {
    let mut parse = Command::new(parser)
        .args(["--parser-version", "2022"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", parser.display()))?;
    // Dropped at once, so that the parser sees the end.
    let mut input = parse.stdin.take().context("the parser takes no input")?;
    input.write_all(text.as_bytes())?;
    drop(input);
    let output = parse.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok((!output.status.success()).then_some(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_names() {
        assert_eq!(spelled_out("FROM $(dw).t AS t"), "FROM dw.t AS t");
        assert_eq!(spelled_out("N'$(ops).t', (SELECT 1)"), "N'ops.t', (SELECT 1)");
        assert_eq!(spelled_out("@P{n+2}, {key}{,} FROM t"), "@P1, a_key FROM t");
    }
}
