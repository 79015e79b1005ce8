//! Starting under the host, and stopping on signals.

use std::{
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
};

use tokio::{net::TcpListener, sync::oneshot};

use crate::{App, Error, PORT_VARIABLE, Stopped, server};

/// Listens before anything else: the host waits 30 seconds at most for its first answer.
pub(crate) async fn run(app: App) -> Result<Stopped, Error> {
    let listener = listen().await?;
    let mut signals = Signals::new()?;
    let (ask, asked) = oneshot::channel::<()>();
    let (insist, insisted) = oneshot::channel::<()>();
    let mut senders = [ask, insist].into_iter();
    let ready = async |signal: oneshot::Receiver<()>| {
        let _ = signal.await;
    };
    let serving = server::serve(app, listener, ready(asked), ready(insisted));
    let mut serving = pin!(serving);
    loop {
        tokio::select! {
            stopped = &mut serving => return Ok(stopped),
            () = signals.next() => {
                // The first signal asks, the second insists.
                let _ = senders.next().map(|sender| sender.send(()));
            }
        }
    }
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

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
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

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
