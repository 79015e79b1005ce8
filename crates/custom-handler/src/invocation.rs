//! One invocation from its body to its answer.

use std::{
    fmt::Display,
    io::Write,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tracing::{Instrument, Level, Span};

use crate::{
    Context, Outcome, Payload,
    app::{App, Job},
    outcome::Verdict,
    panics::Note,
};

/// How long an aborted handler may take to let go before it is answered for.
const LET_GO: Duration = Duration::from_secs(1);

/// How long the hook after an invocation may take. It holds up the answer.
const HOOK_LIMIT: Duration = Duration::from_secs(10);

/// Longest reason in a report or an answer, in characters.
const LONGEST_REASON: usize = 2_000;

/// Status and body of an answer. The body is always an object.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// A call that fails for the host.
pub(crate) struct Failure {
    /// HTTP status of the answer.
    status: u16,
    /// What kind of failure, for logs: `try_again`.
    ending: &'static str,
    reason: String,
}

impl Failure {
    pub(crate) fn new(status: u16, ending: &'static str, reason: impl Display) -> Self {
        Self { status, ending, reason: one_line(&reason.to_string()) }
    }

    /// Reports the failure in the current span, in the shape of OpenTelemetry's exceptions, from
    /// which telemetry takes the error and its reason.
    pub(crate) fn report(&self, context: &Context, duration: Duration) {
        let Context { function, invocation_id, .. } = context;
        let Self { ending, reason, .. } = self;
        let subject = context.subject.lock().unwrap_or_else(PoisonError::into_inner);
        tracing::error!(
            name: "exception",
            function,
            invocation_id,
            subject = subject.as_ref().map(|subject| &subject.name),
            delivery = subject.as_ref().map(|subject| subject.delivery),
            ending,
            duration_ms = milliseconds(duration),
            "exception.type" = ending,
            "exception.message" = reason,
        );
        if !tracing::enabled!(Level::ERROR) {
            print(&format!(
                "invocation failed: function={function} invocation_id={invocation_id} \
                 ending={ending} reason={reason}"
            ));
        }
    }

    pub(crate) fn answer(self) -> Answer {
        Answer { status: self.status, body: json!({ "error": self.reason }) }
    }
}

/// Runs the function. It must be polled to its end by a task of its own: a caller that hangs up
/// does not cancel the work.
pub(crate) async fn invoke(
    app: Arc<App>,
    function: usize,
    context: Context,
    body: Vec<u8>,
    mut stop: watch::Receiver<bool>,
) -> Answer {
    let began = Instant::now();
    let span = app.span(&context);
    let payload = Payload::from_slice(&body);
    drop(body);
    let start = &app.functions[function].start;
    let result = match payload.and_then(|payload| start(context.clone(), payload)) {
        Ok(job) => run(&app, job, span.clone(), &mut stop).await,
        Err(error) => Err(Failure::new(400, "undecodable", error)),
    };
    let answer = span.in_scope(|| conclude(&context, result, began.elapsed()));
    // Closed, so that it can be exported.
    drop(span);
    // In a task of its own, for its panics.
    let hook = tokio::spawn(async move {
        if let Some(after) = &app.after {
            after().await;
        }
    });
    if timeout(HOOK_LIMIT, hook).await.is_err() {
        tracing::error!("the hook after an invocation timed out; the answer is sent now");
    }
    answer
}

/// Runs the handler in a task of its own, so that its panic, and a loop in it that never yields,
/// stay its own.
async fn run(
    app: &App,
    job: Job,
    span: Span,
    stop: &mut watch::Receiver<bool>,
) -> Result<Outcome, Failure> {
    let note = Note::default();
    let mut task = tokio::spawn(note.watch(job.instrument(span)));
    tokio::select! {
        joined = &mut task => joined.map_err(|error| {
            let place = note.take().unwrap_or_else(|| error.to_string());
            Failure::new(500, "panicked", format!("the handler panicked at {place}"))
        }),
        () = sleep(app.deadline) => {
            cancel(&mut task).await;
            let reason = format!("the handler took more than {:?}", app.deadline);
            Err(Failure::new(500, "deadline_exceeded", reason))
        }
        true = async { stop.wait_for(|stop| *stop).await.is_ok() } => {
            cancel(&mut task).await;
            Err(Failure::new(500, "stopped", "the process is stopping"))
        }
    }
}

async fn cancel(task: &mut JoinHandle<Outcome>) {
    task.abort();
    // Let its destructors run before somebody else begins the same work.
    let _ = timeout(LET_GO, task).await;
}

/// Reports the end of an invocation by one event in its span, and makes the answer.
fn conclude(context: &Context, result: Result<Outcome, Failure>, duration: Duration) -> Answer {
    let ended = result.and_then(|outcome| match outcome.into_answer() {
        (Verdict::TryAgain(reason), _) => Err(Failure::new(500, "try_again", reason)),
        (_, Err((binding, error))) => {
            let reason = format!("the output `{binding}` cannot be sent: {error}");
            Err(Failure::new(500, "bad_output", reason))
        }
        (verdict, Ok(body)) => Ok((verdict, body)),
    });
    let (verdict, body) = match ended {
        Ok(ended) => ended,
        Err(failure) => {
            failure.report(context, duration);
            return failure.answer();
        }
    };
    let Context { function, invocation_id, .. } = context;
    let duration_ms = milliseconds(duration);
    if let Verdict::Refused(reason) = verdict {
        let (ending, reason) = ("refused", one_line(&reason));
        tracing::warn!(function, invocation_id, ending, duration_ms, reason, "refused: {reason}");
        if !tracing::enabled!(Level::WARN) {
            print(&format!(
                "warning: invocation refused: function={function} invocation_id={invocation_id} \
                 reason={reason}"
            ));
        }
    } else {
        tracing::debug!(function, invocation_id, ending = "done", duration_ms, "done");
    }
    Answer { status: 200, body }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
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
