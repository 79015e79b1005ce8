//! What an invocation carries besides its trigger.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// What an invocation carries besides its trigger: its function, its ids, and the app's state.
///
/// ```
/// use custom_handler::{Context, Outcome, Timer};
///
/// async fn tick(_: Timer, context: Context<u32>) -> Outcome {
///     let (function, id) = (context.function(), context.invocation_id());
///     Outcome::done().log(format!("{function} {id}: state is {}", context.state()))
/// }
/// ```
pub struct Context<S = ()> {
    call: Arc<Call>,
    state: Arc<S>,
}

#[derive(Debug)]
struct Call {
    function: String,
    invocation_id: String,
    traceparent: Option<String>,
    subject: Mutex<Option<Subject>>,
}

/// What an invocation works on, and which delivery of its message asks for it: 1, 2, 3 ...
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) delivery: u32,
}

impl Context {
    pub(crate) fn new(
        function: String,
        invocation_id: Option<String>,
        traceparent: Option<String>,
    ) -> Self {
        let invocation_id = invocation_id.unwrap_or("unknown".to_owned());
        let call = Call { function, invocation_id, traceparent, subject: Mutex::default() };
        Self { call: Arc::new(call), state: Arc::new(()) }
    }

    pub(crate) fn with_state<S>(self, state: Arc<S>) -> Context<S> {
        Context { call: self.call, state }
    }
}

impl<S> Context<S> {
    /// What the handlers of the app share: see [`App::with_state`](crate::App::with_state).
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Name of the function: its folder.
    pub fn function(&self) -> &str {
        &self.call.function
    }

    /// The id under which the portal shows this invocation; `unknown` when the caller is not the
    /// host. The host ties console lines to no invocation: put the id in the text.
    pub fn invocation_id(&self) -> &str {
        &self.call.invocation_id
    }

    /// Names what the invocation works on from now on. If it fails, however it fails, the report
    /// has the name as `subject`, and `delivery`: that of the message, 1, 2, 3 ...
    pub fn set_subject(&self, name: impl Into<String>, delivery: u32) {
        let subject = Subject { name: name.into(), delivery };
        *self.call.subject.lock().unwrap_or_else(PoisonError::into_inner) = Some(subject);
    }

    pub(crate) fn subject(&self) -> Option<Subject> {
        self.call.subject.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The W3C header that names the host's span, not checked; `None` when the host has no
    /// telemetry. Its flags may say "not sampled" for requests that Application Insights keeps:
    /// sample always, or children go missing.
    pub fn traceparent(&self) -> Option<&str> {
        self.call.traceparent.as_deref()
    }
}

impl<S> Clone for Context<S> {
    fn clone(&self) -> Self {
        Self { call: self.call.clone(), state: self.state.clone() }
    }
}

/// Without the state.
impl<S> fmt::Debug for Context<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(out)
    }
}
