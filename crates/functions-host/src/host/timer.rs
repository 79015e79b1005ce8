//! Timer triggers. They never overlap themselves, and a failure is not repeated without `retry`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
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

/// What the host remembers of a schedule. Its own record has no schedule; it tells by the dates
/// that the schedule changed.
#[derive(Clone, Debug, PartialEq)]
struct Status {
    schedule: String,
    last: Option<DateTime<Utc>>,
    next: Option<DateTime<Utc>>,
    last_updated: Option<DateTime<Utc>>,
}

impl Status {
    fn read(file: Option<&Path>) -> Option<Self> {
        let value: Value = serde_json::from_slice(&fs::read(file?).ok()?).ok()?;
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let time = |name| {
            let date = DateTime::parse_from_rfc3339(text(name)?).ok()?.to_utc();
            (date.year() > 1).then_some(date)
        };
        Some(Self {
            schedule: text("Schedule")?.to_owned(),
            last: time("Last"),
            next: time("Next"),
            last_updated: time("LastUpdated"),
        })
    }

    fn write(&self, file: Option<&Path>) -> io::Result<()> {
        let Some(file) = file else { return Ok(()) };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut value = self.value();
        value["Schedule"] = self.schedule.as_str().into();
        // Whole or not at all, when two hosts write, or one is killed.
        let partial = file.with_extension("partial");
        fs::write(&partial, value.to_string())?;
        fs::rename(partial, file)
    }

    /// As the handler gets it.
    fn value(&self) -> Value {
        let text = |date: Option<DateTime<Utc>>| match date {
            Some(date) => date_text(date, "+00:00"),
            // .NET's "no date".
            None => "0001-01-01T00:00:00+00:00".to_owned(),
        };
        json!({
            "Last": text(self.last),
            "Next": text(self.next),
            "LastUpdated": text(self.last_updated),
        })
    }
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
    let past_due = status.as_ref().and_then(|status| status.next).is_some_and(|next| next < begun);
    // A new timer is known from now on, even if the host ends before it fires.
    save(&host, function, status.as_ref(), file);
    let mut next = schedule.next(begun);
    if past_due {
        let reason = format!("Timer fired at {begun} (UnscheduledInvocationReason: IsPastDue)");
        fire(&host, function, status.as_ref().map(Status::value), past_due, &reason).await;
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
        fire(&host, function, status.as_ref().map(Status::value), false, &reason).await;
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
    let known = Status::read(file).filter(|status| status.schedule == schedule.text);
    Some(known.unwrap_or_else(|| Status {
        schedule: schedule.text.clone(),
        last: None,
        next: schedule.next(now),
        last_updated: Some(now),
    }))
}

fn move_on(fired: DateTime<Utc>, next: Option<DateTime<Utc>>, status: &mut Option<Status>) {
    if let Some(status) = status {
        (status.last, status.last_updated, status.next) = (Some(fired), Some(fired), next);
    }
}

fn save(host: &Host, function: &Function, status: Option<&Status>, file: Option<&Path>) {
    let Some(status) = status else { return };
    if let Err(error) = status.write(file) {
        host.log.error(&format!("the status of a timer cannot be written: {error}"));
    }
    if let Ok(mut statuses) = host.statuses.lock() {
        statuses.insert(function.name.clone(), status.value());
    }
}

/// Runs the function, and again under its `retry`. The pauses are in memory only.
async fn fire(
    host: &Host,
    function: &Function,
    status: Option<Value>,
    past_due: bool,
    reason: &str,
) {
    let mut failed: Option<Invocation> = None;
    for count in 0_u32.. {
        let mut call = call(function, status.clone(), past_due, reason);
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

fn call(function: &Function, status: Option<Value>, past_due: bool, reason: &str) -> Call {
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
    let stored = || status_at_start(function, file(host, function).as_deref());
    let status = known.or_else(|| stored().as_ref().map(Status::value));
    invoke(host, function, call(function, status, false, BY_HAND)).await.0
}
