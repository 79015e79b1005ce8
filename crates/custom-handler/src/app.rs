//! The app: its functions, its state, its limits and layers.

use std::{collections::HashSet, future::Future, sync::Arc, time::Duration};

use tracing::{Instrument, Span};

use crate::{
    Context, Ending, Error, Invocation, Next, Outcome, Trigger,
    function::{Function, Input, Job},
    layer::{self, Layer, Stack},
    script_root::ScriptRoot,
};

/// What a handler may take where host.json sets no `functionTimeout`, which is then 30 minutes.
const DEADLINE: Duration = Duration::from_secs(25 * 60);

/// Functions by name, the state that they share, and how they run.
///
/// Handlers run at the same time, as many as the host asks for: limit that in host.json, and
/// block no thread for long (`tokio::task::spawn_blocking`).
///
/// ```no_run
/// use custom_handler::{App, Context, Error, Stopped, Timer};
///
/// #[tokio::main]
/// async fn main() -> Result<Stopped, Error> {
///     App::new().function("tick", async |_: Timer, _: Context| println!("tick")).run().await
/// }
/// ```
#[must_use = "an app does nothing until it runs"]
pub struct App<S = ()> {
    state: Arc<S>,
    pub(crate) functions: Vec<Function>,
    /// From the innermost to the outermost.
    layers: Vec<Layer>,
    deadline: Option<Duration>,
    function_timeout: Option<Duration>,
    body_limit: usize,
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl App {
    /// An app without functions and without state.
    ///
    /// ```
    /// assert_eq!(custom_handler::App::new().functions().count(), 0);
    /// ```
    pub fn new() -> Self {
        Self::with_state(())
    }
}

impl<S: Send + Sync + 'static> App<S> {
    /// An app whose handlers share a state: clients, settings, pools. See [`Context::state`].
    ///
    /// ```
    /// use custom_handler::{App, Context, Outcome, QueueMessage};
    ///
    /// async fn greet(_: QueueMessage, context: Context<String>) -> Outcome {
    ///     Outcome::done().log(format!("hello from {}", context.state()))
    /// }
    /// let app = App::with_state("Oslo".to_owned()).function("greet", greet);
    /// ```
    pub fn with_state(state: S) -> Self {
        Self {
            state: Arc::new(state),
            functions: Vec::new(),
            layers: Vec::new(),
            deadline: None,
            function_timeout: None,
            body_limit: 100 << 20,
        }
    }

    /// Adds a function. The name is that of its folder, in the same case; the handler's first
    /// argument is its trigger. The handler returns an [`Outcome`], `()`, or a `Result` of one:
    /// see [`Outcome`] for what its errors mean.
    ///
    /// ```
    /// use custom_handler::{App, Context, DecodeError, QueueMessage};
    ///
    /// async fn resize(message: QueueMessage, _: Context) -> Result<(), DecodeError> {
    ///     let _width: u32 = message.json()?;
    ///     Ok(())
    /// }
    /// let app = App::new().function("resize", resize);
    /// ```
    pub fn function<T, H, F>(mut self, name: &str, handler: H) -> Self
    where
        T: Trigger,
        H: Fn(T, Context<S>) -> F + Send + Sync + 'static,
        F: Future<Output: Into<Outcome>> + Send + 'static,
    {
        let (handler, state) = (Arc::new(handler), self.state.clone());
        let start = move |input, context: Context| {
            let trigger = match input {
                Input::Payload(payload) => T::decode(payload)?,
                Input::Trigger(trigger) => *trigger.downcast::<T>().map_err(Function::other)?,
            };
            let (handler, context) = (handler.clone(), context.with_state(state.clone()));
            // The handler is called when its job is polled: it may panic before its first await.
            let job: Job = Box::pin(async move { handler(trigger, context).await.into() });
            Ok(job)
        };
        self.functions.push(Function::new(name, T::KIND, start));
        self
    }

    /// The longest that a handler may take. Then its future is dropped at its next await, and the
    /// invocation fails. Unless set, it is five sixths of `functionTimeout` in host.json, so 25
    /// minutes where that has none.
    ///
    /// It must be below `functionTimeout`: when that runs out, the host kills the process, and
    /// with it **all** invocations in flight.
    ///
    /// ```
    /// let app = custom_handler::App::new().deadline(std::time::Duration::from_secs(60));
    /// ```
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The longest body of an invocation in bytes; 100 MiB unless set. Queue messages, timers and
    /// Event Grid deliveries stay below 1 MiB; requests to the host may have 100 MB, but a body
    /// is held several times at once while it is decoded. Beyond the limit the answer is 413.
    ///
    /// ```
    /// let app = custom_handler::App::new().body_limit(1 << 20);
    /// ```
    pub fn body_limit(self, bytes: usize) -> Self {
        Self { body_limit: bytes, ..self }
    }

    /// Puts a layer around all invocations, those included that reach no handler: an unknown
    /// function, a body too large or unreadable. Each layer stands around those added before it,
    /// and may look at the invocation, end it by an [`Ending`] of its own, or pass it on.
    ///
    /// Within the layers stand those of the crate, in this order: the report, the body limit, the
    /// deadline, the catching of panics.
    ///
    /// ```
    /// use custom_handler::{App, Invocation, Next};
    ///
    /// let app = App::new().layer(async |invocation: Invocation, next: Next| {
    ///     let function = invocation.context().function().to_owned();
    ///     let ending = next.run(invocation).await;
    ///     println!("{function}: {} {}", ending.status(), ending.kind());
    ///     ending
    /// });
    /// ```
    pub fn layer<F>(mut self, layer: impl Fn(Invocation, Next) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Ending> + Send + 'static,
    {
        self.layers.push(layer::boxed(layer));
        self
    }

    /// A [`layer`](Self::layer) that runs an invocation within a span, where the app hangs its
    /// telemetry below [`Context::traceparent`]. Without one the crate opens a span of its own.
    ///
    /// The end of the invocation is reported in the span; layers added later see it closed.
    ///
    /// ```
    /// use custom_handler::{App, tracing};
    ///
    /// let app = App::new().instrument(|context| {
    ///     tracing::info_span!("invocation", id = context.invocation_id())
    /// });
    /// ```
    pub fn instrument(self, span: impl Fn(&Context) -> Span + Send + Sync + 'static) -> Self {
        self.layer(move |invocation, next| {
            let span = span(invocation.context());
            next.run(invocation).instrument(span)
        })
    }

    /// A [`layer`](Self::layer) that runs a hook when an invocation has ended, before the host has
    /// the answer: the place to flush telemetry, because the host stops a handler by killing it.
    /// Given up after 10 seconds. Add it after [`instrument`](Self::instrument), whose span is then
    /// closed.
    ///
    /// ```
    /// async fn flush() {}
    /// let app = custom_handler::App::new().after_invocation(flush);
    /// ```
    pub fn after_invocation<F>(self, hook: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hook = Arc::new(hook);
        self.layer(move |invocation, next| {
            let hook = hook.clone();
            async move {
                let ending = next.run(invocation).await;
                layer::run_hook(async move { hook().await }).await;
                ending
            }
        })
    }

    /// Name and trigger (`queueTrigger`) of each function.
    ///
    /// ```
    /// use custom_handler::{App, Context, Timer};
    ///
    /// let app = App::new().function("tick", async |_: Timer, _: Context| ());
    /// assert_eq!(app.functions().next(), Some(("tick", "timerTrigger")));
    /// ```
    pub fn functions(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.functions.iter().map(|function| (function.name.as_str(), function.kind))
    }

    /// The app itself, unless the host would not take it: one error lists all problems. Checks the
    /// names of functions; [`run`](Self::run) does it as well.
    ///
    /// ```
    /// use custom_handler::{App, Context, Timer};
    ///
    /// let app = App::new().function("1st", async |_: Timer, _: Context| ());
    /// let problem = app.check().err().expect("a name begins with a letter").to_string();
    /// assert!(problem.contains("`1st` is not a valid function name"));
    /// ```
    pub fn check(self) -> Result<Self, Error> {
        let problems = self.wrong_names();
        if problems.is_empty() { Ok(self) } else { Err(Error::Misfit { problems }) }
    }

    /// As [`check`](Self::check), and compares the app with host.json and each function.json below
    /// a script root: functions, triggers, names of bindings, the deadline. Takes the deadline from
    /// `functionTimeout` if none is set. [`run`](Self::run) does it for
    /// `FUNCTIONS_APP_ROOT_PATH`; a test does it before the app is deployed.
    ///
    /// ```no_run
    /// # let app = custom_handler::App::new();
    /// let app = app.check_script_root("dist").expect("the app fits its function.json files");
    /// ```
    pub fn check_script_root(mut self, root: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        let mut problems = self.wrong_names();
        let root = ScriptRoot::read(root.as_ref(), &mut problems);
        root.compare(&mut self.functions, &mut problems);
        self.function_timeout = root.function_timeout;
        if let (Some(deadline), Some(timeout)) = (self.deadline, root.function_timeout) {
            if deadline >= timeout {
                problems.push(format!(
                    "the deadline of {deadline:?} is not below `functionTimeout` of host.json, \
                     {timeout:?}"
                ));
            }
        }
        if problems.is_empty() { Ok(self) } else { Err(Error::Misfit { problems }) }
    }

    fn wrong_names(&self) -> Vec<String> {
        let (mut known, mut problems) = (HashSet::new(), Vec::new());
        for Function { name, .. } in &self.functions {
            if !is_name(name) {
                problems.push(format!(
                    "`{}` is not a valid function name: it must begin with a letter, hold only \
                     letters, digits, `_` and `-`, at most 128 of them, and must not be `host`; \
                     name it like its folder",
                    name.escape_debug()
                ));
            } else if !known.insert(name.to_ascii_lowercase()) {
                problems.push(format!(
                    "the function `{name}` is added twice (case does not count); remove or rename \
                     one"
                ));
            }
        }
        problems
    }

    pub(crate) fn into_stack(self) -> Arc<Stack> {
        let from_host = self.function_timeout.map(|timeout| timeout / 6 * 5);
        let deadline = self.deadline.or(from_host).unwrap_or(DEADLINE);
        Stack::new(self.functions, self.layers, self.body_limit, deadline)
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
            assert!(problem.contains(&format!("`{bad}` is not a valid function name")), "{bad}");
        }
    }

    #[test]
    fn one_error_lists_all_problems() {
        let app = App::new().function("work", nothing::<Timer>).function("1a", nothing::<Timer>);
        let problem =
            problem(app.function("Work", nothing::<HttpRequest>).function("é", nothing::<Timer>));
        for part in ["`1a` is not", "`é` is not", "the function `Work` is added twice"] {
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn functions_are_listed_with_their_triggers() {
        let app = App::new().function("status", nothing::<HttpRequest>);
        let app = app.function("events", nothing::<EventGridEvents>);
        let listed = [("status", "httpTrigger"), ("events", "eventGridTrigger")];
        assert_eq!(app.functions().collect::<Vec<_>>(), listed);
    }
}
