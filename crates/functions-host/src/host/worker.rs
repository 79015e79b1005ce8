//! The handler's process: started, probed, restarted and killed as the host does it.

use std::{
    pin::pin,
    process::ExitStatus,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::{
    net::TcpListener,
    process::Child,
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{
    client::Client,
    command::Start,
    config::ScriptRoot,
    console::{Errors, Stream, forward},
    log::Log,
    span,
};

/// Time between two questions whether the handler listens.
const PROBE: Duration = Duration::from_millis(25);
/// Crashes further apart than this are forgotten.
const FORGIVEN: Duration = Duration::from_secs(30 * 60);
/// So many crashes stop the host.
const CRASHES: usize = 3;

#[derive(Clone, Debug, PartialEq)]
enum State {
    Starting,
    Ready { pid: Option<u32> },
    Stopped { reason: String },
}

enum Command {
    /// A function took too long: kill and restart, without counting it as a crash.
    Restart,
    /// For tests: kill it from outside.
    Kill,
    Stop,
}

/// What others know of the process.
pub(crate) struct Worker {
    pub port: u16,
    /// Of several starts, until the host gives up.
    time_to_start: Duration,
    state: watch::Receiver<State>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Worker {
    /// Starts the handler. The task keeps it running.
    pub(crate) async fn start(
        root: &ScriptRoot,
        log: Arc<Log>,
        client: Client,
        stopping: watch::Receiver<bool>,
        tasks: &mut JoinSet<()>,
    ) -> Result<Self> {
        let handler = &root.host_json.custom_handler;
        let port = free_port().await?;
        let start = Start::new(root, port, &Uuid::new_v4().to_string());
        let child = start.command().spawn().with_context(|| {
            let program = start.program.display();
            format!("cannot start the handler {program}; see defaultExecutablePath in host.json")
        })?;
        let (state_sender, state) = watch::channel(State::Starting);
        let (commands, receiver) = mpsc::unbounded_channel();
        let limit = handler.initialization_timeout;
        let supervisor = Supervisor {
            start,
            url: format!("http://127.0.0.1:{port}/"),
            limit,
            log,
            client,
            state: state_sender,
            stopping,
            commands: receiver,
            crashes: Vec::new(),
        };
        tasks.spawn(supervisor.run(child));
        Ok(Self { port, time_to_start: limit * 4, state, commands })
    }

    /// Waits until the handler listens, as long as the host would.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| *state != State::Starting);
        match timeout(self.time_to_start, settled).await {
            Ok(Ok(state)) => match &*state {
                State::Stopped { reason } => Err(reason.clone()),
                _ => Ok(()),
            },
            Ok(Err(_)) => Err("the host is gone".into()),
            Err(_) => Err("the handler did not listen in time".into()),
        }
    }

    /// Waits until the host stops by itself, and returns the reason.
    pub(crate) async fn stopped(&self) -> String {
        let mut state = self.state.clone();
        match state.wait_for(|state| matches!(state, State::Stopped { .. })).await.as_deref() {
            Ok(State::Stopped { reason }) => reason.clone(),
            _ => "the host is gone".into(),
        }
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        match *self.state.borrow() {
            State::Ready { pid } => pid,
            _ => None,
        }
    }

    pub(crate) fn restart(&self) {
        self.send(Command::Restart);
    }

    pub(crate) fn kill(&self) {
        self.send(Command::Kill);
    }

    /// Kills the process; the task ends when it is gone.
    pub(crate) fn stop(&self) {
        self.send(Command::Stop);
    }

    fn send(&self, command: Command) {
        // A host that has stopped needs no command.
        let _ = self.commands.send(command);
    }
}

struct Supervisor {
    start: Start,
    url: String,
    limit: Duration,
    log: Arc<Log>,
    client: Client,
    state: watch::Sender<State>,
    stopping: watch::Receiver<bool>,
    commands: mpsc::UnboundedReceiver<Command>,
    crashes: Vec<Instant>,
}

enum Ended {
    Exit(ExitStatus),
    Crash(String),
    Replaced,
    Stopped,
}

impl Supervisor {
    async fn run(mut self, mut child: Child) {
        loop {
            let errors = Errors::default();
            let mut console = self.console(&mut child, &errors);
            let ended = self.watch(&mut child).await;
            let was_ready = matches!(*self.state.borrow(), State::Ready { .. });
            let stopping = *self.stopping.borrow();
            // SIGKILL, as the host does; nothing happens when it has ended already.
            let _ = child.kill().await;
            let all_said = async { while console.join_next().await.is_some() {} };
            let _ = timeout(Duration::from_secs(1), all_said).await;
            let crash = match ended {
                Ended::Stopped => return,
                Ended::Replaced => {
                    self.log.warning("the handler was killed; it is started again");
                    None
                }
                // Ctrl-C in a terminal goes to both.
                Ended::Exit(status) if status.success() && stopping => return self.idle().await,
                Ended::Exit(status) if status.success() && was_ready => {
                    self.log.error(
                        "the handler ended with exit code 0: the host does not start it again, \
                         and every invocation from now on fails; exit with 1 after a fatal error",
                    );
                    return self.idle().await;
                }
                Ended::Exit(status) if status.success() => {
                    return self.stop("the handler ended with exit code 0 before it listened");
                }
                Ended::Exit(status) => Some(format!("the handler ended with {status}")),
                Ended::Crash(problem) => Some(problem),
            };
            if let Some(problem) = crash {
                let errors = errors.lock().map(|errors| errors.clone()).unwrap_or_default();
                let last = errors[errors.len().saturating_sub(3)..].join(",");
                if self.crashed(&format!("{problem}: {last}")) {
                    return;
                }
            }
            self.state.send_replace(State::Starting);
            match self.start.command().spawn() {
                Ok(next) => child = next,
                Err(error) => {
                    let program = self.start.program.display();
                    return self.stop(&format!("the handler {program} does not start: {error}"));
                }
            }
        }
    }

    fn console(&self, child: &mut Child, errors: &Errors) -> JoinSet<()> {
        let mut console = JoinSet::new();
        if let Some(lines) = child.stdout.take() {
            console.spawn(forward(lines, Stream::Stdout, self.log.clone(), errors.clone()));
        }
        if let Some(lines) = child.stderr.take() {
            console.spawn(forward(lines, Stream::Stderr, self.log.clone(), errors.clone()));
        }
        console
    }

    /// Until the process ends, or has to.
    async fn watch(&mut self, child: &mut Child) -> Ended {
        let pid = child.id();
        let mut probe = pin!(timeout(self.limit, probe(self.client.clone(), self.url.clone())));
        let mut listens = false;
        loop {
            tokio::select! {
                status = child.wait() => return match status {
                    Ok(status) => Ended::Exit(status),
                    Err(error) => Ended::Crash(format!("the handler cannot be watched: {error}")),
                },
                command = self.commands.recv() => match command {
                    Some(Command::Restart) => return Ended::Replaced,
                    // It then ends as by any other signal.
                    Some(Command::Kill) => drop(child.start_kill()),
                    Some(Command::Stop) | None => return Ended::Stopped,
                },
                answered = &mut probe, if !listens => match answered {
                    Ok(()) => {
                        listens = true;
                        self.state.send_replace(State::Ready { pid });
                    }
                    Err(_) => return Ended::Crash(format!(
                        "Initializing HttpWorker timed out: GET / on the handler's port was not \
                         answered within {}",
                        span::text(self.limit)
                    )),
                },
            }
        }
    }

    /// Counts a crash; whether it was one too many.
    fn crashed(&mut self, problem: &str) -> bool {
        let now = Instant::now();
        if self.crashes.last().is_some_and(|last| now - *last > FORGIVEN) {
            self.crashes.clear();
        }
        self.crashes.push(now);
        self.log.error(problem);
        if self.crashes.len() < CRASHES {
            self.log.warning("the handler is started again");
            return false;
        }
        self.stop(&format!(
            "Exceeded http worker restart retry count. Shutting down Functions Host. {problem}"
        ));
        true
    }

    fn stop(&self, reason: &str) {
        self.log.error(reason);
        self.state.send_replace(State::Stopped { reason: reason.to_owned() });
    }

    /// The process is gone for good, the host is not.
    async fn idle(mut self) {
        self.state.send_replace(State::Ready { pid: None });
        while !matches!(self.commands.recv().await, Some(Command::Stop) | None) {}
    }
}

/// Any answer counts; only a connection that is not made means "not yet".
async fn probe(client: Client, url: String) {
    while !client.answers(&url).await {
        sleep(PROBE).await;
    }
}

/// Free at this moment; the host chooses alike.
async fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port())
}
