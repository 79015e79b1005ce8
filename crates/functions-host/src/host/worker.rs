//! The handler's process: started, probed, restarted and killed as the host does it.

use std::{
    process::ExitStatus,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpListener,
    process::Child,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use uuid::Uuid;
use warp::http::Request;

use super::{
    Error,
    client::{Client, empty},
    command::Start,
    config::ScriptRoot,
    console::{LastErrors, forward},
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

enum Order {
    /// A function took too long: kill and start anew, without counting it as a crash.
    Restart,
    /// For tests: kill it from outside.
    Kill,
    Stop(oneshot::Sender<()>),
}

/// What others know of the process.
pub(crate) struct Worker {
    pub port: u16,
    patience: Duration,
    state: watch::Receiver<State>,
    orders: mpsc::UnboundedSender<Order>,
}

impl Worker {
    /// Starts the handler. The task keeps it running.
    pub(crate) async fn start(
        root: &ScriptRoot,
        log: Arc<Log>,
        client: Client,
        stopping: watch::Receiver<bool>,
        tasks: &mut JoinSet<()>,
    ) -> Result<Self, Error> {
        let handler = &root.host_json.custom_handler;
        let port = match handler.port {
            Some(port) => port,
            None => free_port().await.map_err(|cause| Error::Listen { port: 0, cause })?,
        };
        let id = Uuid::new_v4().to_string();
        let start = Start::new(root, port, &id);
        let spawned = start.command().spawn();
        let child =
            spawned.map_err(|cause| Error::Handler { program: start.program.clone(), cause })?;
        let (state_sender, state) = watch::channel(State::Starting);
        let (orders, receiver) = mpsc::unbounded_channel();
        let limit = handler.initialization_timeout;
        let url = format!("http://127.0.0.1:{port}/");
        let supervisor = Supervisor {
            start,
            id,
            url,
            limit,
            log,
            client,
            state: state_sender,
            stopping,
            orders: receiver,
            crashes: Vec::new(),
        };
        tasks.spawn(supervisor.run(child));
        Ok(Self { port, patience: limit * 4, state, orders })
    }

    /// Waits until the handler listens, as long as the host would.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| *state != State::Starting);
        match timeout(self.patience, settled).await {
            Ok(Ok(state)) => match &*state {
                State::Stopped { reason } => Err(reason.clone()),
                _ => Ok(()),
            },
            Ok(Err(_)) => Err("the host is gone".into()),
            Err(_) => Err("the handler did not listen in time".into()),
        }
    }

    /// Waits until the host stops by itself, and tells why.
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

    // An order to a host that has stopped has nobody to obey it, and needs nobody.

    pub(crate) fn restart(&self) {
        let _ = self.orders.send(Order::Restart);
    }

    pub(crate) fn kill(&self) {
        let _ = self.orders.send(Order::Kill);
    }

    pub(crate) async fn stop(&self) {
        let (done, is_done) = oneshot::channel();
        let _ = self.orders.send(Order::Stop(done));
        let _ = is_done.await;
    }
}

struct Supervisor {
    start: Start,
    id: String,
    url: String,
    limit: Duration,
    log: Arc<Log>,
    client: Client,
    state: watch::Sender<State>,
    stopping: watch::Receiver<bool>,
    orders: mpsc::UnboundedReceiver<Order>,
    crashes: Vec<Instant>,
}

enum Ended {
    Exit(ExitStatus),
    /// Did not answer within initializationTimeout.
    Silent,
    Lost(std::io::Error),
    Replaced,
    Stopped(oneshot::Sender<()>),
    /// Nobody holds the host any more.
    Dropped,
}

impl Supervisor {
    async fn run(mut self, mut child: Child) {
        loop {
            let last = LastErrors::default();
            let mut console = self.console(&mut child, &last);
            let listened = Instant::now();
            let ended = self.watch(&mut child).await;
            let was_ready = matches!(*self.state.borrow(), State::Ready { .. });
            // SIGKILL, as the host does; nothing happens when it has ended already.
            let _ = child.kill().await;
            let all_said = async { while console.join_next().await.is_some() {} };
            let _ = timeout(Duration::from_secs(1), all_said).await;
            let said =
                last.lock().map(|last| Vec::from(last.clone()).join(",")).unwrap_or_default();
            match ended {
                Ended::Stopped(done) => {
                    self.state.send_replace(State::Stopped { reason: "it was told to".into() });
                    let _ = done.send(());
                    return;
                }
                Ended::Dropped => return,
                Ended::Replaced => self.log.warning("the handler was killed; it is started anew"),
                // Ctrl-C in a terminal goes to both.
                Ended::Exit(status) if status.code() == Some(0) && *self.stopping.borrow() => {
                    return self.idle().await;
                }
                Ended::Exit(status) if status.code() == Some(0) && was_ready => {
                    self.log.error(
                        "the handler ended with exit code 0: the host does not start it again, \
                         and every invocation from now on fails; exit with 1 after a fatal error",
                    );
                    return self.idle().await;
                }
                Ended::Exit(status) if status.code() == Some(0) => {
                    return self.stop("the handler ended with exit code 0 before it listened");
                }
                Ended::Exit(status) if status.code() == Some(200) => {
                    self.log.warning("the handler ended with exit code 200; it is started anew");
                }
                Ended::Exit(status) => {
                    if self.crashed(&format!("the handler ended with {status}: {said}")) {
                        return;
                    }
                }
                Ended::Lost(error) => {
                    if self.crashed(&format!("the handler cannot be watched: {error}")) {
                        return;
                    }
                }
                Ended::Silent => {
                    let after = span::text(listened.elapsed());
                    let problem = format!(
                        "Initializing HttpWorker timed out: GET / on the handler's port was not \
                         answered within {after}. {said}"
                    );
                    if self.crashed(&problem) {
                        return;
                    }
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

    fn console(&self, child: &mut Child, last: &LastErrors) -> JoinSet<()> {
        let mut console = JoinSet::new();
        let (id, errors_only) = (&self.id, self.start.errors_only);
        if let Some(stdout) = child.stdout.take() {
            let (log, last) = (self.log.clone(), last.clone());
            console.spawn(forward(stdout, false, errors_only, id.clone(), log, last));
        }
        if let Some(stderr) = child.stderr.take() {
            let (log, last) = (self.log.clone(), last.clone());
            console.spawn(forward(stderr, true, errors_only, id.clone(), log, last));
        }
        console
    }

    /// Until the process ends, or has to.
    async fn watch(&mut self, child: &mut Child) -> Ended {
        let pid = child.id();
        let probe = timeout(self.limit, probe(self.client.clone(), self.url.clone()));
        let mut probe = Box::pin(probe);
        let mut listens = false;
        loop {
            tokio::select! {
                status = child.wait() => match status {
                    Ok(status) => return Ended::Exit(status),
                    Err(error) => return Ended::Lost(error),
                },
                order = self.orders.recv() => match order {
                    Some(Order::Restart) => return Ended::Replaced,
                    // It then ends as by any other signal.
                    Some(Order::Kill) => drop(child.start_kill()),
                    Some(Order::Stop(done)) => return Ended::Stopped(done),
                    None => return Ended::Dropped,
                },
                answered = &mut probe, if !listens => match answered {
                    Ok(()) => {
                        listens = true;
                        self.state.send_replace(State::Ready { pid });
                    }
                    Err(_) => return Ended::Silent,
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
            self.log.warning("the handler is started anew");
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
        while let Some(order) = self.orders.recv().await {
            if let Order::Stop(done) = order {
                self.state.send_replace(State::Stopped { reason: "it was told to".into() });
                let _ = done.send(());
                return;
            }
        }
    }
}

/// Any answer counts; only a connection that is not made means "not yet".
async fn probe(client: Client, url: String) {
    while let Ok(request) = Request::get(&url).body(empty()) {
        match client.send(request).await {
            Err(broken) if broken.is_connect => sleep(PROBE).await,
            _ => return,
        }
    }
}

/// Free at this moment; the host chooses alike.
async fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port())
}
