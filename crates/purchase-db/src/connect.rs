//! Connecting, with time limits and a few tries.

use std::{sync::Arc, time::Duration};

use identity::{TokenSource, Tokens};
use retry::{Again, Backoff, retry};
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::{
    error::{Cause, Error, Kind},
    setting::Setting,
    sql,
    tls::Tls,
};

/// What a token must be good for.
const SCOPE: &str = "https://ossrdbms-aad.database.windows.net/.default";

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// One attempt to connect.
    pub attempt: Duration,
    /// All attempts while the server starts, stops or is full.
    pub deadline: Duration,
    /// All attempts where nothing listens: more often a wrong setting than a server that starts.
    pub unreachable: Duration,
    /// The longest silence of the server while rows are copied.
    pub silence: Duration,
    /// First pause between two attempts; each is twice as long as the one before.
    pub pause: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            attempt: seconds(15),
            deadline: seconds(30),
            unreachable: seconds(5),
            silence: seconds(300),
            pause: Duration::from_millis(250),
        }
    }
}

/// Opens connections to one database.
pub(crate) struct Connector {
    pub(crate) setting: Setting,
    pub(crate) timing: Timing,
    tokens: TokenSource,
}

impl Connector {
    pub(crate) fn new(setting: Setting) -> Self {
        Self { setting, timing: Timing::default(), tokens: TokenSource::new(SCOPE) }
    }

    pub(crate) fn with_timing(&self, timing: Timing) -> Self {
        Self { timing, ..Self::new(self.setting.clone()) }
    }

    pub(crate) fn with_tokens(&self, tokens: Arc<dyn Tokens>) -> Self {
        let tokens = self.tokens.given(tokens);
        Self { setting: self.setting.clone(), timing: self.timing, tokens }
    }

    /// How sentences name the database.
    pub(crate) fn place(&self) -> String {
        let address = self.setting.to_string();
        let address = address.trim_start_matches("postgres://");
        let (host, database) = address.rsplit_once('/').unwrap_or((address, ""));
        format!("the database {database} on {host}")
    }

    /// A connection that is signed in.
    pub(crate) async fn connect(&self) -> Result<Client, Error> {
        let Timing { attempt, deadline, unreachable, pause, .. } = self.timing;
        let connect = || async {
            let late = "did not answer in time: check that this machine can reach it";
            let late = |_| Err(Cause::transient(late));
            timeout(attempt, self.attempt()).await.unwrap_or_else(late)
        };
        let connected = retry(Backoff::new(pause, deadline), connect, |cause| match cause.kind() {
            Kind::Permanent => None,
            Kind::Unreachable => Some(Again::within(unreachable)),
            Kind::Transient => Some(Again::within(deadline)),
        });
        connected.await.map_err(|cause| cause.at(&self.place()))
    }

    async fn attempt(&self) -> Result<Client, Cause> {
        let mut config = self.setting.config.clone();
        // A server that is gone without a word is noticed though nothing is sent.
        config.keepalives_idle(Duration::from_secs(30));
        config.tcp_user_timeout(Duration::from_secs(120));
        if let Some(client_id) = &self.setting.identity {
            config.password(self.tokens.token(client_id.as_deref()).await?);
        }
        let tls = Tls::new(&self.setting.trust).map_err(Cause::permanent)?;
        let (client, connection) = config.connect(tls).await?;
        // Its error also reaches the caller that waits for an answer.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection to the operational database was lost: {error}");
            }
        });
        client.batch_execute(sql::SESSION).await?;
        Ok(client)
    }
}
