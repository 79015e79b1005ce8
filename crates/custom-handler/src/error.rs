//! Errors of the app and of what the host sent.

use serde_json::error::Category;

/// Why an app does not start, or stopped serving.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message says what the fields hold")]
#[non_exhaustive]
pub enum Error {
    /// The host takes no such function name.
    #[error(
        "`{}` is not a valid function name: it must begin with a letter, hold only letters, digits, \
         `_` and `-`, at most 128 of them, and must not be `host`; name it like its folder",
        .name.escape_debug()
    )]
    Name { name: String },
    /// For the host the case of names does not count.
    #[error("the function `{name}` is added twice (case does not count); remove or rename one")]
    Duplicate { name: String },
    /// The process was not started by the host, which names the port.
    #[error("FUNCTIONS_CUSTOMHANDLER_PORT is not set: start the handler by the Functions host")]
    NoPort,
    /// The variable holds no port.
    #[error("FUNCTIONS_CUSTOMHANDLER_PORT is `{}`, which is not a port", .value.escape_debug())]
    BadPort { value: String },
    /// The port is taken, or may not be used.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; is another handler running?")]
    Listen { port: u16, source: std::io::Error },
    /// The system gives us no signals.
    #[error("cannot wait for signals: {source}")]
    Signals { source: std::io::Error },
}

/// What the host sent is not what the trigger sends. Its text never holds values of the payload.
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

pub(crate) fn not_json(error: &serde_json::Error) -> String {
    format!("cannot be written as JSON: {}", without_values(error))
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
