//! One invocation from its body to its answer.

use std::{
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use tracing::{Instrument, Level, Span};

use crate::{Context, Outcome, Payload, app::App, outcome::Verdict, panics::Note};

/// How long an aborted handler may take to let go before it is answered for.
const LET_GO: Duration = Duration::from_secs(1);

/// How long the hook after an invocation may take. It holds up the answer.
const HOOK_LIMIT: Duration = Duration::from_secs(10);

/// Longest reason on stderr, in characters.
const LONGEST_REASON: usize = 2_000;

/// Everything but [`Done`](Self::Done) and [`Refused`](Self::Refused) is a failure to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ending {
    /// The work is done.
    Done,
    /// A decision against the input, for good: acknowledged.
    Refused,
    /// Failed in a way that may pass: the trigger delivers again.
    TryAgain,
    /// The handler panicked; the host sees a failure.
    Panicked,
    /// The handler did not end in time and was cancelled.
    DeadlineExceeded,
    /// The process is asked to stop, and the handler did not end until the drain limit.
    Stopped,
    /// What the host sent is not what the trigger sends.
    Undecodable,
    /// An output cannot be sent: a bug of the handler.
    BadOutput,
}

impl Ending {
    /// `try_again`, for logs.
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::TryAgain => "try_again",
            Self::Panicked => "panicked",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Stopped => "stopped",
            Self::Undecodable => "undecodable",
            Self::BadOutput => "bad_output",
        }
    }
}

/// Status and body of an answer. The body is an object always.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn error(status: u16, reason: &str) -> Self {
        Self { status, body: json!({ "error": reason }) }
    }
}

/// What a handler came to, or why it did not.
type Ran = Result<Outcome, (Ending, String)>;

/// Runs the function. It must be polled to its end by a task of its own: a caller that hangs up
/// does not cancel the work.
pub(crate) async fn invoke(
    app: Arc<App>,
    function: usize,
    context: Context,
    body: Vec<u8>,
    stop: watch::Receiver<bool>,
) -> Answer {
    let began = Instant::now();
    let Some(function) = app.functions.get(function) else {
        return Answer::error(404, "unknown function");
    };
    let span = app.span(&context);
    let payload = Payload::from_slice(&body);
    drop(body);
    let result = match payload.and_then(|payload| (function.start)(context.clone(), payload)) {
        Ok(job) => run(&app, job, span.clone(), stop).await,
        Err(error) => Err((Ending::Undecodable, error.to_string())),
    };
    let (ending, reason, answer) = conclude(result);
    span.in_scope(|| report(&context, ending, reason.as_deref(), began.elapsed()));
    // Closed, so that it can be exported.
    drop(span);
    // In a task of its own, for its panics.
    let hook = tokio::spawn(async move {
        if let Some(after) = &app.after {
            after().await;
        }
    });
    if tokio::time::timeout(HOOK_LIMIT, hook).await.is_err() {
        tracing::error!("the hook after an invocation timed out; the answer is sent now");
    }
    answer
}

/// Runs the handler in a task of its own, so that its panic, and a loop in it that never yields,
/// stay its own.
async fn run(app: &App, job: crate::app::Job, span: Span, mut stop: watch::Receiver<bool>) -> Ran {
    let note = Note::default();
    let mut task = tokio::spawn(note.watch(job.instrument(span)));
    let stopping = async {
        // The sender lives as long as the server; without one there is nothing to wait for.
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        joined = &mut task => joined.map_err(|error| {
            let place = note.take().unwrap_or_else(|| error.to_string());
            (Ending::Panicked, format!("the handler panicked at {place}"))
        }),
        () = tokio::time::sleep(app.deadline) => {
            cancel(&mut task).await;
            let limit = app.deadline;
            Err((Ending::DeadlineExceeded, format!("the handler took more than {limit:?}")))
        }
        () = stopping => {
            cancel(&mut task).await;
            Err((Ending::Stopped, "the process is stopping".to_owned()))
        }
    }
}

async fn cancel(task: &mut JoinHandle<Outcome>) {
    task.abort();
    // Let its destructors run before somebody else begins the same work.
    let _ = tokio::time::timeout(LET_GO, task).await;
}

fn conclude(result: Ran) -> (Ending, Option<String>, Answer) {
    let failed = |ending: Ending, reason: &str| {
        let reason = one_line(reason);
        let status = if ending == Ending::Undecodable { 400 } else { 500 };
        (ending, Some(reason.clone()), Answer::error(status, &reason))
    };
    let outcome = match result {
        Ok(outcome) => outcome,
        Err((ending, reason)) => return failed(ending, &reason),
    };
    let (ending, reason) = match &outcome.verdict {
        Verdict::Done => (Ending::Done, None),
        Verdict::Refused(reason) => (Ending::Refused, Some(one_line(reason))),
        Verdict::TryAgain(reason) => return failed(Ending::TryAgain, reason),
    };
    match outcome.into_answer() {
        Ok(body) => (ending, reason, Answer { status: 200, body }),
        Err((binding, error)) => {
            failed(Ending::BadOutput, &format!("the output `{binding}` cannot be sent: {error}"))
        }
    }
}

/// One event in the span of the invocation. A failure has the shape of OpenTelemetry's exceptions,
/// from which telemetry takes the error and its reason.
fn report(context: &Context, kind: Ending, reason: Option<&str>, duration: Duration) {
    let (function, invocation_id) = (context.function(), context.invocation_id());
    let ending = kind.name();
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let reason = reason.unwrap_or_default();
    match kind {
        Ending::Done => {
            tracing::debug!(function, invocation_id, ending, duration_ms, "done");
        }
        Ending::Refused => {
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
        }
        _ => fail(context, ending, reason, duration_ms),
    }
}

/// Reports a call that no handler could answer, in a span of its own.
pub(crate) fn reject(app: &App, context: &Context, ending: &str, reason: &str) {
    app.span(context).in_scope(|| fail(context, ending, &one_line(reason), 0));
}

fn fail(context: &Context, ending: &str, reason: &str, duration_ms: u64) {
    let (function, invocation_id) = (context.function(), context.invocation_id());
    let subject = context.subject();
    tracing::error!(
        name: "exception",
        function,
        invocation_id,
        subject = subject.as_ref().map(|subject| &*subject.name),
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
}

/// One line on stderr, which the host logs as an error, or as a warning if it has that word.
fn print(line: &str) {
    // Nothing to be done when stderr is gone.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Each line break would begin another record in the host's log.
fn one_line(text: &str) -> String {
    let mut line: String = text
        .chars()
        .take(LONGEST_REASON)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
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
