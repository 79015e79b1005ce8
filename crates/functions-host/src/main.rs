//! The app on a developer's machine. `cargo xtask start` and `cargo xtask drop` run this program,
//! which has an HTTP client and a runtime in it: xtask itself stays light to build.

mod drop;
mod start;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Args, Parser};
use functions_host::azurite::Account;

#[derive(Parser)]
#[command(disable_help_subcommand = true)]
enum Chore {
    Start(start::Options),
    Drop(drop::Options),
}

/// What xtask knows and people do not type.
#[derive(Args)]
struct Place {
    /// Script root: the assembled `dist`.
    root: PathBuf,
    /// Where the emulator and the timers keep what must last.
    data: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Chore::parse() {
        Chore::Start(options) => start::run(&options).await,
        Chore::Drop(options) => drop::run(&options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Place {
    /// The queues of the app. Without a script root there are none yet.
    fn queues(&self) -> Result<Vec<(Account, String)>> {
        let queues = functions_host::queues(&self.root);
        queues.context("the app is not assembled: `cargo xtask package` does it")
    }
}
