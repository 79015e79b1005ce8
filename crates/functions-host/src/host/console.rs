//! The handler's stdout and stderr, with the levels that the host gives them.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::log::{Level, Log};

/// The error lines of one process, of which the last are the text of its exit.
pub(crate) type Errors = Arc<Mutex<Vec<String>>>;

#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// How the host logs one line, as long as `useStdErrorStreamForErrorsOnly` is not set to false.
fn level(text: &str, stream: Stream) -> Level {
    match stream {
        Stream::Stdout => Level::Information,
        Stream::Stderr if text.to_ascii_lowercase().contains("warn") => Level::Warning,
        Stream::Stderr => Level::Error,
    }
}

/// Forwards a stream until its end.
pub(crate) async fn forward(
    lines: impl AsyncRead + Unpin,
    stream: Stream,
    log: Arc<Log>,
    errors: Errors,
) {
    let mut lines = BufReader::new(lines).split(b'\n');
    while let Ok(Some(bytes)) = lines.next_segment().await {
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches('\r');
        let level = level(text, stream);
        if level == Level::Error
            && let Ok(mut errors) = errors.lock()
        {
            errors.push(text.to_owned());
        }
        log.line("Host.Function.Console", level, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_get_the_levels_of_the_host() {
        for (text, stream, expected) in [
            ("error", Stream::Stdout, Level::Information),
            ("all is well", Stream::Stderr, Level::Error),
            ("a WARNING error", Stream::Stderr, Level::Warning),
        ] {
            assert_eq!(level(text, stream), expected, "{text}");
        }
    }
}
