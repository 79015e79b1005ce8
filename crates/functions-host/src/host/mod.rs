//! The stand-in: see the crate.

mod answer;
mod client;
mod command;
mod config;
mod console;
mod http;
mod identity;
mod invoke;
mod log;
mod outputs;
mod queue;
mod route;
mod schedule;
mod span;
mod timer;
mod values;
mod worker;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context, Error, Result, bail};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

pub use log::{Invocation, Level, Line};

use client::Client;
use config::{Function, ScriptRoot, Trigger};
use log::Log;
use worker::Worker;

use crate::azurite::Account;

/// How the stand-in differs from the host, for tests that cannot wait.
#[derive(Clone, Debug)]
pub struct Options {
    /// Of the host's HTTP interface on the loopback address; 0 takes a free one.
    pub port: u16,
    /// How long a received message is invisible, renewed while its function runs: what a killed
    /// *host* costs. Whole seconds count, one at least.
    pub lock: Duration,
    /// The longest pause between two looks at a queue; without it `maxPollingInterval`, two
    /// seconds at most.
    pub poll: Option<Duration>,
    /// Where the status of timers is kept from one start to the next; not kept without it.
    pub state: Option<PathBuf>,
    /// Keys that HTTP callers must know; without them nobody is asked, as on a laptop.
    pub check_keys: Option<Keys>,
    /// Print the log.
    pub print: bool,
}

/// The keys of a function app: the master key opens everything.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Opens functions of the level `function`.
    pub function: String,
    /// Opens everything.
    pub master: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            lock: Duration::from_secs(600),
            poll: None,
            state: None,
            check_keys: None,
            print: true,
        }
    }
}

/// A running stand-in. When this is dropped, it ends as by [`TestHost::kill`].
pub struct TestHost {
    host: Arc<Host>,
    listeners: JoinSet<()>,
    /// Keeps the handler running, and kills it when it is dropped.
    worker: JoinSet<()>,
}

/// What all triggers share.
struct Host {
    root: ScriptRoot,
    options: Options,
    port: u16,
    client: Client,
    worker: Worker,
    log: Arc<Log>,
    /// What the timers' handlers last got, by function.
    statuses: Mutex<BTreeMap<String, Value>>,
    /// Runs that the admin interface began.
    by_hand: Mutex<JoinSet<()>>,
    stopping: watch::Sender<bool>,
}

impl TestHost {
    /// Reads the script root, starts the handler, waits until it listens, and lets triggers fire.
    ///
    /// Settings: these, then the environment, then `local.settings.json` of the script root; the
    /// handler gets all of them as its environment.
    pub async fn start<N: Into<String>, V: Into<String>>(
        script_root: &Path,
        settings: impl IntoIterator<Item = (N, V)>,
        options: Options,
    ) -> Result<Self> {
        let settings = settings.into_iter().map(|(name, value)| (name.into(), value.into()));
        let root = ScriptRoot::read(script_root, settings.collect())?;
        let log = Arc::new(Log::new(options.print));
        log.information("This is not the Azure Functions host, but a stand-in for tests.");
        let taken = || {
            let port = options.port;
            format!("cannot listen on 127.0.0.1:{port}; is another host running?")
        };
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await.with_context(taken)?;
        let port = listener.local_addr()?.port();
        let client = Client::new();
        let (mut listeners, mut tasks) = (JoinSet::new(), JoinSet::new());
        let stopping = watch::Sender::new(false);
        let seen = stopping.subscribe();
        let worker = Worker::start(&root, log.clone(), client.clone(), seen, &mut tasks).await?;
        worker.ready().await.map_err(Error::msg).context("the host stopped")?;
        let (statuses, by_hand) = (Mutex::default(), Mutex::default());
        let host = Host { root, options, port, client, worker, log, statuses, by_hand, stopping };
        let host = Arc::new(host);
        host.announce();
        listeners.spawn(http::serve(host.clone(), listener));
        for (at, function) in host.root.functions.iter().enumerate() {
            match &function.trigger {
                _ if function.disabled => {}
                Trigger::Queue(_) => {
                    listeners.spawn(queue::listen(host.clone(), at));
                }
                Trigger::Timer { .. } => {
                    listeners.spawn(timer::listen(host.clone(), at));
                }
                Trigger::Http { .. } => {}
            }
        }
        Ok(Self { host, listeners, worker: tasks })
    }

    /// The functions that the host lists.
    pub fn functions(&self) -> Vec<String> {
        self.host.root.functions.iter().map(|function| function.name.clone()).collect()
    }

    /// The functions that the host leaves out while it calls itself healthy, with its reason.
    pub fn functions_in_error(&self) -> BTreeMap<String, String> {
        self.host.root.in_error.clone()
    }

    /// `http://127.0.0.1:port` and the path: `/api/status`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.host.port)
    }

    /// What ran so far, in the order of its end.
    pub fn invocations(&self) -> Vec<Invocation> {
        self.host.log.invocations().borrow().clone()
    }

    /// Lines that belong to no invocation: the host's own, and the handler's output.
    pub fn lines(&self) -> Vec<Line> {
        self.host.log.lines()
    }

    /// Waits until the invocations are as wanted, and returns them.
    pub async fn wait_until(
        &self,
        wanted: impl Fn(&[Invocation]) -> bool,
        limit: Duration,
    ) -> Result<Vec<Invocation>> {
        let mut invocations = self.host.log.invocations();
        let found = invocations.wait_for(|all| wanted(all));
        match tokio::time::timeout(limit, found).await {
            Ok(Ok(all)) => Ok(all.clone()),
            _ => {
                let all: String = self.invocations().iter().map(|one| format!("{one}\n")).collect();
                bail!("waited {limit:?} in vain; invocations so far:\n{all}")
            }
        }
    }

    /// Runs a timer, or a queue function for a text that is in no queue, as
    /// `POST /admin/functions/<name>`, and waits for its end.
    pub async fn run(&self, name: &str, input: &str) -> Result<Invocation> {
        let unknown = || format!("there is no timer and no queue function `{name}`");
        let mut functions = self.host.root.functions.iter();
        let function = functions.find(|function| function.name == name).with_context(unknown)?;
        by_hand(&self.host, function, input).await.with_context(unknown)
    }

    /// The handler's process, while it runs.
    pub fn handler_pid(&self) -> Option<u32> {
        self.host.worker.pid()
    }

    /// Kills the handler by SIGKILL, as a lack of memory would; that counts as a crash.
    pub fn kill_handler(&self) {
        self.host.worker.kill();
    }

    /// Waits until the host stops itself, after too many crashes, and returns the reason.
    pub async fn stopped(&self) -> String {
        self.host.worker.stopped().await
    }

    /// Stops as the host does on SIGTERM: nothing new begins, what runs is waited for,
    /// then the handler is killed without a signal before.
    pub async fn stop(mut self) {
        self.host.stopping.send_replace(true);
        while self.listeners.join_next().await.is_some() {}
        let by_hand = self.host.by_hand.lock().map(|mut running| std::mem::take(&mut *running));
        by_hand.unwrap_or_default().join_all().await;
        self.host.worker.stop();
        self.worker.join_all().await;
    }

    /// Ends host and handler at once, in the middle of whatever runs, as a lost machine does.
    pub async fn kill(mut self) {
        self.listeners.abort_all();
        self.host.worker.stop();
        self.worker.join_all().await;
    }
}

impl Host {
    /// Waits until the host is asked to stop.
    async fn stopping(&self) {
        // The sender lives as long as the host.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    fn announce(&self) {
        let url = format!("http://127.0.0.1:{}", self.port);
        self.log.information(&format!("Functions of {}:", self.root.path.display()));
        for function in &self.root.functions {
            let off = if function.disabled { " (disabled)" } else { "" };
            let what = match &function.trigger {
                Trigger::Queue(queue) => format!("queue {}", queue.name),
                Trigger::Timer { schedule, .. } => format!("timer {}", schedule.text),
                Trigger::Http { methods, .. } => {
                    let methods = methods.as_ref().map(|all| all.join(",").to_uppercase());
                    format!("http {}", methods.unwrap_or_default())
                }
            };
            self.log.information(&format!("  {}: {what}{off}", function.name));
        }
        for (name, reason) in &self.root.in_error {
            self.log.error(&format!("The '{name}' function is in error: {reason}"));
        }
        self.log.information(&format!("HTTP on {url}; by hand: POST {url}/admin/functions/NAME"));
    }
}

/// A run that no trigger asked for; `None` for HTTP functions.
async fn by_hand(host: &Host, function: &Function, input: &str) -> Option<Invocation> {
    match &function.trigger {
        Trigger::Timer { .. } => Some(timer::run_by_hand(host, function).await),
        Trigger::Queue(_) => {
            let call = queue::call_by_hand(function, input);
            Some(invoke::invoke(host, function, call).await.0)
        }
        Trigger::Http { .. } => None,
    }
}

/// The storage accounts and queues that the functions of a script root use, with the settings
/// as [`TestHost::start`] sees them: what has to be made before the first start.
pub fn queues(script_root: &Path) -> Result<Vec<(Account, String)>> {
    let root = ScriptRoot::read(script_root, BTreeMap::new())?;
    let mut seen = BTreeSet::new();
    let queues = root.queues().map(|queue| (queue.queues.account().clone(), queue.name.clone()));
    Ok(queues
        .filter(|(account, name)| seen.insert((account.queue_endpoint().to_owned(), name.clone())))
        .collect())
}
