//! Storage emulator, containers, queues, and the host: until Ctrl-C.

use std::{collections::BTreeMap, fs, process::ExitStatus, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use functions_host::{
    TestHost,
    azurite::{Account, Azurite, Ports, Queues, create_container},
};
use tokio::{
    net::TcpStream,
    process::Command,
    signal::unix::{Signal, SignalKind, signal},
    time::timeout,
};

use crate::Place;

/// Of the data contract: what vendors drop, what is staged, what is refused.
const CONTAINERS: [&str; 3] = ["raw", "staging", "quarantine"];

const EMULATOR: Ports = Ports { blob: 10000, queue: 10001 };

/// For the real host to end by itself.
const TIME_TO_STOP: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
#[command(override_usage = "cargo xtask start [--release] [--port N] [--test-host]")]
pub struct Options {
    #[command(flatten)]
    place: Place,
    #[arg(long, default_value_t = 7071)]
    port: u16,
    #[arg(long)]
    test_host: bool,
}

pub async fn run(options: &Options) -> Result<()> {
    let Options { place, port, test_host } = options;
    // From here on nobody leaves without ending what was started.
    let mut signals = Signals::new()?;
    let queues = place.queues()?;
    // Stops when it is dropped, at the end.
    let _azurite = tokio::select! {
        made = storage(place, &queues) => made?,
        _ = signals.next() => return Ok(()),
    };
    println!("drop files with `cargo xtask drop FILE...`; Ctrl-C stops everything");
    if !test_host && has_func().await {
        println!("func is on PATH: the Functions host runs the app on port {port}");
        func(place, *port, &mut signals).await
    } else {
        let why = if *test_host { "--test-host is given" } else { "func is not on PATH" };
        println!("{why}: the test host stands in for the Functions host on port {port}");
        stand_in(place, *port, &mut signals).await
    }
}

/// Makes what the app needs in the accounts of its queues; starts the emulator when an account
/// is there and nobody listens.
async fn storage(place: &Place, queues: &[(Account, String)]) -> Result<Option<Azurite>> {
    let accounts: BTreeMap<&str, &Account> =
        queues.iter().map(|(account, _)| (account.blob_endpoint(), account)).collect();
    let local = format!("http://127.0.0.1:{}/", EMULATOR.blob);
    let emulated = accounts.keys().any(|endpoint| endpoint.starts_with(&local));
    let azurite = if emulated { emulator(place).await? } else { None };
    for (endpoint, account) in accounts {
        for container in CONTAINERS {
            create_container(account, container).await?;
        }
        println!("containers {} are at {endpoint}", CONTAINERS.join(", "));
    }
    for (account, name) in queues {
        let client = Queues::new(account);
        client.create(name).await?;
        client.create(&format!("{name}-poison")).await?;
        println!("queue {name} and {name}-poison are there");
    }
    Ok(azurite)
}

async fn emulator(place: &Place) -> Result<Option<Azurite>> {
    let (blob, queue) = (listens(EMULATOR.blob).await, listens(EMULATOR.queue).await);
    if blob && queue {
        println!("the storage emulator that listens on 10000 and 10001 is used");
        return Ok(None);
    }
    ensure!(
        !blob && !queue,
        "of the ports 10000 and 10001 one is in use and the other is not: stop what listens there"
    );
    let folder = place.data.join("azurite");
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let azurite = Azurite::start_on(EMULATOR, Some(&folder)).await?;
    println!("azurite listens on 10000 and 10001 and keeps its data in {}", folder.display());
    Ok(Some(azurite))
}

async fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

/// Whether Core Tools are installed.
async fn has_func() -> bool {
    let mut version = Command::new("func");
    version.arg("--version");
    matches!(version.output().await, Ok(output) if output.status.success())
}

async fn func(place: &Place, port: u16, signals: &mut Signals) -> Result<()> {
    let mut command = Command::new("func");
    command.arg("start").arg("--script-root").arg(&place.root).args(["--port", &port.to_string()]);
    let mut func = command.kill_on_drop(true).spawn().context("cannot start func")?;
    let ended = tokio::select! {
        status = func.wait() => Some(status.context("cannot wait for func")?),
        asked = signals.next() => {
            // On Ctrl-C it got the same signal.
            if let (Asked::Terminate, Some(pid)) = (asked, func.id()) {
                let mut kill = Command::new("kill");
                kill.arg(pid.to_string()).status().await.context("cannot run kill")?;
            }
            timeout(TIME_TO_STOP, func.wait()).await.ok().transpose()?
        }
    };
    if ended.is_none() {
        func.kill().await.context("cannot kill func")?;
        println!("func was killed: it did not stop within {} s", TIME_TO_STOP.as_secs());
    }
    // 130: ended by Ctrl-C.
    let well = |status: &ExitStatus| status.success() || matches!(status.code(), None | Some(130));
    match ended {
        Some(status) if !well(&status) => bail!("func ended with {status}"),
        _ => Ok(()),
    }
}

async fn stand_in(place: &Place, port: u16, signals: &mut Signals) -> Result<()> {
    let state = Some(place.data.join("timers"));
    let options = functions_host::Options { port, state, ..Default::default() };
    let host = tokio::select! {
        host = TestHost::start(&place.root, [("", ""); 0], options) => host?,
        // Dropped half started, it kills the handler.
        _ = signals.next() => return Ok(()),
    };
    let outcome = tokio::select! {
        _ = signals.next() => Ok(()),
        reason = host.stopped() => Err(anyhow::anyhow!("the test host stopped: {reason}")),
    };
    tokio::select! {
        () = host.stop() => {}
        // The second Ctrl-C does not wait for what runs.
        _ = signals.next() => {}
    }
    println!("stopped");
    outcome
}

enum Asked {
    CtrlC,
    Terminate,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let on = |kind| signal(kind).context("cannot wait for signals");
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::CtrlC,
            _ = self.terminate.recv() => Asked::Terminate,
        }
    }
}
