//! SQL Server's errors as sentences that name the database and say what to do.

use std::io;

use identity::NoToken;
use lake::failpoint::Failed;
use tiberius::error::{Error as SqlError, TokenError};

use crate::Error;

/// What the driver says of a server without TLS, before anything secret is sent.
pub(super) const NO_ENCRYPTION: &str = "requested encryption level";

/// What went wrong before the database's name is known to the message.
#[derive(Debug)]
pub(super) enum Cause {
    /// With the statement that it answers; empty outside of statements.
    Sql(SqlError, &'static str),
    /// The sentence goes on after the name of the database.
    Known { kind: Kind, text: String },
    /// Already a sentence.
    Error(Error),
}

/// Whether it pays to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// At once, on the same connection or a new one.
    Passing,
    /// Later, by the caller.
    Transient,
    Permanent,
}

/// A paused, moving, busy or throttled database, and the victim of a deadlock: all pass by
/// themselves.
const PASSING: [u32; 14] =
    [1205, 4060, 4221, 10928, 10929, 40143, 40197, 40501, 40540, 40613, 42108, 49918, 49919, 49920];

/// Permanent errors at a login that have a sentence of their own.
const SPOKEN_OF: [u32; 8] = [18456, 18452, 18470, 18486, 40615, 40914, 911, 916];

impl From<SqlError> for Cause {
    fn from(error: SqlError) -> Self {
        Self::Sql(error, "")
    }
}

impl From<NoToken> for Cause {
    fn from(NoToken { why, kind }: NoToken) -> Self {
        let text = format!("needs a token: {why}");
        match kind {
            identity::Kind::Transient => Self::passing(text),
            identity::Kind::Unreachable | identity::Kind::Permanent => Self::permanent(text),
        }
    }
}

impl From<Error> for Cause {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Failed> for Cause {
    fn from(failed: Failed) -> Self {
        Self::Error(Error::Transient(failed.to_string()))
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::Sql(error.into(), "")
    }
}

impl Cause {
    pub(super) fn permanent(text: impl Into<String>) -> Self {
        Self::Known { kind: Kind::Permanent, text: text.into() }
    }

    pub(super) fn transient(text: impl Into<String>) -> Self {
        Self::Known { kind: Kind::Transient, text: text.into() }
    }

    pub(super) fn passing(text: impl Into<String>) -> Self {
        Self::Known { kind: Kind::Passing, text: text.into() }
    }

    /// An error at the login: one that the server has no usual number for is a refusal, too.
    pub(super) fn at_login(error: SqlError) -> Self {
        match error {
            SqlError::Server(error)
                if kind(&SqlError::Server(error.clone())) == Kind::Permanent
                    && !SPOKEN_OF.contains(&error.code()) =>
            {
                Self::permanent(format!(
                    "refused the connection ({}): check server, database, user and password, and \
                     look into the server's log",
                    error.code()
                ))
            }
            error => Self::Sql(error, ""),
        }
    }

    pub(super) fn panicked() -> Self {
        Self::transient("was left: the driver failed on what it sent; try again")
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Known { kind, .. } => *kind,
            Self::Error(error) if error.is_transient() => Kind::Transient,
            Self::Error(_) => Kind::Permanent,
            Self::Sql(error, _) => kind(error),
        }
    }

    /// The error after the last try.
    pub(super) fn given_up(self, place: &str) -> Error {
        match self.at(place) {
            Error::Interrupted(text) => Error::Transient(text),
            error => error,
        }
    }

    /// Whether the connection may go on: the server said no and is still there.
    pub(super) fn leaves_connection(&self) -> bool {
        match self {
            Self::Sql(SqlError::Server(error), _) => error.class() < 20,
            Self::Sql(..) => false,
            Self::Known { .. } => false,
            Self::Error(_) => true,
        }
    }

    /// The error of a warehouse in `place`, such as `the database films on server:1433`.
    pub(super) fn at(self, place: &str) -> Error {
        let kind = self.kind();
        let text = match self {
            Self::Error(error) => return error,
            Self::Known { text, .. } => format!("{place} {text}"),
            Self::Sql(SqlError::Server(error), statement) => refusal(place, &error, statement),
            Self::Sql(error, _) => failure(place, &error),
        };
        match kind {
            Kind::Passing => Error::Interrupted(text),
            Kind::Transient => Error::Transient(text),
            Kind::Permanent => Error::Permanent(text),
        }
    }
}

fn kind(error: &SqlError) -> Kind {
    match error {
        SqlError::Server(error) if PASSING.contains(&error.code()) => Kind::Passing,
        SqlError::Server(error) if matches!(error.code(), 2601 | 2627) => Kind::Transient,
        // The server ends connections with errors of these classes.
        SqlError::Server(error) if error.class() >= 20 => Kind::Passing,
        SqlError::Server(_) => Kind::Permanent,
        SqlError::Io { .. } if is_certificate(error) => Kind::Permanent,
        SqlError::Io { .. } | SqlError::Routing { .. } => Kind::Passing,
        SqlError::Protocol(text) if text.contains(NO_ENCRYPTION) => Kind::Permanent,
        SqlError::Protocol(_) => Kind::Passing,
        _ => Kind::Permanent,
    }
}

fn is_certificate(error: &SqlError) -> bool {
    matches!(error, SqlError::Io { message, .. } if message.contains("certificate"))
}

/// What the server said no to. Its own words are shown only where they name tables, addresses and
/// syntax and nothing else: others may quote values.
fn refusal(place: &str, error: &TokenError, statement: &'static str) -> String {
    let (code, said) = (error.code(), error.message().trim_end_matches('.'));
    match code {
        18456 | 18452 | 18470 | 18486 => format!(
            "{place} refused the login ({code}): check user and password; a managed identity must \
             be a user of this database, see roles.sql"
        ),
        40615 | 40914 => format!(
            "the firewall in front of {place} does not let this address in ({said}): add a rule \
             for it, or a private endpoint; that takes effect after some minutes"
        ),
        4060 | 911 => format!(
            "{place} cannot be opened ({code}): check its name, and that the login is a user of it"
        ),
        229 | 230 | 262 | 297 | 300 | 916 => format!(
            "{place} does not permit this ({code}: {said}): add the login to the role etl_writer, \
             see roles.sql; who migrates must be allowed to make schemas and tables"
        ),
        208 | 207 | 2812 => format!(
            "{place} lacks a part of the schema ({code}: {said}): start `movie-analytics warehouse \
             migrate`"
        ),
        40613 | 42108 => {
            format!("{place} is paused or not available yet ({code}): try again in a minute")
        }
        1205 => format!("{place} chose this transaction as a deadlock victim (1205): try again"),
        2601 | 2627 => format!("{place} was changed by another program ({code}): try again"),
        _ if kind(&SqlError::Server(error.clone())) == Kind::Passing => {
            format!("{place} is busy or moving ({code}): try again later")
        }
        // Babelfish, of what it does not have.
        _ if said.contains("is not currently supported") => format!(
            "{place} does not know what a statement needs (error {code}: {said}){}: use SQL Server, \
             or a newer version of this server",
            which(statement)
        ),
        _ => format!(
            "{place} refused a statement (error {code}, line {}){}: check that its schema was not \
             changed by hand, and what this login may do",
            error.line(),
            which(statement)
        ),
    }
}

/// Names a statement by how it begins, which is mostly a comment that says what it does.
fn which(statement: &'static str) -> String {
    let begin = statement.lines().next().unwrap_or_default().trim_start_matches("-- ");
    if begin.is_empty() { String::new() } else { format!(", which begins with `{begin}`") }
}

/// What went wrong on the way.
fn failure(place: &str, error: &SqlError) -> String {
    match error {
        _ if is_certificate(error) => format!(
            "the certificate of {place} cannot be verified ({error}): use the server's own name; \
             for a test server write TrustServerCertificate=True"
        ),
        SqlError::Tls(why) => {
            format!("no encrypted connection to {place} ({why}): check name and certificate")
        }
        SqlError::Io { kind: io::ErrorKind::ConnectionRefused, .. } => {
            format!("nothing listens at {place}: check server and port")
        }
        SqlError::Io { message, .. } if message.contains("lookup address") => {
            format!("cannot resolve the server name of {place}: check it")
        }
        SqlError::Io { .. } | SqlError::Routing { .. } => {
            format!("the connection to {place} broke ({error}): try again")
        }
        SqlError::Protocol(text) if text.contains(NO_ENCRYPTION) => format!(
            "{place} offers no encryption: let the server use TLS; for a test server write \
             Encrypt=False"
        ),
        _ => format!("{place} and its driver do not understand each other ({error})"),
    }
}
