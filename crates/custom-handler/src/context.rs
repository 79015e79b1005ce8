//! What an invocation is told besides its trigger.

use std::sync::{Arc, Mutex, PoisonError};

use crate::TraceParent;

/// Who is being called, by what id, and within which trace. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context {
    function: Arc<str>,
    invocation_id: Arc<str>,
    traceparent: Option<TraceParent>,
    subject: Arc<Mutex<Option<Subject>>>,
}

/// What an invocation works on, and which delivery of its message asks for it: 1, 2, 3 ...
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) delivery: u32,
}

impl Context {
    pub(crate) fn new(
        function: impl Into<Arc<str>>,
        invocation_id: impl Into<Arc<str>>,
        traceparent: Option<TraceParent>,
    ) -> Self {
        let (function, invocation_id) = (function.into(), invocation_id.into());
        Self { function, invocation_id, traceparent, subject: Arc::default() }
    }

    /// Names what the invocation works on from now on. If it fails, however it fails, the report
    /// has the name as `subject`, and `delivery`: that of the message, 1, 2, 3 ...
    pub fn set_subject(&self, name: impl Into<String>, delivery: u32) {
        let subject = Subject { name: name.into(), delivery };
        *self.subject.lock().unwrap_or_else(PoisonError::into_inner) = Some(subject);
    }

    pub(crate) fn subject(&self) -> Option<Subject> {
        self.subject.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
}
