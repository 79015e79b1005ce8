//! What an invocation is told besides its trigger.

use std::sync::Arc;

use crate::TraceParent;

/// Who is being called, by what id, and within which trace. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context {
    function: Arc<str>,
    invocation_id: Arc<str>,
    traceparent: Option<TraceParent>,
}

impl Context {
    pub(crate) fn new(
        function: impl Into<Arc<str>>,
        invocation_id: impl Into<Arc<str>>,
        traceparent: Option<TraceParent>,
    ) -> Self {
        Self { function: function.into(), invocation_id: invocation_id.into(), traceparent }
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
