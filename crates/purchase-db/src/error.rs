//! PostgreSQL's errors as sentences that name the database and say what to do.

use std::{error, io};

use identity::NoToken;
use lake::{failpoint::Failed, table::Broken};
use tokio_postgres::{
    Error as PgError,
    error::{DbError, SqlState},
};

/// What went wrong with the operational database, in a sentence.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It may pass by itself.
    #[error("{0}")]
    Transient(String),
    /// Settings or the database must be put right first.
    #[error("{0}")]
    Permanent(String),
    /// Already a sentence of the lake: it failed while the snapshot was staged.
    #[error(transparent)]
    Lake(#[from] lake::Error),
}

impl Error {
    /// Whether it may pass by itself, so that the same call can succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transient(_) => true,
            Self::Permanent(_) => false,
            Self::Lake(error) => error.is_transient(),
        }
    }

    /// Whether settings or the surroundings must be put right.
    pub fn is_settings(&self) -> bool {
        match self {
            Self::Transient(_) => false,
            Self::Permanent(_) => true,
            Self::Lake(error) => error.is_settings(),
        }
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self { transient: error.is_transient(), source: error.into() }
    }
}

/// What went wrong, before the database's name is known to the message.
#[derive(Debug)]
pub(crate) enum Cause {
    Driver(PgError),
    /// The sentence goes on after the name of the database.
    Known {
        kind: Kind,
        text: String,
    },
    /// Already a sentence.
    Error(Error),
}

/// Whether it pays to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing listens, or the name is unknown: a server that starts, or a wrong setting.
    Unreachable,
    Transient,
    Permanent,
}

impl From<PgError> for Cause {
    fn from(error: PgError) -> Self {
        Self::Driver(error)
    }
}

impl From<lake::Error> for Cause {
    fn from(error: lake::Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<Error> for Cause {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<&'static str> for Cause {
    fn from(text: &'static str) -> Self {
        Self::permanent(text)
    }
}

impl From<Failed> for Cause {
    fn from(failed: Failed) -> Self {
        lake::Error::from(failed).into()
    }
}

impl From<NoToken> for Cause {
    fn from(NoToken { why, kind }: NoToken) -> Self {
        let kind = match kind {
            identity::Kind::Transient => Kind::Transient,
            identity::Kind::Unreachable | identity::Kind::Permanent => Kind::Permanent,
        };
        Self::Known { kind, text: format!("needs a token: {why}") }
    }
}

impl Cause {
    pub(crate) fn permanent(text: impl Into<String>) -> Self {
        Self::Known { kind: Kind::Permanent, text: text.into() }
    }

    pub(crate) fn transient(text: impl Into<String>) -> Self {
        Self::Known { kind: Kind::Transient, text: text.into() }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Driver(error) => kind(error),
            Self::Known { kind, .. } => *kind,
            Self::Error(error) if error.is_transient() => Kind::Transient,
            Self::Error(_) => Kind::Permanent,
        }
    }

    /// What the server said, if it is this that went wrong.
    pub(crate) fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Driver(error) => error.code(),
            Self::Known { .. } | Self::Error(_) => None,
        }
    }

    /// The error of the database in `place`, such as `the database shop on server:5432`.
    pub(crate) fn at(self, place: &str) -> Error {
        let kind = self.kind();
        let text = match self {
            Self::Error(error) => return error,
            Self::Known { text, .. } => format!("{place} {text}"),
            Self::Driver(error) => sentence(place, &error),
        };
        match kind {
            Kind::Unreachable | Kind::Transient => Error::Transient(text),
            Kind::Permanent => Error::Permanent(text),
        }
    }
}

fn kind(error: &PgError) -> Kind {
    if let Some(state) = error.code() {
        // Of a class, the first two characters.
        return match &state.code()[..2] {
            "57" | "53" | "08" | "40" | "55" => Kind::Transient,
            _ => Kind::Permanent,
        };
    }
    match source::<io::Error>(error) {
        _ if source::<rustls::Error>(error).is_some() => Kind::Permanent,
        Some(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Kind::Unreachable,
            io::ErrorKind::PermissionDenied => Kind::Permanent,
            _ if is_unknown_name(error) => Kind::Unreachable,
            _ => Kind::Transient,
        },
        None if error.is_closed() => Kind::Transient,
        None if error.to_string().contains("timeout") => Kind::Transient,
        None => Kind::Permanent,
    }
}

fn sentence(place: &str, error: &PgError) -> String {
    if let Some(said) = error.as_db_error() {
        return refusal(place, said);
    }
    if let Some(error) = source::<rustls::Error>(error) {
        return format!(
            "the certificate of {place} is not trusted ({error}): use the host name in it, and name \
             its signer with sslrootcert=FILE"
        );
    }
    match source::<io::Error>(error) {
        Some(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            format!("nothing listens at {place}: check host and port in USER_PURCHASE_DB")
        }
        Some(error) if is_unknown_name(error) => {
            format!("cannot resolve the host name of {place}: check it in USER_PURCHASE_DB")
        }
        Some(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("no socket found for {place}: check folder and port in USER_PURCHASE_DB")
        }
        Some(error) => format!("the connection to {place} was lost ({error}): try again"),
        None if error.is_closed() => format!("the connection to {place} was lost: try again"),
        None => {
            // The driver keeps the reason behind its error.
            let reason = error::Error::source(error).map(ToString::to_string);
            let text = reason.unwrap_or_else(|| error.to_string());
            if text.contains("does not support TLS") {
                format!(
                    "{place} offers no encryption: let the server use TLS, or write \
                     sslmode=disable if the network is safe"
                )
            } else if text.contains("password missing") {
                format!("{place} requires a password: write it into USER_PURCHASE_DB")
            } else {
                // The driver's own words hold no values.
                format!("{place} breaks the protocol of PostgreSQL ({text}): check host and port")
            }
        }
    }
}

/// What the server said no to. Its own words are shown only where they name tables and nothing
/// else: others may quote values or addresses.
fn refusal(place: &str, said: &DbError) -> String {
    let (state, code) = (said.code(), said.code().code());
    match *state {
        SqlState::INVALID_PASSWORD => format!(
            "{place} refused the login ({code}): check user and password in USER_PURCHASE_DB; a \
             managed identity must be a role of this server, see docs/POSTGRES.md"
        ),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => format!(
            "{place} rejects this login ({code}): check the user, that pg_hba.conf has a \
             line for it, and whether the server requires TLS (sslmode=verify-full)"
        ),
        SqlState::INVALID_CATALOG_NAME => {
            format!("{place} does not exist ({code}): check the database in USER_PURCHASE_DB")
        }
        SqlState::INSUFFICIENT_PRIVILEGE => format!(
            "{place} does not permit this ({code}: {}): give the login its role, see \
             sql/postgres/roles.sql",
            said.message()
        ),
        SqlState::UNDEFINED_TABLE | SqlState::INVALID_SCHEMA_NAME | SqlState::UNDEFINED_COLUMN => {
            format!(
                "{place} lacks a part of the schema ({code}: {}): load a file, or let the owner of \
                 the table run sql/postgres/schema/[1-7]_*.sql",
                said.message()
            )
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => {
            format!("{place} is read-only or a replica ({code}): load into the primary")
        }
        SqlState::LOCK_NOT_AVAILABLE => format!(
            "{place} timed out on a lock ({code}): another process works on the same file or table; \
             try again"
        ),
        SqlState::QUERY_CANCELED => {
            format!("{place} cancelled a statement ({code}): it took too long; try again")
        }
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            format!("{place} is stopping or starting ({code}): try again in a minute")
        }
        SqlState::TOO_MANY_CONNECTIONS => {
            format!("{place} has no free connection ({code}): try again, or raise max_connections")
        }
        SqlState::DISK_FULL | SqlState::OUT_OF_MEMORY => {
            format!("{place} is out of disk space or memory ({code}): free some")
        }
        _ if code.starts_with("40") => {
            format!("{place} chose this transaction as a deadlock victim ({code}): try again")
        }
        _ if matches!(&code[..2], "57" | "53" | "08") => {
            format!("{place} is unavailable ({code}): try again")
        }
        _ => format!(
            "{place} refused a statement ({code}): check that the columns of user_purchase are \
             those in sql/postgres/schema"
        ),
    }
}

fn is_unknown_name(error: &io::Error) -> bool {
    error.to_string().contains("lookup address")
}

/// The first error of this type behind an error.
fn source<'a, E: error::Error + 'static>(error: &'a PgError) -> Option<&'a E> {
    let mut cause: Option<&'a (dyn error::Error + 'static)> = error::Error::source(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // What an I/O error wraps is not its source but its source's source.
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
