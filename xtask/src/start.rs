//! `cargo xtask start`: the app on this machine; `cargo xtask drop`: a vendor's file arrives in it.

use std::env;
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;

use anyhow::Result;

use crate::package::{self, Plan};
use crate::shell;
use crate::tools::AZURITE;

pub const HELP: &str = "\
Runs the app on this machine until Ctrl-C.

Usage: cargo xtask start [--release] [--port N] [--test-host]

  1. assembles dist/, as `cargo xtask package` does (--release: optimised)
  2. starts the storage emulator Azurite, unless one listens on 10000 and 10001;
     its data stay in .local/azurite
  3. makes the containers raw, staging and quarantine, the queues that function.json
     files name, and their -poison queues
  4. runs the Functions host, `func start --script-root dist`, on port 7071 (--port N);
     where func is not on PATH, or with --test-host, a stand-in for tests

The first start makes dist/local.settings.json; change settings there. In another window
`cargo xtask drop FILE...` lets a file arrive, and

  curl localhost:7071/api/status
  curl -X POST localhost:7071/admin/functions/build_fact_movie_analytics \\
       -H 'Content-Type: application/json' -d '{\"input\":\"\"}'

show what became of it and build the facts at once. Azurite is installed once, below
~/.cache/movie-analytics/tools, which needs Node.js; func comes by
`npm install -g azure-functions-core-tools@4`.";

pub const DROP_HELP: &str = "\
Lets a vendor's file arrive in the app that `cargo xtask start` runs: writes it to the
container raw and puts the event on the queue that Event Grid would deliver in Azure (the
storage emulator sends none).

Usage: cargo xtask drop FILE... [--as DATASET] [--path PATH]

  cargo xtask drop movie_review.csv             to raw/movie_review/<today>/
  cargo xtask drop lake/raw/log_reviews/x/a.csv to raw/log_reviews/x/: a lake's paths are kept
  cargo xtask drop a.csv --as log_reviews       to raw/log_reviews/<today>/
  cargo xtask drop a.csv --path user_purchase/2026-11-22/a.csv
                                                to this place; the same place again
                                                restates the file

Elsewhere the beginning of its name says what a file is: movie_review, log_reviews,
user_purchase, with .csv or .csv.gz at its end. LAKE in dist/local.settings.json or the
environment names the account that it goes to.";

#[derive(Debug, PartialEq, Eq)]
pub struct Words<'a> {
    package: Plan,
    /// For the program that does the rest.
    rest: Vec<&'a str>,
}

/// The error is the problem in words.
pub fn parse<'a>(args: &[&'a str]) -> Result<Words<'a>, String> {
    let mut words = Words { package: Plan::default(), rest: Vec::new() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match *arg {
            "--release" => words.package.release = true,
            "--test-host" => words.rest.push(arg),
            "--port" => {
                let port = args.next().filter(|port| port.parse::<u16>().is_ok());
                words.rest.extend([*arg, port.ok_or("--port needs a number up to 65535")?]);
            }
            other => return Err(format!("start does not know `{other}`")),
        }
    }
    Ok(words)
}

pub fn run(words: &Words<'_>) -> Result<()> {
    install_azurite()?;
    package::assemble(&words.package)?;
    functions_host("start", &words.rest)
}

/// Unless it runs already, or somebody has one of their own.
fn install_azurite() -> Result<()> {
    let runs = TcpStream::connect((Ipv4Addr::LOCALHOST, 10_000)).is_ok();
    if !runs && env::var_os("AZURITE_HOME").is_none_or(|home| home.is_empty()) {
        AZURITE.path()?;
    }
    Ok(())
}

/// Becomes the program `functions-host`. It has an HTTP client and the stand-in in it, which this
/// one has not: `cargo xtask test` begins after one second of building instead of half a minute.
pub fn functions_host(chore: &str, args: &[&str]) -> Result<()> {
    let program = "functions-host";
    shell::run(shell::cargo().args(["build", "--quiet", "--package", program, "--bin", program]))?;
    let root = shell::root()?;
    let program = shell::target()?.join("debug").join(program);
    let mut command = Command::new(program);
    command.arg(chore).arg(root.join("dist")).arg(root.join(".local")).args(args);
    Err(shell::become_it(&mut command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_go_to_where_they_are_understood() {
        let words = parse(&["--release", "--port", "80", "--test-host"]).unwrap();
        assert!(words.package.release && !words.package.portable);
        assert_eq!(words.rest, ["--port", "80", "--test-host"]);
        assert!(parse(&["--port"]).is_err() && parse(&["--port", "x"]).is_err());
        assert!(parse(&["--azure"]).unwrap_err().contains("--azure"));
    }
}
