//! Connecting: redirects, and waiting for a database that is paused, moving or busy.
//!
//! The driver knows neither a timeout for one attempt nor retries.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use identity::TokenSource;
use retry::{Again, Backoff, retry};
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, error::Error as SqlError};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use super::{
    error::{Cause, Kind, NO_ENCRYPTION},
    sent::{Counted, Counters},
    setting::{Encryption, Login, Server},
};

/// What a token must be good for.
pub(super) const SCOPE: &str = "https://database.windows.net/.default";

pub(super) type Connection = Client<Compat<Counted<TcpStream>>>;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// One attempt to connect.
    pub attempt: Duration,
    /// All attempts, and all tries of a read or of a publish's transaction: a database that was
    /// paused takes up to a minute to come back.
    pub deadline: Duration,
    /// All attempts where nothing listens or no such name is known: more often a wrong setting
    /// than a server that starts.
    pub unreachable: Duration,
    /// The first byte of a server that must begin with TLS.
    pub first_byte: Duration,
    /// The longest silence of the server within a statement.
    pub command: Duration,
    /// The wait for another publisher.
    pub lock: Duration,
    /// First pause between two tries; each is twice as long as the one before, up to 10 s.
    pub pause: Duration,
    /// A connection that nobody uses for so long is closed: it would keep a serverless database
    /// from pausing.
    pub idle: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            attempt: seconds(20),
            deadline: seconds(90),
            unreachable: seconds(10),
            first_byte: seconds(4),
            command: seconds(600),
            lock: seconds(30),
            pause: Duration::from_millis(500),
            idle: seconds(30),
        }
    }
}

/// Opens connections to one server.
pub(super) struct Connector {
    pub(super) server: Server,
    pub(super) timing: Timing,
    pub(super) counters: Arc<Counters>,
    pub(super) tokens: TokenSource,
    /// Whether this login has worked once.
    pub(super) has_worked: AtomicBool,
}

impl Timing {
    /// Pauses between tries.
    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(self.pause, Duration::from_secs(10))
    }

    /// Whether what went wrong passes by itself, so that it pays to try again.
    pub(super) fn again(&self, cause: &Cause) -> Option<Again> {
        match cause.kind() {
            Kind::Passing => Some(Again::within(self.deadline)),
            Kind::Unreachable => Some(Again::within(self.unreachable)),
            Kind::Transient | Kind::Permanent => None,
        }
    }
}

impl Connector {
    /// A connection that is signed in, after as many attempts as the deadline allows.
    pub(super) async fn connect(&self) -> Result<Connection, Cause> {
        let timing = self.timing;
        let attempt = || async {
            let late = |_| Err(Cause::passing("did not answer in time: try again in a minute"));
            timeout(timing.attempt, self.attempt()).await.unwrap_or_else(late)
        };
        let connection = retry(timing.backoff(), attempt, |cause| timing.again(cause)).await?;
        self.has_worked.store(true, Relaxed);
        self.counters.connected();
        Ok(connection)
    }

    async fn attempt(&self) -> Result<Connection, Cause> {
        let mut config = Config::new();
        config.database(&self.server.database);
        config.application_name("movie-analytics");
        config.handshake_timeout(None);
        config.command_timeout(Some(self.timing.command));
        if self.server.trust_any_certificate || self.server.encryption == Encryption::Optional {
            config.trust_cert();
        }
        config.authentication(match self.server.login.clone() {
            Login::Password { user, password } => AuthMethod::sql_server(user, password),
            Login::Identity { client_id } => {
                AuthMethod::aad_token(self.tokens.token(client_id.as_deref()).await?)
            }
        });
        let (mut host, mut port) = (self.server.host.clone(), self.server.port);
        // A gateway may send us on to a node; a node does not send us further.
        for _ in 0..2 {
            // Also the name that the certificate must have.
            config.host(&host);
            config.port(port);
            match self.sign_in(&mut config, (&host, port)).await {
                Err(Cause::Sql(SqlError::Routing { host: node, port: of_node }, _)) => {
                    // Named instances come as HOST\INSTANCE; the port says enough.
                    host = node.split('\\').next().unwrap_or(&node).to_owned();
                    port = of_node;
                }
                Err(Cause::Sql(error, _)) => {
                    return Err(Cause::at_login(error, self.has_worked.load(Relaxed)));
                }
                connected => return connected,
            }
        }
        Err(Cause::permanent("sends connections on and on: check the gateway in front of it"))
    }

    /// Signs in with as much encryption as the setting asks for.
    async fn sign_in(
        &self,
        config: &mut Config,
        address: (&str, u16),
    ) -> Result<Connection, Cause> {
        config.encryption(match self.server.encryption {
            Encryption::Strict => EncryptionLevel::Strict,
            Encryption::Required | Encryption::Optional => EncryptionLevel::Required,
        });
        match self.open(config, address).await {
            Err(Cause::Sql(SqlError::Protocol(text), _))
                if text.contains(NO_ENCRYPTION)
                    && self.server.encryption == Encryption::Optional =>
            {
                tracing::warn!(host = self.server.host, "connected without encryption");
                config.encryption(EncryptionLevel::NotSupported);
                self.open(config, address).await
            }
            opened => opened,
        }
    }

    async fn open(&self, config: &Config, address: (&str, u16)) -> Result<Connection, Cause> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let stream = Counted::new(stream, self.counters.clone());
        let has_answered = stream.has_answered();
        let mut opening = pin!(Client::connect(config.clone(), stream.compat_write()));
        if self.server.encryption != Encryption::Strict {
            return Ok(opening.await?);
        }
        // A server that does not know TDS 8 takes the first bytes of TLS for the head of a long
        // message and waits for the rest, or hangs up, or answers with something else.
        match timeout(self.timing.first_byte, &mut opening).await {
            Ok(Err(SqlError::Io { message, .. }))
                if !has_answered.load(Relaxed) || message.contains("corrupt message") =>
            {
                Err(Cause::not_strict())
            }
            Ok(opened) => Ok(opened?),
            Err(_) if has_answered.load(Relaxed) => Ok(opening.await?),
            Err(_) => Err(Cause::not_strict()),
        }
    }
}
