//! The command line: the same functions, in this process, without any trigger.

mod dashboard;
mod demo;
mod progress;
mod report;
mod run;
mod status;
mod table;
mod warehouse;

use std::{path::PathBuf, process::ExitCode, thread, time::Duration};

use clap::{Args, Parser, Subcommand};

use pipeline::{Dataset, Day};

use self::progress::Progress;
use crate::{
    deps::Deps,
    replay,
    settings::{Settings, WarehouseSetting, WrongSetting, local_settings},
};

/// Turns the daily CSV files of vendors into a star schema.
///
/// Files lie below `raw` of the lake: movie_review/**.csv, log_reviews/**.csv and
/// user_purchase/**.csv (also .csv.gz). Start with `demo`: it makes a small lake, runs all of
/// it and shows where everything is.
#[derive(Parser)]
#[command(name = "movie-analytics", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 all well, 1 failed, 2 wrong usage or settings, \
    3 done, but files or days were refused.\n\
    Settings not given as options come from the environment, else from local.settings.json in \
    the working folder.";

#[derive(Subcommand)]
enum Command {
    /// Stage what no receipt covers, build the facts and publish them.
    Run {
        #[command(flatten)]
        places: Places,
        /// Print one JSON object for a program instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Write a small sample drop, run all of it and show the numbers. Running it again changes
    /// nothing.
    Demo {
        /// Folder for the lake and the warehouse; made where it is missing.
        #[arg(long, value_name = "DIR", default_value = "demo")]
        dir: PathBuf,
        /// Reviews in the sample.
        #[arg(long, default_value_t = 3_000)]
        reviews: u64,
        /// Days that they spread over.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3_650))]
        days: u32,
        /// Purchases in the sample.
        #[arg(long, default_value_t = 5_000)]
        purchases: u64,
        /// The same seed gives the same bytes on every machine.
        #[arg(long, default_value_t = 42)]
        seed: u64,
        /// Then serve the dashboard on this machine until Ctrl-C, and show it in a browser where
        /// there is one.
        #[arg(long, conflicts_with = "json")]
        open: bool,
        /// Print one JSON object for a program instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Stage what no receipt covers, and leave the facts to the next run.
    Reconcile {
        #[command(flatten)]
        places: Places,
        /// Print one JSON object for a program instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Read files again though they are done, or take them out, and publish what that changes.
    Replay {
        #[command(flatten)]
        places: Places,
        /// Names below raw, such as movie_review/2021-04-25/movie_review.csv.
        paths: Vec<String>,
        /// All files of a dataset: classified_movie_review, review_logs or user_purchase.
        #[arg(long, value_parser = dataset)]
        dataset: Option<Dataset>,
        /// Files with logs from this day on, or with such a date in their path.
        #[arg(long, value_name = "DAY")]
        from: Option<Day>,
        /// Files with logs up to this day, or with such a date in their path.
        #[arg(long, value_name = "DAY")]
        to: Option<Day>,
        /// Files that were refused, or that have refused rows.
        #[arg(long)]
        refused: bool,
        /// Files whose last work was broken off.
        #[arg(long)]
        failed: bool,
        /// Take the named files out: their rows do not count any more.
        #[arg(long)]
        forget: bool,
        /// Print one JSON object for a program instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Publish, accepting days that a quality check left out.
    Publish {
        #[command(flatten)]
        places: Places,
        /// Number of the publish that left the days out.
        #[arg(long, value_name = "ID")]
        accept: Vec<i64>,
        /// Print one JSON object for a program instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Serve the dashboard on this machine until Ctrl-C. Changes nothing.
    Dashboard {
        /// The warehouse: sqlite:FILE, sqlserver://SERVER/DATABASE for a managed identity, or a
        /// connection string [setting: WAREHOUSE].
        #[arg(long, value_name = "WAREHOUSE")]
        warehouse: Option<String>,
        /// Port of 127.0.0.1; without it, the first free one from 7070 on.
        #[arg(long)]
        port: Option<u16>,
        /// Show it in a browser where there is one.
        #[arg(long)]
        open: bool,
    },
    /// Look after the warehouse's schema.
    Warehouse {
        #[command(subcommand)]
        command: warehouse::Command,
    },
    /// Serve the Functions host that started this process. Settings come from the environment.
    Serve,
    /// Show what is published, what waits and what was refused. Changes nothing.
    Status {
        #[command(flatten)]
        places: Places,
        /// Print one JSON object for a program instead of a table.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Default)]
struct Places {
    /// The lake: file:DIR for a local folder, UseDevelopmentStorage=true for the storage emulator,
    /// or a storage connection string [setting: LAKE].
    #[arg(long, value_name = "LAKE")]
    lake: Option<String>,
    /// The warehouse: sqlite:FILE, sqlserver://SERVER/DATABASE for a managed identity, or a
    /// connection string [setting: WAREHOUSE].
    #[arg(long, value_name = "WAREHOUSE")]
    warehouse: Option<String>,
    /// The operational database that purchases go to first: postgres://USER@HOST/DATABASE
    /// [setting: USER_PURCHASE_DB, where a password belongs].
    #[arg(long, value_name = "URL")]
    user_purchase_db: Option<String>,
}

impl Places {
    fn settings(self) -> Result<Settings, WrongSetting> {
        Settings::read(self.values()?)
    }

    /// Values by the names of settings: options, then the environment, then the local file.
    fn values(self) -> Result<impl Fn(&str) -> Option<String>, WrongSetting> {
        let file = local_settings(".".as_ref())?;
        Ok(move |name: &str| {
            let option = match name {
                "LAKE" => self.lake.clone(),
                "WAREHOUSE" => self.warehouse.clone(),
                "USER_PURCHASE_DB" => self.user_purchase_db.clone(),
                _ => None,
            };
            option.or_else(|| std::env::var(name).ok()).or_else(|| file.get(name).cloned())
        })
    }
}

/// How a command ended, beyond "failed".
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    WithRefusals,
    /// By a signal, or because the host is gone.
    Stopped(u8),
    /// Something could not be reached, which was said.
    Unreachable,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Two at least: while a publish into SQLite blocks one, the other sees signals, and that the
    // host is gone.
    let workers = thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = match runtime.worker_threads(workers).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    // What serves ends by itself, and well.
    let serves = matches!(
        cli.command,
        Command::Serve | Command::Dashboard { .. } | Command::Demo { open: true, .. }
    );
    let stops_at_once = !serves;
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = command(cli.command) => Some(ended),
            Ok(()) = tokio::signal::ctrl_c(), if stops_at_once => None,
        }
    });
    if cfg!(feature = "spark-connect") && ended.is_none() {
        // Dropping the work has begun to tell a cluster so; that needs a moment.
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(500)).await });
    }
    // Threads that still read a file are not waited for: what they leave is never visible.
    runtime.shutdown_background();
    match ended {
        Some(Ok(Ended::Well)) => ExitCode::SUCCESS,
        Some(Ok(Ended::WithRefusals)) => ExitCode::from(3),
        Some(Ok(Ended::Stopped(code))) => ExitCode::from(code),
        Some(Ok(Ended::Unreachable)) => ExitCode::FAILURE,
        Some(Err(error)) => failed(&error),
        None => {
            eprintln!("stopped; what is done is kept, run the same command again to go on");
            ExitCode::from(130)
        }
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    let settings = error.downcast_ref().is_some_and(lake::Error::is_settings);
    let database = error.downcast_ref().is_some_and(purchase_db::Error::is_settings);
    let usage =
        settings || database || error.is::<WrongSetting>() || error.is::<replay::BadRequest>();
    if usage { ExitCode::from(2) } else { ExitCode::FAILURE }
}

fn dataset(name: &str) -> Result<Dataset, String> {
    let found = Dataset::ALL.into_iter().find(|d| [d.name(), d.raw_folder()].contains(&name));
    found.ok_or_else(|| "write classified_movie_review, review_logs or user_purchase".to_owned())
}

fn show(report: &report::Report, json: bool) -> anyhow::Result<Ended> {
    if json {
        print(&serde_json::to_string(report)?);
    } else {
        print(&report.to_string());
    }
    Ok(report.ended())
}

/// Prints to the standard output; a reader that has seen enough is no error.
fn print(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

async fn command(command: Command) -> anyhow::Result<Ended> {
    let deps = |places: Places| anyhow::Ok(Deps::new(places.settings()?)?);
    match command {
        Command::Run { places, json } => {
            show(&run::run(&deps(places)?, &Progress::new(json)).await?, json)
        }
        Command::Reconcile { places, json } => {
            show(&run::reconcile(&deps(places)?, &Progress::new(json)).await?, json)
        }
        Command::Replay { places, paths, dataset, from, to, refused, failed, forget, json } => {
            let request = replay::Request { paths, dataset, from, to, refused, failed, forget };
            show(&run::replay(&deps(places)?, request, &Progress::new(json)).await?, json)
        }
        Command::Publish { places, accept, json } => {
            show(&run::accept(&deps(places)?, accept, &Progress::new(json)).await?, json)
        }
        Command::Demo { dir, reviews, days, purchases, seed, open, json } => {
            let settings = demo::places(&dir).settings()?;
            let sample = demo::Size { reviews, days, purchases, seed };
            let ended = demo::command(&dir, sample, settings.clone(), json).await?;
            if open {
                dashboard::serve(&settings.warehouse, None, true).await?;
            }
            Ok(ended)
        }
        Command::Dashboard { warehouse, port, open } => {
            let places = Places { warehouse, ..Places::default() };
            let warehouse = WarehouseSetting::read(places.values()?)?;
            dashboard::serve(&warehouse, port, open).await
        }
        Command::Warehouse { command } => warehouse::command(command).await,
        Command::Serve => {
            Ok(Ended::Stopped(crate::serve::serve(Places::default().settings()?).await?))
        }
        Command::Status { places, json } => status::command(places.settings()?, json).await,
    }
}
