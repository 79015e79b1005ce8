//! The command line: the same functions, in this process, without any trigger.

mod check;
mod config;
mod dashboard;
mod demo;
mod erase;
mod facts;
mod init;
mod places;
mod plan;
mod progress;
mod refused;
mod replay;
mod report;
mod run;
mod sheet;
mod status;
mod table;
mod version;
mod warehouse;

use std::{
    env, fs,
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
    thread,
    time::Duration,
};

use clap::{CommandFactory, Parser, Subcommand};

use self::{
    places::{May, Places},
    progress::Progress,
};
use crate::{
    checks,
    deps::Deps,
    plan as planned,
    replay::BadRequest,
    settings::{Feeds, WarehouseSetting, WrongSetting},
};

/// Turns the daily CSV files of vendors into a star schema.
///
/// Vendor files are below `raw` in the lake: movie_review/**.csv, log_reviews/**.csv and
/// user_purchase/**.csv (also .csv.gz). Start with `demo`: it creates a small lake, publishes its
/// facts and prints where the lake and the warehouse are.
#[derive(Parser)]
#[command(
    name = "movie-analytics",
    version = version::VERSION,
    after_help = EXIT_CODES,
    max_term_width = 100,
    disable_help_subcommand = true,
)]
struct Cli {
    /// Print results and errors alone: no progress, no tables of what a run did.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print to stderr what is logged, too; twice for details.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 success, 1 failure, 2 wrong usage or settings, \
    3 done, but files are rejected, not read or withdrawn, or days or customers held back: as \
    long as that lasts.\n\
    Options override the environment, which overrides local.settings.json in the working folder,\n\
    which overrides movie-analytics.toml there or in a folder above (see `init` and `config`).";

#[derive(Subcommand)]
enum Command {
    /// Ingest the files that no receipt covers, then build and publish the facts. The lake must be
    /// there, with vendor files below its folder `raw`; the first run makes the SQLite file.
    #[command(
        after_help = "Example: movie-analytics run --lake file:lake --warehouse sqlite:warehouse.db"
    )]
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
    #[command(after_help = "Example: movie-analytics demo --dir demo --open")]
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
    #[command(after_help = "Example: movie-analytics reconcile")]
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
    #[command(after_help = "Example: movie-analytics replay movie_review/2021-04-25/a.csv")]
    Replay(replay::Options),
    /// Erase customers: their rows leave staging, quarantine, facts and the operational table, and no
    /// later file brings them back. Needs PII_KEY. May be repeated.
    #[command(after_help = "Example: movie-analytics erase --customer 13756 17850")]
    Erase {
        #[command(flatten)]
        places: Places,
        /// Numbers of customers, as in the vendors' files.
        #[arg(long, value_name = "ID", num_args = 1.., allow_negative_numbers = true)]
        customer: Vec<i64>,
        /// File with one number in each line.
        #[arg(long, value_name = "LIST")]
        file: Option<PathBuf>,
        /// Also rewrite the vendors' files without these rows. Their older versions and deleted blobs
        /// stay as long as the storage account keeps them.
        #[arg(long)]
        raw: bool,
        /// Print one JSON object instead of tables.
        #[arg(long)]
        json: bool,
    },
    /// Show which files the next run would read and what a publish of the staged files would do.
    /// Writes nothing. Exits with 3 where days or customers would be held back.
    #[command(after_help = "Example: movie-analytics plan --json")]
    Plan {
        #[command(flatten)]
        places: Places,
        /// Print one JSON object instead of tables.
        #[arg(long)]
        json: bool,
    },
    /// Publish, and accept days that a quality check held back.
    #[command(after_help = "Example: movie-analytics publish --accept 7")]
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
    #[command(after_help = "Example: movie-analytics dashboard --open")]
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
    /// Make a folder to begin in: its settings file, which every command below it reads, and the
    /// folders that vendor files belong in.
    #[command(after_help = "Example: movie-analytics init shop")]
    Init(init::Options),
    /// Show which settings hold and where each comes from; keys and passwords are masked.
    #[command(after_help = "Example: movie-analytics config")]
    Config(config::Options),
    /// Read vendor files as the app would, without any lake, and say what would be staged and
    /// refused. Exits with 3 when anything is refused.
    #[command(after_help = "Example: movie-analytics check reviews.csv logs.csv.gz")]
    Check(check::Options),
    /// Show refused rows and rejected files. Changes nothing.
    #[command(after_help = "Example: movie-analytics refused not_an_integer --format csv")]
    Refused(refused::Options),
    /// Show the facts, by day and customer. Changes nothing.
    #[command(after_help = "Example: movie-analytics facts --day 2021-04-25 --format csv")]
    Facts(facts::Options),
    /// Print the completions of a shell.
    #[command(after_help = "Example: movie-analytics completions bash > ~/.bash_completion")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual, or with a folder write a page for each command into it.
    #[command(after_help = "Example: movie-analytics man | man -l -")]
    Man {
        /// Folder for the pages.
        #[arg(value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Manage the schema of the warehouse.
    #[command(after_help = "Example: movie-analytics warehouse migrate")]
    Warehouse {
        #[command(subcommand)]
        command: warehouse::Command,
    },
    /// Serve the Functions host that started this process. Settings come from the environment.
    #[command(after_help = "Example: movie-analytics serve")]
    Serve,
    /// Show what is published, which files wait and which were rejected. Changes nothing.
    #[command(after_help = "Example: movie-analytics status --json")]
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
    log(cli.verbose, &cli.command);
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
            ended = command(cli.command, cli.quiet) => Some(ended),
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

/// Shows what functions log, where that is asked for. Commands that serve have logs of their own.
fn log(verbose: u8, command: &Command) {
    let level = match verbose {
        0 => return,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    if !matches!(command, Command::Serve) {
        let is_coloured = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none();
        let log = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(is_coloured);
        let _ = log.with_max_level(level).try_init();
    }
}

/// The manual of all commands, one page each.
fn manual(dir: Option<PathBuf>) -> anyhow::Result<Ended> {
    let mut cli = Cli::command();
    match dir {
        Some(dir) => {
            fs::create_dir_all(&dir)?;
            clap_mangen::generate_to(cli, &dir)?;
        }
        None => {
            let mut page = Vec::new();
            cli.build();
            clap_mangen::Man::new(cli).render(&mut page)?;
            print(&String::from_utf8_lossy(&page));
        }
    }
    Ok(Ended::Well)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    let settings = error.downcast_ref().is_some_and(lake::Error::is_settings);
    let database = error.downcast_ref().is_some_and(purchase_db::Error::is_settings);
    let usage = settings
        || database
        || checks::broken(error).is_some()
        || error.is::<WrongSetting>()
        || error.is::<BadRequest>();
    if usage { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// What a command that changes something prints of it.
#[derive(Clone, Copy)]
struct Shown {
    json: bool,
    quiet: bool,
}

impl Shown {
    fn progress(self) -> Progress {
        Progress::new(self.json || self.quiet)
    }
}

fn show(report: &report::Report, shown: Shown) -> anyhow::Result<Ended> {
    match shown {
        Shown { json: true, .. } => print(&serde_json::to_string(report)?),
        Shown { quiet: true, .. } => {}
        Shown { .. } => print(&report.to_string()),
    }
    Ok(report.ended())
}

/// Prints to the standard output. A closed pipe is no error.
fn print(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

async fn command(command: Command, quiet: bool) -> anyhow::Result<Ended> {
    let shown = |json| Shown { json, quiet };
    match command {
        Command::Run { places, create, json } => {
            let may = if create { May::Create } else { May::Publish };
            show(&run::run(&places.open(may).await?, &shown(json).progress()).await?, shown(json))
        }
        Command::Reconcile { places, deep, json } => show(
            &run::reconcile(&places.open(May::Change).await?, deep, &shown(json).progress())
                .await?,
            shown(json),
        ),
        Command::Replay(options) => replay::command(options, quiet).await,
        Command::Erase { places, customer, file, raw, json } => {
            let request = erase::request(customer, file.as_deref())?;
            let deps = places.open(May::Change).await?;
            show(&run::erase(&deps, request, raw, &shown(json).progress()).await?, shown(json))
        }
        Command::Plan { places, json } => {
            plan::show(&planned::run(&places.open(May::Look).await?).await?, json)
        }
        Command::Publish { places, accept, plan, yes, json } => {
            let (deps, shown) = (places.open(May::Change).await?, shown(json));
            run::check_accepted(&deps, &accept, &shown.progress()).await?;
            if plan {
                return plan::show(&planned::publish(&deps, accept).await?, json);
            }
            let asks = !(yes || json || accept.is_empty()) && io::stdin().is_terminal();
            if asks && !plan::confirm(&deps, accept.clone()).await? {
                eprintln!("nothing is published");
                return Ok(Ended::Well);
            }
            show(&run::accept(&deps, accept, &shown.progress()).await?, shown)
        }
        Command::Demo { dir, reviews, days, purchases, seed, open, json } => {
            let settings = demo::places(&dir).settings()?;
            let sample = demo::Size { reviews, days, purchases, seed };
            let ended = demo::command(&dir, sample, settings.clone(), shown(json)).await?;
            if open {
                dashboard::serve(dashboard::Shown::all(Deps::new(settings)?), None, true).await?;
            }
            Ok(ended)
        }
        Command::Dashboard { warehouse, port, open } => {
            let places = || Places { warehouse: warehouse.clone(), ..Places::default() };
            let values = places().values()?;
            let setting = WarehouseSetting::read(&values)?;
            places::must_exist(&setting)?;
            // The lake of the settings need not be that of a warehouse that an option names.
            let has_lake =
                ["LAKE", "LAKE__blobServiceUri"].iter().any(|name| values(name).is_some());
            let shown = match warehouse.is_none() && has_lake {
                true => dashboard::Shown::all(places().open(May::Look).await?),
                false => dashboard::Shown::warehouse(&setting, Feeds::read(&values)?),
            };
            dashboard::serve(shown, port, open).await
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "movie-analytics", &mut script);
            print(&String::from_utf8_lossy(&script));
            Ok(Ended::Well)
        }
        Command::Man { dir } => manual(dir),
        Command::Init(options) => init::command(&options),
        Command::Config(options) => config::command(options),
        Command::Check(options) => check::command(options).await,
        Command::Refused(options) => {
            let (places, what, format) = options.split();
            refused::command(&places.open(May::Look).await?, what, format).await
        }
        Command::Facts(options) => facts::command(options).await,
        Command::Warehouse { command } => warehouse::command(command).await,
        Command::Serve => {
            Ok(Ended::Stopped(crate::serve::serve(Places::default().settings()?).await?))
        }
        Command::Status { places, json, exit_zero } => {
            status::command(&places.open(May::Look).await?, json, exit_zero).await
        }
    }
}
