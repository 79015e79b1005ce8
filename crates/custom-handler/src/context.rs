//! What an invocation is told besides its trigger.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};

use crate::{Payload, TraceParent};

/// Who is being called, by what id, and within which trace. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    function: Arc<str>,
    invocation_id: Arc<str>,
    traceparent: Option<TraceParent>,
    retry: Option<Retry>,
    rest: Arc<Payload>,
}

/// How often the host repeated this invocation under the `retry` policy of function.json. Not
/// the queue's own attempts: those are `QueueMessage::dequeue_count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// 0 in the first run, 1 in the first repetition.
    pub count: u32,
    /// The policy's `maxRetryCount`; `None` when it repeats for ever (-1).
    pub max: Option<u32>,
}

impl Retry {
    /// Whether a failure of this run is final.
    pub fn is_last(&self) -> bool {
        self.max.is_some_and(|max| self.count >= max)
    }

    /// `Metadata.RetryContext`, which is there only under a policy. A message or body that
    /// brings a member of that name could pretend it, so it counts as none.
    fn of(payload: &Payload) -> Option<Self> {
        let retry = payload.metadata.get("RetryContext")?.as_object()?;
        let number = |name| match retry.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let count = u32::try_from(number("RetryCount")?).ok()?;
        let max = number("MaxRetryCount").and_then(|max| u32::try_from(max).ok());
        (!payload.may_be_forged("RetryContext")).then_some(Self { count, max })
    }
}

/// Without metadata and inputs, which may hold personal data.
impl fmt::Debug for Context {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Context")
            .field("function", &self.function)
            .field("invocation_id", &self.invocation_id)
            .field("traceparent", &self.traceparent)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl Context {
    /// A context for tests of handlers: no trace, no policy, no inputs.
    pub fn new(function: impl Into<Arc<str>>, invocation_id: impl Into<Arc<str>>) -> Self {
        let (function, invocation_id) = (function.into(), invocation_id.into());
        Self { function, invocation_id, traceparent: None, retry: None, rest: Arc::default() }
    }

    /// The same with a remote parent.
    pub fn with_traceparent(self, traceparent: Option<TraceParent>) -> Self {
        Self { traceparent, ..self }
    }

    /// The same within a retry policy.
    pub fn with_retry(self, retry: Option<Retry>) -> Self {
        Self { retry, ..self }
    }

    /// Reads what the payload says of retries, while the trigger's value is still in it.
    pub(crate) fn observe(self, payload: &Payload) -> Self {
        self.with_retry(Retry::of(payload))
    }

    /// Keeps what the trigger left: metadata and inputs.
    pub(crate) fn with_rest(self, payload: Payload) -> Self {
        Self { rest: Arc::new(payload), ..self }
    }

    /// Name of the function: its folder.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The id under which the portal shows this invocation; `unknown` when the caller is not the
    /// host. Console lines are not tied to an invocation by the host: put the id in the text.
    pub fn invocation_id(&self) -> &str {
        &self.invocation_id
    }

    /// The host's span; `None` when the host has no telemetry, or sent a malformed header.
    pub fn traceparent(&self) -> Option<TraceParent> {
        self.traceparent
    }

    /// `None` without a `retry` policy in function.json.
    pub fn retry(&self) -> Option<Retry> {
        self.retry
    }

    /// The values of input bindings by name, encoded as [`Payload`] says.
    pub fn inputs(&self) -> &Map<String, Value> {
        &self.rest.data
    }

    /// `Metadata` as it came. Senders can overwrite any of it; see [`Payload`].
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.rest.metadata
    }
}
