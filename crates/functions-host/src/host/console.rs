//! The handler's stdout and stderr, with the levels that the host gives them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::log::{Level, Line, Log};

/// The last error lines of one process: the text of its exit.
pub(crate) type LastErrors = Arc<Mutex<VecDeque<String>>>;

/// Lines with this prefix go to the host's own log.
const SYSTEM: &str = "languageworkerconsolelog";
/// Lines with this prefix are for tools.
const TOOLING: &str = "azfuncjsonlog:";

/// How the host logs one line.
fn classify(text: &str, stderr: bool, errors_only: bool, worker: &str) -> Line {
    let lower = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let level = match stderr {
        false => Level::Information,
        true if says(&["warn"]) => Level::Warning,
        true if errors_only || says(&["error", "fail", "severe", "unhandled exception"]) => {
            Level::Error
        }
        true => Level::Information,
    };
    let (category, text) = if lower.starts_with(SYSTEM) {
        (format!("Worker.HttpWorkerProcess.{worker}"), &text[SYSTEM.len()..])
    } else if lower.starts_with(TOOLING) {
        ("Host.Function.ToolingConsoleLog".to_owned(), &text[TOOLING.len()..])
    } else {
        ("Host.Function.Console".to_owned(), text)
    };
    Line { category, level, text: text.to_owned() }
}

/// Forwards a stream until its end.
pub(crate) async fn forward(
    stream: impl AsyncRead + Unpin,
    stderr: bool,
    errors_only: bool,
    worker: String,
    log: Arc<Log>,
    last: LastErrors,
) {
    let mut lines = BufReader::new(stream).split(b'\n');
    while let Ok(Some(bytes)) = lines.next_segment().await {
        let text = String::from_utf8_lossy(&bytes);
        let line = classify(text.trim_end_matches('\r'), stderr, errors_only, &worker);
        if line.level == Level::Error
            && let Ok(mut last) = last.lock()
        {
            if last.len() == 3 {
                last.pop_front();
            }
            last.push_back(line.text.clone());
        }
        log.line(&line.category, line.level, &line.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_get_the_levels_of_the_host() {
        let level = |text, stderr, errors_only| classify(text, stderr, errors_only, "w").level;
        assert_eq!(level("error", false, true), Level::Information, "stdout is never an error");
        assert_eq!(level("all is well", true, true), Level::Error);
        assert_eq!(level("a WARNING error", true, true), Level::Warning);
        assert_eq!(level("all is well", true, false), Level::Information);
        assert_eq!(level("Failure", true, false), Level::Error);
    }

    #[test]
    fn prefixes_change_the_category() {
        let line = classify("LanguageWorkerConsoleLogstarted", false, true, "w");
        assert_eq!(
            (line.category.as_str(), line.text.as_str()),
            ("Worker.HttpWorkerProcess.w", "started")
        );
        assert_eq!(classify("azfuncjsonlog:{}", false, true, "w").text, "{}");
        assert_eq!(classify("x", true, true, "w").category, "Host.Function.Console");
    }
}
