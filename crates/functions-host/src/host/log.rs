//! What the host writes down: its own lines, the handler's console, one block per invocation.

use std::{
    fmt,
    io::{self, Write},
    sync::Mutex,
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// One run of a function, as the portal lists it.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Its folder.
    pub function: String,
    /// The id that the handler gets in `X-Azure-Functions-InvocationId`.
    pub id: String,
    /// Why it ran: a message, a timer, a call.
    pub reason: String,
    /// When the host sent it.
    pub started: DateTime<Utc>,
    /// Until the answer was there.
    pub duration: Duration,
    /// Whether the host takes the answer for a success.
    pub succeeded: bool,
    /// Why it failed.
    pub error: Option<String>,
    /// The handler's `Logs`: the host throws them away when the invocation fails.
    pub logs: Vec<String>,
    /// Of the message, for queue triggers.
    pub dequeue_count: Option<u32>,
    /// The HTTP status of the handler's answer, if there was one.
    pub status: Option<u16>,
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.succeeded { "Succeeded" } else { "Failed" };
        let Self { function, id, reason, duration, .. } = self;
        write!(
            f,
            "Executed '{function}' ({outcome}, Id={id}, Duration={}ms)",
            duration.as_millis()
        )?;
        write!(f, "\n    {reason}")?;
        for line in &self.logs {
            write!(f, "\n    | {line}")?;
        }
        match &self.error {
            Some(error) => write!(f, "\n    ! {error}"),
            None => Ok(()),
        }
    }
}

/// How serious the host takes a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A line on the standard output.
    Information,
    /// A line on the standard error that speaks of a warning.
    Warning,
    /// Any other line on the standard error.
    Error,
}

/// A line of the host's log that belongs to no invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `Host` for its own lines, `Host.Function.Console` for the handler's output.
    pub category: &'static str,
    /// As the host would grade it.
    pub level: Level,
    /// The line itself.
    pub text: String,
}

pub(crate) struct Log {
    print: bool,
    invocations: watch::Sender<Vec<Invocation>>,
    lines: Mutex<Vec<Line>>,
}

impl Log {
    pub(crate) fn new(print: bool) -> Self {
        Self { print, invocations: watch::channel(Vec::new()).0, lines: Mutex::default() }
    }

    pub(crate) fn information(&self, text: &str) {
        self.line("Host", Level::Information, text);
    }

    pub(crate) fn warning(&self, text: &str) {
        self.line("Host", Level::Warning, text);
    }

    pub(crate) fn error(&self, text: &str) {
        self.line("Host", Level::Error, text);
    }

    pub(crate) fn line(&self, category: &'static str, level: Level, text: &str) {
        let line = Line { category, level, text: text.to_owned() };
        if self.print {
            let who = if category == "Host" { "test host" } else { category };
            let level = match level {
                Level::Information => "",
                Level::Warning => " warning",
                Level::Error => " error",
            };
            say(format_args!("[{who}{level}] {text}"));
        }
        if let Ok(mut lines) = self.lines.lock() {
            lines.push(line);
        }
    }

    /// One block, in one write: invocations run at the same time.
    pub(crate) fn invocation(&self, invocation: Invocation) {
        if self.print {
            say(format_args!("[test host] {invocation}"));
        }
        self.invocations.send_modify(|all| all.push(invocation));
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        self.lines.lock().map(|lines| lines.clone()).unwrap_or_default()
    }

    pub(crate) fn invocations(&self) -> watch::Receiver<Vec<Invocation>> {
        self.invocations.subscribe()
    }
}

/// A host whose output nobody reads any more goes on.
fn say(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{} {text}", Utc::now().format("%T%.3fZ"));
}
