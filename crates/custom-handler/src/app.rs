//! The app: its functions and its limits.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tracing::Span;

use crate::{
    Context, DecodeError, Error, EventGridEvents, HttpRequest, Outcome, Payload, QueueMessage,
    Timer, Trigger,
};

pub(crate) type Job = Pin<Box<dyn Future<Output = Outcome> + Send>>;

type Start = Box<dyn Fn(Context, Payload) -> Result<Job, DecodeError> + Send + Sync>;
type Instrument = Box<dyn Fn(&Context) -> Span + Send + Sync>;
type Hook = Pin<Box<dyn Future<Output = ()> + Send>>;
type After = Box<dyn Fn() -> Hook + Send + Sync>;

pub(crate) struct Function {
    pub(crate) name: Arc<str>,
    kind: &'static str,
    pub(crate) start: Start,
}

/// A function of the app, to be compared with its function.json.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionInfo<'a> {
    /// Folder, and path of its invocations.
    pub name: &'a str,
    /// The trigger's `type`: `queueTrigger`.
    pub trigger: &'static str,
}

/// Functions by name, and how they are run.
///
/// A handler takes its trigger and a [`Context`] and returns an [`Outcome`], or a `Result` whose
/// error means "try again". Handlers run at the same time, as many as the host asks for: limit
/// that in host.json, and block no thread for long (`tokio::task::spawn_blocking`).
#[must_use = "an app does nothing until it runs"]
pub struct App {
    pub(crate) functions: Vec<Function>,
    problem: Option<Error>,
    pub(crate) deadline: Duration,
    pub(crate) body_limit: usize,
    pub(crate) drain_limit: Duration,
    instrument: Option<Instrument>,
    pub(crate) after: Option<After>,
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl App {
    /// An app without functions.
    pub fn new() -> Self {
        Self {
            functions: Vec::new(),
            problem: None,
            deadline: Duration::from_secs(25 * 60),
            body_limit: 100 << 20,
            drain_limit: Duration::from_secs(20),
            instrument: None,
            after: None,
        }
    }

    /// Adds a function with a `queueTrigger`.
    pub fn queue<H, F>(self, name: &str, handler: H) -> Self
    where
        H: Fn(QueueMessage, Context) -> F + Send + Sync + 'static,
        F: Future<Output: Into<Outcome>> + Send + 'static,
    {
        self.function(name, handler)
    }

    /// Adds a function with a `timerTrigger`.
    pub fn timer<H, F>(self, name: &str, handler: H) -> Self
    where
        H: Fn(Timer, Context) -> F + Send + Sync + 'static,
        F: Future<Output: Into<Outcome>> + Send + 'static,
    {
        self.function(name, handler)
    }

    /// Adds a function with an `httpTrigger`. Answer by an [`HttpResponse`](crate::HttpResponse)
    /// as the output of its `http` binding.
    pub fn http<H, F>(self, name: &str, handler: H) -> Self
    where
        H: Fn(HttpRequest, Context) -> F + Send + Sync + 'static,
        F: Future<Output: Into<Outcome>> + Send + 'static,
    {
        self.function(name, handler)
    }

    /// Adds a function with an `eventGridTrigger`.
    pub fn event_grid<H, F>(self, name: &str, handler: H) -> Self
    where
        H: Fn(EventGridEvents, Context) -> F + Send + Sync + 'static,
        F: Future<Output: Into<Outcome>> + Send + 'static,
    {
        self.function(name, handler)
    }

    /// Adds a function with any trigger: one of your own, or [`Payload`] for everything as it
    /// came. The name is that of the function's folder, in the same case. A name that the host
    /// would not take, or that is there already, shows when the app is checked or run.
    pub fn function<T, H, F>(mut self, name: &str, handler: H) -> Self
    where
        T: Trigger,
        H: Fn(T, Context) -> F + Send + Sync + 'static,
        F: Future<Output: Into<Outcome>> + Send + 'static,
    {
        let owned = || name.to_owned();
        if !is_name(name) {
            self.problem.get_or_insert(Error::Name { name: owned() });
        } else if self.functions.iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
            self.problem.get_or_insert(Error::Duplicate { name: owned() });
        }
        let handler = Arc::new(handler);
        let start: Start = Box::new(move |context, payload| {
            let trigger = T::decode(payload)?;
            let handler = handler.clone();
            // The handler is called by its own task: it may panic before its first await.
            Ok(Box::pin(async move { handler(trigger, context).await.into() }))
        });
        self.functions.push(Function { name: name.into(), kind: T::KIND, start });
        self
    }

    /// The longest that a handler may take; 25 minutes unless set. Then its future is dropped at
    /// its next await, and the invocation fails.
    ///
    /// Keep it below `functionTimeout` of host.json (30 minutes, 5 on Consumption): when that
    /// runs out the host kills the process, and with it **all** invocations in flight.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The longest body of an invocation in bytes; 100 MiB unless set. Queue messages, timers and
    /// Event Grid deliveries stay below 1 MiB; requests to the host may have 100 MB, but a body
    /// is held several times at once while it is decoded. Beyond the limit the answer is 413.
    pub fn body_limit(self, bytes: usize) -> Self {
        Self { body_limit: bytes, ..self }
    }

    /// How long invocations in flight may go on after the process is asked to stop; 20 seconds
    /// unless set. The Functions host itself never asks: it kills.
    pub fn drain_limit(self, limit: Duration) -> Self {
        Self { drain_limit: limit, ..self }
    }

    /// Makes the span in which a handler runs, instead of this crate's own: there the app hangs
    /// its telemetry below [`Context::traceparent`]. It lives until the end of the invocation is
    /// reported in it, and is closed before the hook of
    /// [`after_invocation`](Self::after_invocation) is called.
    pub fn instrument(self, span: impl Fn(&Context) -> Span + Send + Sync + 'static) -> Self {
        Self { instrument: Some(Box::new(span)), ..self }
    }

    /// Called when a handler has ended, before the host has the answer: the place to flush
    /// telemetry, because the host stops a handler by killing it. Given up after 10 seconds.
    pub fn after_invocation<F>(self, hook: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let after: After = Box::new(move || Box::pin(hook()));
        Self { after: Some(after), ..self }
    }

    /// The functions in the order in which they were added.
    pub fn functions(&self) -> impl Iterator<Item = FunctionInfo<'_>> {
        self.functions
            .iter()
            .map(|function| FunctionInfo { name: &function.name, trigger: function.kind })
    }

    /// The app itself, or the first of its names that is wrong.
    pub fn check(mut self) -> Result<Self, Error> {
        match self.problem.take() {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    pub(crate) fn span(&self, context: &Context) -> Span {
        if let Some(instrument) = &self.instrument {
            return instrument(context);
        }
        let parent = context.traceparent();
        tracing::info_span!(
            "invocation",
            function = context.function(),
            invocation_id = context.invocation_id(),
            trace_id = parent.map(|parent| parent.trace_id_hex()),
            parent_id = parent.map(|parent| parent.parent_id_hex()),
        )
    }
}

/// The host's rule for names of functions.
fn is_name(name: &str) -> bool {
    let rest = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(rest)
        && !name.eq_ignore_ascii_case("host")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn nothing<T>(_: T, _: Context) {}

    #[test]
    fn names_follow_the_hosts_rule() {
        for good in ["a", "A", "a1_-", &"a".repeat(128), "hosts"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "1a", "_a", "a b", "a/b", "é", "host", "Host", &"a".repeat(129)] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_wrong_app_says_what_is_wrong_with_it() {
        let told = |app: App| app.check().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(
            told(App::new().queue("a/b", nothing))
                .starts_with("`a/b` is not a valid function name")
        );
        let twice = App::new().queue("work", nothing).timer("Work", nothing);
        assert!(told(twice).starts_with("the function `Work` is added twice"));
        assert_eq!(told(App::new().queue("a", nothing)), "");
    }

    #[test]
    fn functions_are_listed_with_their_triggers() {
        let app = App::new().http("status", nothing).event_grid("events", nothing);
        let listed: Vec<_> = app.functions().map(|info| (info.name, info.trigger)).collect();
        assert_eq!(listed, [("status", "httpTrigger"), ("events", "eventGridTrigger")]);
    }
}
