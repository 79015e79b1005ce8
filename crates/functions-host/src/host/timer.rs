//! Timer triggers. They never overlap themselves, and a failure is not repeated without `retry`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    Host,
    config::{Function, Retry, Trigger},
    invoke::{BY_HAND, Call, invoke},
    log::Invocation,
    values::{Metadata, date_text},
};

/// The clock of a laptop jumps when it wakes up: look again after this time.
const NAP: Duration = Duration::from_secs(30);

/// Timers fire so long before their time at most: their clocks are not exact. Handlers have to
/// take the day from the schedule, and meet that in every test.
const EARLY: TimeDelta = TimeDelta::milliseconds(2);

/// .NET's "no date".
const NO_DATE: &str = "0001-01-01T00:00:00+00:00";

/// What the host keeps of a timer, and what the handler gets. Dates are .NET's texts.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    last: String,
    next: String,
    last_updated: String,
}

/// A status in its file. The host's own record has no schedule: its dates show that the schedule
/// changed.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    schedule: String,
    #[serde(flatten)]
    status: Status,
}

impl Status {
    fn is_past_due(&self, now: DateTime<Utc>) -> bool {
        let next = DateTime::parse_from_rfc3339(&self.next);
        self.next != NO_DATE && next.is_ok_and(|next| next < now)
    }
}

fn text(date: Option<DateTime<Utc>>) -> String {
    date.map_or(NO_DATE.to_owned(), |date| date_text(date, "+00:00"))
}

fn file(host: &Host, function: &Function) -> Option<PathBuf> {
    Some(host.options.state.as_ref()?.join(format!("{}.json", function.name)))
}

/// Fires until the host stops.
pub(crate) async fn listen(host: Arc<Host>, at: usize) {
    let function = &host.root.functions[at];
    let Trigger::Timer { schedule, .. } = &function.trigger else { return };
    let file = file(&host, function);
    let file = file.as_deref();
    let begun = Utc::now();
    let mut status = status_at_start(function, file);
    let past_due = status.as_ref().is_some_and(|status| status.is_past_due(begun));
    // A new timer is known from now on, even if the host ends before it fires.
    save(&host, function, status.as_ref(), file);
    let mut next = schedule.next(begun);
    if past_due {
        let reason = format!("Timer fired at {begun} (UnscheduledInvocationReason: IsPastDue)");
        fire(&host, function, status.as_ref(), past_due, &reason).await;
        move_on(begun, next, &mut status);
        save(&host, function, status.as_ref(), file);
    }
    while let Some(time) = next {
        tokio::select! {
            () = wait_for(time - EARLY) => {}
            () = host.stopping() => return,
        }
        if host.worker.ready().await.is_err() {
            return;
        }
        let fired = Utc::now();
        let reason = format!("Timer fired at {fired}");
        fire(&host, function, status.as_ref(), false, &reason).await;
        // The status moves on, whether or not the run succeeded. What was missed while it ran
        // fires at once; what fired early does not fire again.
        let fired = fired.max(time);
        next = schedule.next(fired);
        move_on(fired, next, &mut status);
        save(&host, function, status.as_ref(), file);
    }
}

async fn wait_for(time: DateTime<Utc>) {
    while let Ok(left) = (time - Utc::now()).to_std() {
        sleep(left.min(NAP)).await;
    }
}

/// `None` where the host keeps none.
fn status_at_start(function: &Function, file: Option<&Path>) -> Option<Status> {
    let Trigger::Timer { schedule, use_monitor } = &function.trigger else { return None };
    let now = Utc::now();
    if !use_monitor || schedule.is_often(now) {
        return None;
    }
    let saved = file.and_then(|file| serde_json::from_slice(&fs::read(file).ok()?).ok());
    let saved = saved.filter(|saved: &Saved| saved.schedule == schedule.text);
    Some(saved.map(|saved| saved.status).unwrap_or_else(|| Status {
        last: NO_DATE.to_owned(),
        next: text(schedule.next(now)),
        last_updated: text(Some(now)),
    }))
}

fn move_on(fired: DateTime<Utc>, next: Option<DateTime<Utc>>, status: &mut Option<Status>) {
    if let Some(status) = status {
        let fired = text(Some(fired));
        *status = Status { last: fired.clone(), next: text(next), last_updated: fired };
    }
}

fn save(host: &Host, function: &Function, status: Option<&Status>, file: Option<&Path>) {
    let (Some(status), Trigger::Timer { schedule, .. }) = (status, &function.trigger) else {
        return;
    };
    let saved = Saved { schedule: schedule.text.clone(), status: status.clone() };
    if let Some(Err(error)) = file.map(|file| write(file, &json!(saved))) {
        host.log.error(&format!("the status of a timer cannot be written: {error}"));
    }
    if let Ok(mut statuses) = host.statuses.lock() {
        statuses.insert(function.name.clone(), json!(status));
    }
}

/// Whole or not at all, when two hosts write, or one is killed.
fn write(file: &Path, value: &Value) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let partial = file.with_extension("partial");
    fs::write(&partial, value.to_string())?;
    fs::rename(partial, file)
}

/// Runs the function, and again under its `retry`. The pauses are in memory only.
async fn fire(
    host: &Host,
    function: &Function,
    status: Option<&Status>,
    past_due: bool,
    reason: &str,
) {
    let mut failed: Option<Invocation> = None;
    for count in 0_u32.. {
        let mut call = call(function, json!(status), past_due, reason);
        if let Some(failed) = &failed {
            call.id.clone_from(&failed.id);
        }
        if let Some(Retry::FixedDelay { max_retry_count, .. }) = &function.retry {
            let context = json!({
                "RetryCount": count,
                "MaxRetryCount": max_retry_count,
                "Exception": failed.as_ref().map(exception),
                "Instance": null,
                "State": {},
            });
            call.metadata.insert("RetryContext".into(), context);
        }
        let (invocation, _) = invoke(host, function, call).await;
        let (false, Some(retry)) = (invocation.succeeded, &function.retry) else { return };
        let Retry::FixedDelay { max_retry_count, delay_interval } = retry;
        if count >= *max_retry_count {
            return host.log.error(&format!("Function execution failed after '{count}' retries."));
        }
        host.log.warning(&format!(
            "`{}` runs again in {} s (retry {} of {max_retry_count})",
            function.name,
            delay_interval.as_secs_f32(),
            count + 1,
        ));
        failed = Some(invocation);
        tokio::select! {
            () = sleep(*delay_interval) => {}
            // A host that stops does not keep what it wanted to repeat.
            () = host.stopping() => return,
        }
    }
}

/// .NET's exceptions as JSON, as recorded; without stack traces.
fn exception(failed: &Invocation) -> Value {
    const FAILURE: i64 = -2_146_233_088;
    let function = &failed.function;
    json!({
        "InstanceId": failed.id,
        "MethodName": format!("Host.Functions.{function}"),
        "Handled": false,
        "ClassName": "Microsoft.Azure.WebJobs.Host.FunctionInvocationException",
        "Message": format!("Exception while executing function: Functions.{function}"),
        "Data": null,
        "InnerException": {
            "HttpRequestError": 0,
            "StatusCode": failed.status,
            "Message": failed.error,
            "Data": {},
            "InnerException": null,
            "HelpLink": null,
            "Source": "System.Net.Http",
            "HResult": FAILURE,
            "StackTrace": "",
        },
        "HelpURL": null,
        "StackTraceString": "",
        "RemoteStackTraceString": null,
        "RemoteStackIndex": 0,
        "ExceptionMethod": null,
        "HResult": FAILURE,
        "Source": "System.Private.CoreLib",
        "WatsonBuckets": null,
    })
}

fn call(function: &Function, status: Value, past_due: bool, reason: &str) -> Call {
    let value = json!({
        "Schedule": { "AdjustForDST": true },
        "ScheduleStatus": status,
        "IsPastDue": past_due,
    });
    Call::new(function, reason.to_owned(), value, Metadata::default())
}

/// As by `POST /admin/functions/<name>`: once, with the stored status, never past due.
pub(crate) async fn run_by_hand(host: &Host, function: &Function) -> Invocation {
    let known = host.statuses.lock().ok().and_then(|all| all.get(&function.name).cloned());
    let stored = || json!(status_at_start(function, file(host, function).as_deref()));
    invoke(host, function, call(function, known.unwrap_or_else(stored), false, BY_HAND)).await.0
}
