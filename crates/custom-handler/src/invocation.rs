//! How an invocation ended: what is reported, and what the host is answered.

use std::{io::Write, time::Duration};

use serde_json::{Value, json};
use tracing::Level;

use crate::{Context, Outcome, outcome::Verdict};

/// Longest reason in a report or an answer, in characters.
const LONGEST_REASON: usize = 2_000;

/// How an invocation ended, for layers: see [`App::layer`](crate::App::layer).
///
/// ```
/// # use custom_handler::{App, Ending, Invocation, Next};
/// let paused = App::new().layer(async |_: Invocation, _: Next| Ending::failed(503, "paused", "not now"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    status: u16,
    kind: &'static str,
    reason: Option<String>,
    pub(crate) body: Value,
}

impl Ending {
    /// A failure: the host tries again where the trigger allows it. `kind` is a word for logs, such
    /// as `paused`, `status` that of the answer, 400 to 599 (another one becomes 500).
    pub fn failed(status: u16, kind: &'static str, reason: impl Into<String>) -> Self {
        let status = if (400..600).contains(&status) { status } else { 500 };
        let reason = one_line(&reason.into());
        Self { status, kind, body: json!({ "error": reason }), reason: Some(reason) }
    }

    /// Of a handler's outcome. An output that function.json does not have fails it, because the
    /// host drops it without a word.
    pub(crate) fn of(outcome: Outcome, unknown_output: Option<String>) -> Self {
        let (kind, reason) = match outcome.verdict() {
            Verdict::TryAgain(reason) => return Self::failed(500, "try_again", reason),
            Verdict::Refused(reason) => ("refused", Some(one_line(reason))),
            Verdict::Done => ("done", None),
        };
        if let Some(name) = unknown_output {
            let reason = format!("the output `{name}` is not in function.json: add it there");
            return Self::failed(500, "bad_output", reason);
        }
        Self { status: 200, kind, reason, body: outcome.into_body() }
    }

    /// Status of the answer to the host.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// `done`, `refused`, `try_again`, `panicked`, `deadline_exceeded`, `stopped`, `bad_output`,
    /// `undecodable`, `body_too_large`, `body_incomplete`, `unknown_function`, or a layer's own.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Why, in one line; `None` when the work is done.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Reports the end in the current span; a failure in the shape of OpenTelemetry's exceptions,
    /// from which telemetry takes the error and its reason.
    pub(crate) fn report(&self, context: &Context, duration: Duration) {
        let (function, invocation_id) = (context.function(), context.invocation_id());
        let (ending, reason) = (self.kind, self.reason().unwrap_or_default());
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        if self.status >= 400 {
            let subject = context.subject();
            tracing::error!(
                name: "exception",
                function,
                invocation_id,
                subject = subject.as_ref().map(|subject| &subject.name),
                delivery = subject.as_ref().map(|subject| subject.delivery),
                ending,
                duration_ms,
                "exception.type" = ending,
                "exception.message" = reason,
            );
            if !tracing::enabled!(Level::ERROR) {
                print(&format!(
                    "invocation failed: function={function} invocation_id={invocation_id} \
                     ending={ending} reason={reason}"
                ));
            }
        } else if ending == "refused" {
            tracing::warn!(
                function,
                invocation_id,
                ending,
                duration_ms,
                reason,
                "refused: {reason}"
            );
            if !tracing::enabled!(Level::WARN) {
                print(&format!(
                    "warning: invocation refused: function={function} \
                     invocation_id={invocation_id} reason={reason}"
                ));
            }
        } else {
            tracing::debug!(function, invocation_id, ending, duration_ms, "done");
        }
    }
}

/// One line on stderr, which the host logs as an error, or as a warning if it has that word.
fn print(line: &str) {
    // Nothing to be done when stderr is gone.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Each line break would begin another record in the host's log.
fn one_line(text: &str) -> String {
    let printable = |char: char| if char.is_control() { ' ' } else { char };
    let mut line: String = text.chars().take(LONGEST_REASON).map(printable).collect();
    if text.chars().nth(LONGEST_REASON).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        assert_eq!(one_line("a\r\nb\tc"), "a  b c");
        assert_eq!(one_line(&"é".repeat(3_000)).chars().count(), LONGEST_REASON + 1);
    }
}
