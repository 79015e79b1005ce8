//! Errors of the app and of what the host sent.

use std::{error::Error as StdError, fmt};

use serde_json::error::Category;

/// Why an app does not start, or stopped serving. Both forms, `{}` and `{:?}`, are one line; the
/// latter has the causes as well, so that `main` may return the error.
///
/// ```
/// use custom_handler::{App, Context, Error, Timer};
///
/// let app = App::new().function("a b", async |_: Timer, _: Context| ());
/// assert!(matches!(app.check(), Err(Error::Misfit { problems }) if problems.len() == 1));
/// ```
#[derive(thiserror::Error)]
#[expect(missing_docs, reason = "the message says what the fields hold")]
#[non_exhaustive]
pub enum Error {
    /// Names that the host does not take, and what differs from host.json and function.json.
    #[error("the app does not fit its host: {}", .problems.join("; "))]
    Misfit { problems: Vec<String> },
    /// The process was not started by the host, which names the port.
    #[error("FUNCTIONS_CUSTOMHANDLER_PORT is not set: start the handler by the Functions host")]
    NoPort,
    /// The variable holds no port.
    #[error("FUNCTIONS_CUSTOMHANDLER_PORT is `{}`, which is not a port", .value.escape_debug())]
    BadPort { value: String },
    /// The port is taken, or may not be used.
    #[error("cannot listen on 127.0.0.1:{port}; is another handler running?")]
    Listen { port: u16, source: std::io::Error },
    /// The system gives us no signals.
    #[error("cannot wait for signals")]
    Signals { source: std::io::Error },
}

impl fmt::Debug for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&chain(self))
    }
}

/// An error and its causes: `cannot listen on port 1: address in use`. A cause that the text before
/// has already is left out.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    for cause in causes(error).skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// The error itself, then its causes.
pub(crate) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// What the host or a sender sent is not what was expected. Its text never holds values of the
/// payload. A handler that returns it refuses its input: see [`Outcome`](crate::Outcome).
///
/// ```
/// use custom_handler::{DecodeError, QueueMessage};
///
/// let error: DecodeError = QueueMessage::new("{}").json::<u32>().unwrap_err();
/// assert!(error.to_string().starts_with("the queue message is not the expected JSON"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(String);

impl DecodeError {
    /// The text names what is wrong, without values.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn json(what: &str, error: &serde_json::Error) -> Self {
        Self(format!("the {what} is not the expected JSON: {}", without_values(error)))
    }
}

/// A value that the host could not send, found before the handler commits its work.
///
/// ```
/// use custom_handler::{Outcome, Output, OutputError};
///
/// fn announce(text: &str) -> Result<Outcome, OutputError> {
///     Outcome::done().output("queue", Output::messages([text])?)
/// }
/// assert!(announce("done").is_ok());
/// assert!(announce("2026-11-22T05:00:00Z").is_err(), "the host rewrites dates");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutputError(pub(crate) String);

pub(crate) fn not_json(error: &serde_json::Error) -> OutputError {
    OutputError(format!("the value cannot be written as JSON: {}", without_values(error)))
}

/// The text of an error without the values in it, which may be personal data: errors are logged.
pub(crate) fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let known = ["invalid type", "invalid value", "invalid length", "unknown"];
    let kept = match error.classify() {
        Category::Syntax | Category::Eof => text.to_owned(),
        _ if text.starts_with("missing field `") => text.to_owned(),
        _ => match known.iter().find(|kind| text.starts_with(**kind)) {
            Some(kind) => {
                let expected = text.rfind(", expected ").map_or("", |at| &text[at..]);
                format!("{kind}{expected}")
            }
            None => "a value of the wrong kind".to_owned(),
        },
    };
    match error.line() {
        // Values that were parsed before have no place any more.
        0 => kept,
        line => format!("{kept} at line {line} column {}", error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_place_and_what_was_expected_but_no_value() {
        #[derive(Debug, serde::Deserialize)]
        struct Work {
            #[expect(dead_code)]
            count: u32,
        }
        for (text, expected) in [
            (
                "{\"count\":\"5 Elm St, expected\"}",
                "invalid type, expected u32 at line 1 column 29",
            ),
            ("{\"count\":-77}", "invalid value, expected u32 at line 1 column 12"),
            ("{}", "missing field `count` at line 1 column 2"),
            ("{\"count\": x", "expected value at line 1 column 11"),
        ] {
            let error = serde_json::from_str::<Work>(text).unwrap_err();
            assert_eq!(without_values(&error), expected, "{text}");
        }
        let custom: serde_json::Error = serde::de::Error::custom("5 Elm St");
        assert_eq!(without_values(&custom), "a value of the wrong kind");
    }
}
