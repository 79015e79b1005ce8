//! The app: its functions and its limits.

use std::{
    collections::HashSet,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tracing::Span;

use crate::{DecodeError, Error, Outcome, Payload, Trigger};

pub(crate) type Job = Pin<Box<dyn Future<Output = Outcome> + Send>>;

type Start = Box<dyn Fn(Context, Payload) -> Result<Job, DecodeError> + Send + Sync>;
type Instrument = Box<dyn Fn(&Context) -> Span + Send + Sync>;
type Hook = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

pub(crate) struct Function {
    pub(crate) name: String,
    kind: &'static str,
    pub(crate) start: Start,
}

/// What an invocation carries besides its trigger.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) function: String,
    pub(crate) invocation_id: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) subject: Arc<Mutex<Option<Subject>>>,
}

/// What an invocation works on, and which delivery of its message asks for it: 1, 2, 3 ...
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) delivery: u32,
}

impl Context {
    /// Name of the function: its folder.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The id under which the portal shows this invocation; `unknown` when the caller is not the
    /// host. The host ties console lines to no invocation: put the id in the text.
    pub fn invocation_id(&self) -> &str {
        &self.invocation_id
    }

    /// Names what the invocation works on from now on. If it fails, however it fails, the report
    /// has the name as `subject`, and `delivery`: that of the message, 1, 2, 3 ...
    pub fn set_subject(&self, name: impl Into<String>, delivery: u32) {
        let subject = Subject { name: name.into(), delivery };
        *self.subject.lock().unwrap_or_else(PoisonError::into_inner) = Some(subject);
    }

    /// The W3C header that names the host's span, not checked; `None` when the host has no
    /// telemetry. Its flags may say "not sampled" for requests that Application Insights keeps:
    /// sample always, or children go missing.
    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }
}

/// Functions by name, and how they run.
///
/// Handlers run at the same time, as many as the host asks for: limit that in host.json, and
/// block no thread for long (`tokio::task::spawn_blocking`).
#[must_use = "an app does nothing until it runs"]
pub struct App {
    pub(crate) functions: Vec<Function>,
    pub(crate) deadline: Duration,
    pub(crate) body_limit: usize,
    instrument: Option<Instrument>,
    pub(crate) after: Option<Hook>,
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
            deadline: Duration::from_secs(25 * 60),
            body_limit: 100 << 20,
            instrument: None,
            after: None,
        }
    }

    /// Adds a function. The name is that of its folder, in the same case; the handler's first
    /// argument is its trigger. The handler returns an [`Outcome`], or a `Result` whose error
    /// means "try again".
    pub fn function<T, H, F>(mut self, name: &str, handler: H) -> Self
    where
        T: Trigger,
        H: Fn(T, Context) -> F + Send + Sync + 'static,
        F: Future<Output: Into<Outcome>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let start: Start = Box::new(move |context, payload| {
            let trigger = T::decode(payload)?;
            let handler = handler.clone();
            // The handler is called by its own task: it may panic before its first await.
            Ok(Box::pin(async move { handler(trigger, context).await.into() }))
        });
        self.functions.push(Function { name: name.to_owned(), kind: T::KIND, start });
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

    /// Makes the span in which a handler runs, instead of this crate's own: there the app hangs
    /// its telemetry below [`Context::traceparent`]. The span lives until the end of the
    /// invocation is reported in it, and is closed before the hook of
    /// [`after_invocation`](Self::after_invocation) runs.
    pub fn instrument(self, span: impl Fn(&Context) -> Span + Send + Sync + 'static) -> Self {
        Self { instrument: Some(Box::new(span)), ..self }
    }

    /// Runs when a handler has ended, before the host has the answer: the place to flush
    /// telemetry, because the host stops a handler by killing it. Given up after 10 seconds.
    pub fn after_invocation<F>(self, hook: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { after: Some(Box::new(move || Box::pin(hook()))), ..self }
    }

    /// Name and trigger (`queueTrigger`) of each function, to compare with function.json.
    pub fn functions(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.functions.iter().map(|function| (function.name.as_str(), function.kind))
    }

    /// The app itself, unless the host would not take the names of its functions.
    pub fn check(self) -> Result<Self, Error> {
        let mut known = HashSet::new();
        for Function { name, .. } in &self.functions {
            if !is_name(name) {
                return Err(Error::Name { name: name.clone() });
            }
            if !known.insert(name.to_ascii_lowercase()) {
                return Err(Error::Duplicate { name: name.clone() });
            }
        }
        Ok(self)
    }

    pub(crate) fn span(&self, context: &Context) -> Span {
        if let Some(instrument) = &self.instrument {
            return instrument(context);
        }
        let Context { function, invocation_id, traceparent, .. } = context;
        tracing::info_span!("invocation", function, invocation_id, traceparent)
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
    use crate::{EventGridEvents, HttpRequest, Timer};

    async fn nothing<T>(_: T, _: Context) {}

    fn problem(app: App) -> String {
        app.check().err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn names_follow_the_hosts_rule() {
        for good in ["a", "A", "a1_-", &"a".repeat(128), "hosts"] {
            assert_eq!(problem(App::new().function(good, nothing::<Timer>)), "", "{good}");
        }
        for bad in ["", "1a", "_a", "a b", "a/b", "é", "host", "Host", &"a".repeat(129)] {
            let problem = problem(App::new().function(bad, nothing::<Timer>));
            assert!(problem.starts_with(&format!("`{bad}` is not a valid function name")), "{bad}");
        }
        let app = App::new().function("work", nothing::<Timer>);
        let twice = app.function("Work", nothing::<HttpRequest>);
        assert!(problem(twice).starts_with("the function `Work` is added twice"));
    }

    #[test]
    fn functions_are_listed_with_their_triggers() {
        let app = App::new().function("status", nothing::<HttpRequest>);
        let app = app.function("events", nothing::<EventGridEvents>);
        let listed = [("status", "httpTrigger"), ("events", "eventGridTrigger")];
        assert_eq!(app.functions().collect::<Vec<_>>(), listed);
    }
}
