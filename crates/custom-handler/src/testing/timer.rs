//! Timer triggers. They never overlap themselves, and a failure is not repeated without `retry`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    Host,
    config::{Function, Trigger},
    invoke::{Call, invoke},
    log::Invocation,
    schedule::Schedule,
    values::Metadata,
};
use crate::payload::date;

/// The clock of a laptop jumps when it wakes up: look again after this time.
const NAP: Duration = Duration::from_secs(30);

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
        let time = |name| text(name).and_then(date);
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
            // Without a fraction when there is none, else seven digits.
            Some(date) if date.timestamp_subsec_micros() == 0 => {
                date.format("%FT%T+00:00").to_string()
            }
            Some(date) => date.format("%FT%T%.6f0+00:00").to_string(),
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

/// Fires for ever.
pub(crate) async fn listen(host: Arc<Host>, at: usize) {
    let function = &host.root.functions[at];
    let Trigger::Timer { schedule, run_on_startup, .. } = &function.trigger else { return };
    let file = file(&host, function);
    let file = file.as_deref();
    let mut status = status_at_start(function, file);
    let missed = |status: &Status| status.next.is_some_and(|next| next < Utc::now());
    let past_due = status.as_ref().is_some_and(missed);
    // A new timer is known from now on, even if the host ends before it fires.
    save(&host, function, status.as_ref(), file);
    if past_due || *run_on_startup {
        let reason = match past_due {
            true => {
                format!("Timer fired at {} (UnscheduledInvocationReason: IsPastDue)", Utc::now())
            }
            false => "Timer fired at startup (RunOnStartup)".to_owned(),
        };
        fire(&host, function, status.as_ref().map(Status::value), past_due, &reason).await;
        moved_on(schedule, &mut status);
        save(&host, function, status.as_ref(), file);
    }
    while let Some(next) = schedule.next(Utc::now()) {
        while let Ok(left) = (next - Utc::now()).to_std() {
            sleep(left.min(NAP)).await;
        }
        if host.worker.ready().await.is_err() {
            return;
        }
        let reason = format!("Timer fired at {}", Utc::now());
        fire(&host, function, status.as_ref().map(Status::value), false, &reason).await;
        // The status moves on, whether or not the run succeeded.
        moved_on(schedule, &mut status);
        save(&host, function, status.as_ref(), file);
    }
}

/// `None` where the host keeps none.
fn status_at_start(function: &Function, file: Option<&Path>) -> Option<Status> {
    let Trigger::Timer { schedule, text, use_monitor, .. } = &function.trigger else { return None };
    let now = Utc::now();
    if !use_monitor || schedule.is_often(now) {
        return None;
    }
    let known = Status::read(file).filter(|status| status.schedule == *text);
    Some(known.unwrap_or_else(|| Status {
        schedule: text.clone(),
        last: None,
        next: schedule.next(now),
        last_updated: None,
    }))
}

fn moved_on(schedule: &Schedule, status: &mut Option<Status>) {
    if let Some(status) = status {
        let now = Utc::now();
        (status.last, status.last_updated, status.next) =
            (Some(now), Some(now), schedule.next(now));
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
    let mut error: Option<String> = None;
    for count in 0_u32.. {
        let mut call = call(function, status.clone(), past_due, reason);
        if let Some(retry) = &function.retry {
            call.metadata.insert(
                "RetryContext".into(),
                json!({
                    "RetryCount": count,
                    "MaxRetryCount": retry.max(),
                    "Exception": error.take().map(exception),
                    "Instance": null,
                    "State": {},
                }),
            );
        }
        let (invocation, _) = invoke(host, function, call).await;
        let Some(retry) = function.retry.as_ref().filter(|_| !invocation.succeeded) else { return };
        if retry.max() >= 0 && i64::from(count) >= retry.max() {
            return;
        }
        let pause = retry.delay(count + 1);
        host.log.warning(&format!(
            "`{}` is run again in {} s (retry {} of {})",
            function.name,
            pause.as_secs_f32(),
            count + 1,
            retry.max()
        ));
        error = invocation.error;
        sleep(pause).await;
    }
}

fn exception(message: String) -> Value {
    json!({ "ClassName": "System.Net.Http.HttpRequestException", "Message": message })
}

fn call(function: &Function, status: Option<Value>, past_due: bool, reason: &str) -> Call {
    Call {
        reason: reason.to_owned(),
        value: json!({
            "Schedule": { "AdjustForDST": true },
            "ScheduleStatus": status,
            "IsPastDue": past_due,
        }),
        metadata: Metadata::default().finish(&function.name),
        dequeue_count: None,
        traceparent: None,
    }
}

/// As by `POST /admin/functions/<name>`: once, with the stored status, never past due.
pub(crate) async fn run_by_hand(host: &Host, function: &Function) -> Invocation {
    let known = host.statuses.lock().ok().and_then(|all| all.get(&function.name).cloned());
    let stored = || status_at_start(function, file(host, function).as_deref());
    let status = known.or_else(|| stored().as_ref().map(Status::value));
    let reason = "This function was programmatically called via the host APIs.";
    invoke(host, function, call(function, status, false, reason)).await.0
}
