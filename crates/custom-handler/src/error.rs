//! What can go wrong: with the app, with what the host sent, with what is to be sent back.

use serde_json::error::Category;

/// Why an app does not start, or stopped serving.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message tells what the fields hold")]
#[non_exhaustive]
pub enum Error {
    /// The host takes no such function name.
    #[error(
        "`{}` is not a valid function name: it must begin with a letter, hold only letters, digits, \
         `_` and `-`, at most 128 of them, and must not be `host`; name it like its folder",
        .name.escape_debug()
    )]
    Name { name: String },
    /// The host tells names apart without regard to case.
    #[error("the function `{name}` is added twice (case does not count); remove or rename one")]
    Duplicate { name: String },
    /// Nobody told us the port: the process was not started by the host.
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
#[expect(missing_docs, reason = "the message tells what the fields hold")]
#[non_exhaustive]
pub enum DecodeError {
    /// The body is no invocation at all.
    #[error("expected a JSON object with `Data` and `Metadata`, but {why}")]
    Envelope { why: String },
    /// Nothing in `Data` can be the trigger's value.
    #[error("expected the value of a {kind} in `Data`, which holds {members}")]
    NoTrigger { kind: &'static str, members: String },
    /// More than one member of `Data` can be the trigger's value.
    #[error(
        "cannot tell which of {members} in `Data` is the {kind}: take it by a `Trigger` of your own"
    )]
    Ambiguous { kind: &'static str, members: String },
    /// The trigger's value has another shape.
    #[error("expected {expected}")]
    Shape { expected: &'static str },
    /// The payload is bytes where text is needed.
    #[error("the {what} is not UTF-8 text")]
    NotText { what: &'static str },
    /// The payload is not the JSON that the handler expects.
    #[error("the {what} is not the expected JSON: {why}")]
    Json { what: &'static str, why: String },
}

/// An output that cannot be sent so that the host leaves it as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutputError {
    /// The host takes no such name.
    #[error(
        "the host rejects this binding name: it must begin with a letter and hold only letters \
         and digits, at most 128 of them; rename it here and in function.json"
    )]
    Binding,
    /// The value's `Serialize` failed.
    #[error("cannot be written as JSON: {why}")]
    Json { why: String },
    /// One of several messages would be parsed and written anew as a date.
    #[error("message {index} looks like a date, which the host rewrites: send it in an object")]
    Date { index: usize },
}

impl DecodeError {
    pub(crate) fn json(what: &'static str, error: &serde_json::Error) -> Self {
        Self::Json { what, why: without_values(error) }
    }
}

/// The text of an error less the values in it, which may be personal data: errors are logged.
pub(crate) fn without_values(error: &serde_json::Error) -> String {
    let place = format!("line {} column {}", error.line(), error.column());
    let text = error.to_string();
    let kept = match error.classify() {
        Category::Syntax | Category::Eof => {
            text.rsplit_once(" at line ").map_or(text.as_str(), |(kept, _)| kept).to_owned()
        }
        Category::Io => "it cannot be read".to_owned(),
        Category::Data => {
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(kept, _)| kept);
            let known = ["invalid type", "invalid value", "invalid length", "unknown"];
            if text.starts_with("missing field `") {
                text.to_owned()
            } else if let Some(kind) = known.iter().find(|kind| text.starts_with(**kind)) {
                let expected = text.rfind(", expected ").map_or("", |at| &text[at..]);
                format!("{kind}{expected}")
            } else {
                "a value of the wrong kind".to_owned()
            }
        }
    };
    // Values that were parsed before have no place any more.
    if error.line() == 0 { kept } else { format!("{kept} at {place}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_the_place_and_what_was_expected_but_no_value() {
        #[derive(Debug, serde::Deserialize)]
        struct Work {
            #[expect(dead_code)]
            count: u32,
        }
        let told = |text: &str| without_values(&serde_json::from_str::<Work>(text).unwrap_err());
        assert_eq!(
            told("{\"count\":\"5 Elm St, expected\"}"),
            "invalid type, expected u32 at line 1 column 29"
        );
        assert_eq!(told("{\"count\":-77}"), "invalid value, expected u32 at line 1 column 12");
        assert_eq!(told("{}"), "missing field `count` at line 1 column 2");
        assert_eq!(told("{\"count\": x"), "expected value at line 1 column 11");
        let custom: serde_json::Error = serde::de::Error::custom("5 Elm St");
        assert_eq!(without_values(&custom), "a value of the wrong kind");
    }
}
