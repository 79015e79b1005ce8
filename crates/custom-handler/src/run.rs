//! Starting under the host, and stopping on signals or when the host is gone.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

use crate::{App, Error, server::Server};

/// The variable in which the host names the handler's port.
const PORT_VARIABLE: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

/// How long invocations in flight may go on after the process is asked to stop. The Functions
/// host itself never asks: it kills.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);

/// The same when nobody waits for their answers any more.
const DRAIN_LIMIT_ALONE: Duration = Duration::from_secs(3);

/// Of two signals sent at once, the second may be seen so much later.
const TOGETHER: Duration = Duration::from_millis(50);

/// Time between two looks whether the host lives. A look is one system call.
#[cfg(unix)]
const LOOK: Duration = Duration::from_millis(500);

/// The variable in which the host names the folder of host.json.
const ROOT_VARIABLE: &str = "FUNCTIONS_APP_ROOT_PATH";

/// How serving ended. `main` may return it: the process then ends with its
/// [`exit_code`](Self::exit_code).
///
/// ```no_run
/// use custom_handler::{App, Error, Stopped};
///
/// #[tokio::main]
/// async fn main() -> Result<Stopped, Error> {
///     App::new().run().await
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    cause: Cause,
    abandoned: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The future given to [`App::serve`] became ready.
    Shutdown,
    /// SIGINT: Ctrl-C in the terminal of `func`.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// The process that started this one ended without stopping it.
    HostGone,
}

impl std::process::Termination for Stopped {
    fn report(self) -> std::process::ExitCode {
        self.exit_code().into()
    }
}

impl Stopped {
    /// Invocations that were cancelled because they did not end in time. The host got a failure
    /// as their answer.
    pub fn abandoned(self) -> usize {
        self.abandoned
    }

    /// The code that the process has to end with: 0 after Ctrl-C, where `func` prints a red line
    /// for anything else. Any other end needs another code, because the host does not start a
    /// handler again that ended with 0.
    pub fn exit_code(self) -> u8 {
        match self.cause {
            Cause::Shutdown | Cause::Interrupted if self.abandoned == 0 => 0,
            // 128 + SIGTERM, as of a process that does not catch it.
            Cause::Terminated => 143,
            Cause::Shutdown | Cause::Interrupted | Cause::HostGone => 1,
        }
    }
}

impl<S: Send + Sync + 'static> App<S> {
    /// Serves the host that started this process: listens on
    /// `127.0.0.1:$FUNCTIONS_CUSTOMHANDLER_PORT` until SIGTERM or SIGINT, then takes no more
    /// calls, and waits up to 20 seconds, or until a second signal, for those in flight. On Unix
    /// it also stops, within seconds, when the process that started it is gone: a host that is
    /// killed leaves its handler behind.
    ///
    /// Before, it compares the app with host.json and the function.json files of
    /// `FUNCTIONS_APP_ROOT_PATH`: see [`check_script_root`](Self::check_script_root).
    ///
    /// Return the result from `main`, or end the process with [`Stopped::exit_code`], and with 1
    /// after an error: the host restarts a handler after any code but 0, which leaves the app dead.
    ///
    /// ```no_run
    /// # #[tokio::main] async fn main() -> Result<(), custom_handler::Error> {
    /// let stopped = custom_handler::App::new().run().await?;
    /// println!("{} invocations were cancelled", stopped.abandoned());
    /// # Ok(()) }
    /// ```
    pub async fn run(self) -> Result<Stopped, Error> {
        let app = match std::env::var_os(ROOT_VARIABLE) {
            Some(root) => self.check_script_root(root)?,
            None => self.check()?,
        };
        // Before anything else: the host waits 30 seconds at most for its first answer.
        let listener = listen().await?;
        let mut signals = Signals::new()?;
        let server = Server::start(app, listener);
        let mut cause = tokio::select! {
            signal = signals.next() => signal,
            () = host_gone() => Cause::HostGone,
        };
        let limit = if cause == Cause::HostGone { DRAIN_LIMIT_ALONE } else { DRAIN_LIMIT };
        let hurry = async {
            tokio::select! {
                () = sleep(limit) => {}
                signal = signals.next() => cause = stronger(cause, signal),
            }
        };
        let abandoned = server.drain(hurry).await;
        if cause == Cause::Interrupted {
            let later = timeout(TOGETHER, signals.next()).await;
            cause = later.map_or(cause, |signal| stronger(cause, signal));
        }
        Ok(Stopped { cause, abandoned })
    }

    /// Serves a listener until `shutdown` is ready, then drains like [`run`](Self::run): for tests
    /// over HTTP. Reads no environment.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let stopped = custom_handler::App::new().serve(listener, async {}).await?;
    /// assert_eq!(stopped.abandoned(), 0);
    /// # Ok(()) }
    /// ```
    pub async fn serve(
        self,
        listener: std::net::TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<Stopped, Error> {
        let port = listener.local_addr().map_or(0, |address| address.port());
        let listen = |source| Error::Listen { port, source };
        listener.set_nonblocking(true).map_err(listen)?;
        let listener = TcpListener::from_std(listener).map_err(listen)?;
        let server = Server::start(self.check()?, listener);
        shutdown.await;
        let abandoned = server.drain(sleep(DRAIN_LIMIT)).await;
        Ok(Stopped { cause: Cause::Shutdown, abandoned })
    }
}

/// Of both signals SIGTERM counts: after 0 the host would not start the handler again.
fn stronger(cause: Cause, later: Cause) -> Cause {
    if later == Cause::Terminated { later } else { cause }
}

async fn listen() -> Result<TcpListener, Error> {
    let value = std::env::var_os(PORT_VARIABLE).ok_or(Error::NoPort)?;
    let value = value.to_string_lossy();
    let port = value.trim().parse().ok().filter(|port| *port != 0);
    let port: u16 = port.ok_or_else(|| Error::BadPort { value: value.clone().into_owned() })?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|source| Error::Listen { port, source })
}

/// Becomes ready when the process that started this one is gone. A host that is killed cannot
/// stop its handler, which would go on without anybody who calls it.
///
/// Not by `PR_SET_PDEATHSIG`: that follows the thread that forked, so the end of a thread of a
/// healthy host would kill the handler.
async fn host_gone() {
    #[cfg(unix)]
    {
        use std::os::unix::process::parent_id;
        let parent = parent_id();
        while parent_id() == parent {
            sleep(LOOK).await;
        }
    }
    #[cfg(not(unix))]
    std::future::pending::<()>().await;
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        let on = |kind| signal(kind).map_err(|source| Error::Signals { source });
        let (terminate, interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt })
    }

    async fn next(&mut self) -> Cause {
        tokio::select! {
            _ = self.terminate.recv() => Cause::Terminated,
            _ = self.interrupt.recv() => Cause::Interrupted,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    async fn next(&mut self) -> Cause {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Cause::Interrupted
    }
}
