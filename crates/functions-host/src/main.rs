//! The app on a developer's machine. `cargo xtask start` and `cargo xtask drop` run this program,
//! which has an HTTP client and a runtime in it: xtask itself stays light to build.

mod drop;
mod start;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use functions_host::azurite::Account;

/// What xtask knows and people do not type.
struct Place {
    /// Script root: the assembled `dist`.
    root: PathBuf,
    /// Where the emulator and the timers keep what must last.
    data: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let chore = args.next().unwrap_or_default();
    let (root, data) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
    let place = Place { root: root.into(), data: data.into() };
    let args: Vec<String> = args.collect();
    let done = match chore.as_str() {
        "start" => start::run(&place, &args).await,
        "drop" => match drop::parse(&args) {
            Ok(orders) => drop::run(&place, orders).await,
            Err(error) => {
                eprintln!("error: {error:#}");
                return ExitCode::from(2);
            }
        },
        _ => Err(anyhow::anyhow!("run this as `cargo xtask start` or `cargo xtask drop`")),
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

/// The value of an option, which must follow it.
fn value<'a>(option: &str, args: &mut impl Iterator<Item = &'a String>) -> Result<&'a str> {
    args.next().map(String::as_str).with_context(|| format!("{option} needs a value"))
}
