//! The command line: the same functions, in this process, without any trigger.

mod dashboard;
mod demo;
mod places;
mod plan;
mod progress;
mod report;
mod run;
mod status;
mod table;
mod warehouse;

use std::{io::IsTerminal, path::PathBuf, process::ExitCode, thread, time::Duration};

use clap::{Parser, Subcommand};

use pipeline::{Dataset, Day};

use self::{
    places::{May, Places},
    progress::Progress,
};
use crate::{
    replay,
    settings::{WarehouseSetting, WrongSetting},
};

/// Turns the daily CSV files of vendors into a star schema.
///
/// Vendor files are below `raw` in the lake: movie_review/**.csv, log_reviews/**.csv and
/// user_purchase/**.csv (also .csv.gz). Start with `demo`: it creates a small lake, publishes its
/// facts and prints where the lake and the warehouse are.
#[derive(Parser)]
#[command(name = "movie-analytics", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 success, 1 failure, 2 wrong usage or settings, \
    3 done, but files are rejected, not read or withdrawn, or days or customers held back: as \
    long as that lasts.\n\
    Options override the environment, which overrides local.settings.json in the working folder.";

#[derive(Subcommand)]
enum Command {
    /// Ingest the files that no receipt covers, then build and publish the facts. The lake must be
    /// there, with vendor files below its folder `raw`; the first run makes the SQLite file.
    Run {
        #[command(flatten)]
        places: Places,
        /// Create the folders of the lake and of the warehouse if they are missing, and a second
        /// warehouse for a lake that has one.
        #[arg(long)]
        create: bool,
        /// Print one JSON object instead of tables.
        #[arg(long)]
        json: bool,
    },
    /// Write sample files, publish their facts and print the numbers. A second run changes
    /// nothing.
    Demo {
        /// Folder for the lake and the warehouse; created if it does not exist.
        #[arg(long, value_name = "DIR", default_value = "demo")]
        dir: PathBuf,
        /// Reviews in the sample.
        #[arg(long, default_value_t = 3_000)]
        reviews: u64,
        /// Days that the reviews cover.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3_650))]
        days: u32,
        /// Purchases in the sample.
        #[arg(long, default_value_t = 5_000)]
        purchases: u64,
        /// The same seed gives the same bytes on every machine.
        #[arg(long, default_value_t = 42)]
        seed: u64,
        /// Then serve the dashboard on this machine until Ctrl-C, and open it in the browser if
        /// this machine has one.
        #[arg(long, conflicts_with = "json")]
        open: bool,
        /// Print one JSON object instead of tables.
        #[arg(long)]
        json: bool,
    },
    /// Ingest the files that no receipt covers. The next run publishes their facts.
    Reconcile {
        #[command(flatten)]
        places: Places,
        /// Read every file that counts, and those whose bytes are not the ones that were staged once
        /// more: for a lake whose files keep size and times when they change.
        #[arg(long)]
        deep: bool,
        /// Print one JSON object instead of tables.
        #[arg(long)]
        json: bool,
    },
    /// Reprocess files, or exclude them from the facts, and publish the change.
    Replay {
        #[command(flatten)]
        places: Places,
        /// Paths below raw, such as movie_review/2021-04-25/movie_review.csv.
        paths: Vec<String>,
        /// All files of a dataset: classified_movie_review, review_logs or user_purchase.
        #[arg(long, value_parser = dataset)]
        dataset: Option<Dataset>,
        /// Files with logs of this day or later, or with such a date in their path.
        #[arg(long, value_name = "DAY")]
        from: Option<Day>,
        /// Files with logs of this day or earlier, or with such a date in their path.
        #[arg(long, value_name = "DAY")]
        to: Option<Day>,
        /// Files that were rejected, or that have refused rows.
        #[arg(long)]
        refused: bool,
        /// Files that killed the process when they were read.
        #[arg(long)]
        failed: bool,
        /// Exclude the named files: their rows no longer count.
        #[arg(long)]
        forget: bool,
        /// Print one JSON object instead of tables.
        #[arg(long)]
        json: bool,
    },
    /// Show which files the next run would read and what a publish of the staged files would do.
    /// Writes nothing. Exits with 3 where days or customers would be held back.
    Plan {
        #[command(flatten)]
        places: Places,
        /// Print one JSON object instead of tables.
        #[arg(long)]
        json: bool,
    },
    /// Publish, and accept days that a quality check held back.
    Publish {
        #[command(flatten)]
        places: Places,
        /// Number of the publish that held the days back.
        #[arg(long, value_name = "ID")]
        accept: Vec<i64>,
        /// Show what the publish would do, and write nothing.
        #[arg(long)]
        plan: bool,
        /// Accept without the plan and the question that a terminal gets.
        #[arg(long, requires = "accept")]
        yes: bool,
        /// Print one JSON object instead of tables.
        #[arg(long)]
        json: bool,
    },
    /// Serve the dashboard on this machine until Ctrl-C. Changes nothing.
    Dashboard {
        /// The warehouse: sqlite:FILE, sqlserver://SERVER/DATABASE for a managed identity, or a
        /// connection string [setting: WAREHOUSE].
        #[arg(long, value_name = "WAREHOUSE")]
        warehouse: Option<String>,
        /// Port on 127.0.0.1; without it, the first free port from 7070.
        #[arg(long)]
        port: Option<u16>,
        /// Open it in the browser if this machine has one.
        #[arg(long)]
        open: bool,
    },
    /// Manage the schema of the warehouse.
    Warehouse {
        #[command(subcommand)]
        command: warehouse::Command,
    },
    /// Serve the Functions host that started this process. Settings come from the environment.
    Serve,
    /// Show what is published, which files wait and which were rejected. Changes nothing.
    Status {
        #[command(flatten)]
        places: Places,
        /// Print one JSON object instead of tables.
        #[arg(long)]
        json: bool,
        /// Exit with 0 instead of 3, for scripts that only look.
        #[arg(long)]
        exit_zero: bool,
    },
}

/// How a command ended, beyond "failed".
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    WithRefusals,
    /// By a signal, or because the host is gone.
    Stopped(u8),
    /// The lake or the warehouse is unreachable; the message is printed already.
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
    // Commands that serve handle Ctrl-C themselves.
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
        // Dropping the future started to cancel the query on the cluster; that needs a moment.
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(500)).await });
    }
    // Threads that still read a file are abandoned: nothing they leave behind is visible.
    runtime.shutdown_background();
    match ended {
        Some(Ok(Ended::Well)) => ExitCode::SUCCESS,
        Some(Ok(Ended::WithRefusals)) => ExitCode::from(3),
        Some(Ok(Ended::Stopped(code))) => ExitCode::from(code),
        Some(Ok(Ended::Unreachable)) => ExitCode::FAILURE,
        Some(Err(error)) => failed(&error),
        None => {
            eprintln!("stopped; finished work is kept, run the same command again to continue");
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

/// Prints to the standard output. A closed pipe is no error.
fn print(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

async fn command(command: Command) -> anyhow::Result<Ended> {
    match command {
        Command::Run { places, create, json } => {
            let may = if create { May::Create } else { May::Publish };
            show(&run::run(&places.open(may).await?, &Progress::new(json)).await?, json)
        }
        Command::Reconcile { places, deep, json } => show(
            &run::reconcile(&places.open(May::Change).await?, deep, &Progress::new(json)).await?,
            json,
        ),
        Command::Replay { places, paths, dataset, from, to, refused, failed, forget, json } => {
            let request = replay::Request { paths, dataset, from, to, refused, failed, forget };
            show(
                &run::replay(&places.open(May::Change).await?, request, &Progress::new(json))
                    .await?,
                json,
            )
        }
        Command::Plan { places, json } => plan::run(&places.open(May::Look).await?, json).await,
        Command::Publish { places, accept, plan, yes, json } => {
            let (deps, progress) = (places.open(May::Change).await?, Progress::new(json));
            run::check_accepted(&deps, &accept, &progress).await?;
            if plan {
                return plan::publish(&deps, accept, json).await;
            }
            let asks = !(yes || json || accept.is_empty()) && std::io::stdin().is_terminal();
            if asks && !plan::confirm(&deps, accept.clone()).await? {
                eprintln!("nothing is published");
                return Ok(Ended::Well);
            }
            show(&run::accept(&deps, accept, &progress).await?, json)
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
            places::must_exist(&warehouse)?;
            dashboard::serve(&warehouse, port, open).await
        }
        Command::Warehouse { command } => warehouse::command(command).await,
        Command::Serve => {
            Ok(Ended::Stopped(crate::serve::serve(Places::default().settings()?).await?))
        }
        Command::Status { places, json, exit_zero } => {
            status::command(&places.open(May::Look).await?, json, exit_zero).await
        }
    }
}
