//! Starting under the host, and stopping on signals or when the host is gone.

use std::{
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch};

use crate::{
    App, Error, PORT_VARIABLE, Stopped, host_process,
    server::{self, Cause},
};

/// How long invocations in flight may go on when nobody waits for their answers any more.
const DRAIN_ALONE: Duration = Duration::from_secs(3);

/// Of two signals sent at once, the second may be seen so much later.
const TOGETHER: Duration = Duration::from_millis(50);

impl App {
    /// Serves the host that started this process: listens on
    /// `127.0.0.1:$FUNCTIONS_CUSTOMHANDLER_PORT` until SIGTERM or SIGINT, then takes no more
    /// calls, and waits for those in flight up to the drain limit, or until the second signal.
    /// On Unix it also stops, within seconds, when the process that started it is gone: a host
    /// that is killed leaves its handler behind.
    ///
    /// End the process with [`Stopped::exit_code`], and with 1 after an error: the host restarts
    /// a handler after any code but 0, which leaves the app dead.
    pub async fn run(self) -> Result<Stopped, Error> {
        run(self.check()?).await
    }

    /// Serves a listener until `shutdown` is ready, then drains like [`run`](Self::run).
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<Stopped, Error> {
        let app = self.check()?;
        let abandoned = server::serve(app, listener, shutdown, std::future::pending()).await;
        Ok(Stopped { cause: Cause::Shutdown, abandoned })
    }
}

/// Listens before anything else: the host waits 30 seconds at most for its first answer.
async fn run(app: App) -> Result<Stopped, Error> {
    let listener = listen().await?;
    let mut signals = Signals::new()?;
    // The first asks to stop, the second insists.
    let (asks, asked) = watch::channel(0);
    let times = |wanted| {
        let mut asked = asked.clone();
        async move {
            // The sender lives as long as this function.
            let _ = asked.wait_for(|times| *times >= wanted).await;
        }
    };
    let mut serving = pin!(server::serve(app, listener, times(1), times(2)));
    let mut host_gone = pin!(host_process::gone());
    let mut cause = None;
    loop {
        let next = tokio::select! {
            abandoned = &mut serving => {
                let mut cause = cause.unwrap_or(Cause::Shutdown);
                if cause == Cause::Interrupted {
                    let later = tokio::time::timeout(TOGETHER, signals.next()).await;
                    cause = later.map_or(cause, |later| stronger(cause, later));
                }
                return Ok(Stopped { cause, abandoned });
            }
            signal = signals.next() => signal,
            () = &mut host_gone => Cause::HostGone,
        };
        asks.send_modify(|times| *times += 1);
        if next == Cause::HostGone {
            let abandoned = tokio::time::timeout(DRAIN_ALONE, &mut serving).await;
            asks.send_modify(|times| *times += 1);
            let abandoned = match abandoned {
                Ok(abandoned) => abandoned,
                Err(_) => serving.await,
            };
            return Ok(Stopped { cause: Cause::HostGone, abandoned });
        }
        cause = Some(cause.map_or(next, |cause| stronger(cause, next)));
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
