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
    /// At once, but not for long: more often a wrong setting than a server that starts.
    Unreachable,
    /// Later, by the caller.
    Transient,
    Permanent,
}

/// A server that starts or stops, and a database that recovers, changes its replica or is paused.
const STARTING: [u32; 13] =
    [921, 922, 927, 952, 976, 983, 6005, 17142, 17187, 18401, 18451, 40613, 42108];

/// A moving, busy or throttled database, and what others do to a statement: the victim of a
/// deadlock, a lock or memory that was not granted in time, a conflict of snapshots.
const BUSY: [u32; 16] = [
    1205, 1222, 3960, 4060, 4221, 8645, 8651, 10928, 10929, 40143, 40197, 40501, 40540, 49918,
    49919, 49920,
];

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

    /// An error at the login. One with a number that is not known is a refusal, unless the same
    /// login has worked: then the server is more likely to start or to stop.
    pub(super) fn at_login(error: SqlError, has_worked: bool) -> Self {
        match error {
            SqlError::Server(error)
                if kind(&SqlError::Server(error.clone())) == Kind::Permanent
                    && !SPOKEN_OF.contains(&error.code()) =>
            {
                let code = error.code();
                if has_worked {
                    return Self::passing(format!(
                        "refused a connection ({code}), though others have worked: it may be \
                         starting, so try again; look into the server's log if it stays so"
                    ));
                }
                Self::permanent(format!(
                    "refused the connection ({code}): check server, database, user and password, \
                     and look into the server's log"
                ))
            }
            error => Self::Sql(error, ""),
        }
    }

    /// A server that does not begin with TLS, or with nothing at all.
    pub(super) fn not_strict() -> Self {
        let text = "does not answer to TLS from the first byte: Encrypt=Strict needs TDS 8, which \
                    Azure SQL and SQL Server 2022 have; for other servers write Encrypt=True";
        Self::Known { kind: Kind::Unreachable, text: text.to_owned() }
    }

    /// An error of one of several statements that were sent together: the line says of which.
    pub(super) fn of_one(error: SqlError, statements: &[&'static str]) -> Self {
        let line = match &error {
            SqlError::Server(error) => error.line() as usize,
            _ => 0,
        };
        Self::Sql(error, at_line(statements, line))
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
            // It may be under way still.
            Self::Error(Error::BrokenCheck(_)) => false,
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
            Kind::Passing | Kind::Unreachable => Error::Interrupted(text),
            Kind::Transient => Error::Transient(text),
            Kind::Permanent => Error::Permanent(text),
        }
    }
}

/// The statement with this line, counted from 1 through all of them; the first one where there is
/// no such line.
fn at_line(statements: &[&'static str], line: usize) -> &'static str {
    let mut last = 0;
    let found = statements.iter().find(|statement| {
        last += statement.lines().count();
        line <= last
    });
    found.or(statements.first()).copied().unwrap_or_default()
}

fn kind(error: &SqlError) -> Kind {
    match error {
        SqlError::Server(error) if STARTING.contains(&error.code()) => Kind::Passing,
        SqlError::Server(error) if BUSY.contains(&error.code()) => Kind::Passing,
        SqlError::Server(error) if matches!(error.code(), 2601 | 2627) => Kind::Transient,
        // The server ends connections with errors of these classes.
        SqlError::Server(error) if error.class() >= 20 => Kind::Passing,
        SqlError::Server(_) => Kind::Permanent,
        SqlError::Io { kind: io::ErrorKind::ConnectionRefused, .. } => Kind::Unreachable,
        SqlError::Io { message, .. } if message.contains("lookup address") => Kind::Unreachable,
        SqlError::Io { .. } | SqlError::Routing { .. } => Kind::Passing,
        SqlError::Protocol(text) if text.contains(NO_ENCRYPTION) => Kind::Permanent,
        SqlError::Protocol(_) => Kind::Passing,
        _ => Kind::Permanent,
    }
}

/// What is wrong with a certificate, without the driver's advice to those who program with it.
fn certificate(said: &str) -> Option<&str> {
    let (_, why) = said.split_once("certificate was rejected during the TLS handshake: ")?;
    let ends = [". The SQL Server presented", ". To connect anyway"];
    let end = ends.iter().filter_map(|end| why.find(end)).min();
    Some(&why[..end.unwrap_or(why.len())])
}

/// Names whose certificate is not taken, and what to do.
fn untrusted(place: &str, why: &str) -> String {
    if why.contains("not valid for name") || why.contains("NotValidForName") {
        return format!(
            "the certificate of {place} has another name ({why}): write the name that it has as \
             Server"
        );
    }
    if why.contains("UnknownIssuer") {
        return format!(
            "the certificate of {place} comes from an issuer that this machine does not know \
             ({why}): set SSL_CERT_FILE to a PEM file with the certificate of that issuer; for a \
             test server write TrustServerCertificate=True"
        );
    }
    format!(
        "the certificate of {place} cannot be verified ({why}): give the server a valid one; for a \
         test server write TrustServerCertificate=True"
    )
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
        _ if STARTING.contains(&code) => {
            format!(
                "{place} is paused, starting or not available yet ({code}): try again in a minute"
            )
        }
        1205 => format!("{place} chose this transaction as a deadlock victim (1205): try again"),
        2601 | 2627 => format!("{place} was changed by another program ({code}): try again"),
        _ if kind(&SqlError::Server(error.clone())) == Kind::Passing => {
            format!("{place} is busy or moving ({code}): try again later")
        }
        // Babelfish, of what it does not have.
        _ if said.contains("is not currently supported") => format!(
            "{place} does not know what a statement needs (error {code}: {said}{}): use SQL Server, \
             or a newer version of this server",
            which(statement)
        ),
        _ => format!(
            "{place} refused a statement with error {code}, which this program does not know (line \
             {}{}): look the number up, and look into the server's log",
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
        SqlError::Tls(said) => match certificate(said) {
            Some(why) => untrusted(place, why),
            None => format!("no encrypted connection to {place} ({said}): check its host name"),
        },
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As the driver has it.
    fn rejected(why: &str, hint: &str) -> SqlError {
        SqlError::Tls(format!(
            "the server's certificate was rejected during the TLS handshake: {why}.{hint} To connect \
             anyway you can: (1) trust a specific CA certificate with `Config::trust_cert_ca(path)`, \
             or in other ways; (2) if the OS trust store is unusable, ..."
        ))
    }

    #[test]
    fn a_certificate_is_refused_in_one_sentence_without_advice_to_programmers() {
        let old = " The SQL Server presented a certificate rustls considers too old.";
        for (error, expected) in [
            (
                rejected(
                    "certificate not valid for name \"sql.test\"; certificate is only valid for \
                     DnsName(\"films.test\")",
                    "",
                ),
                "the certificate of films has another name (certificate not valid for name \
                 \"sql.test\"; certificate is only valid for DnsName(\"films.test\")): write the \
                 name that it has as Server",
            ),
            (
                rejected("UnknownIssuer", ""),
                "the certificate of films comes from an issuer that this machine does not know \
                 (UnknownIssuer): set SSL_CERT_FILE to a PEM file with the certificate of that \
                 issuer; for a test server write TrustServerCertificate=True",
            ),
            (
                rejected("Other(OtherError(UnsupportedCertVersion))", old),
                "the certificate of films cannot be verified \
                 (Other(OtherError(UnsupportedCertVersion))): give the server a valid one; for a \
                 test server write TrustServerCertificate=True",
            ),
        ] {
            let error = Cause::at_login(error, true).at("films");
            assert!(matches!(error, Error::Permanent(_)), "{error:?}");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn of_statements_that_were_sent_together_the_line_names_the_one_that_failed() {
        let statements = ["-- One\nSELECT 1\n", "-- Two\nSELECT 2\n"];
        for (line, expected) in [(2, "-- One"), (3, "-- Two"), (0, "-- One"), (9, "-- One")] {
            assert!(at_line(&statements, line).starts_with(expected), "{line}");
        }
    }
}
