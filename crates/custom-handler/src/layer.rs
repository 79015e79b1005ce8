//! Layers around the handlers. The crate's own are of the same kind as an app's.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{FutureExt, Stream, TryStreamExt};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tracing::{Instrument, Span};

use crate::{
    Context, Ending, Payload,
    function::{Function, Input},
    panics::Note,
};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(crate) type Layer = Box<dyn Fn(Invocation, Next) -> Boxed<Ending> + Send + Sync>;

pub(crate) type Body = Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send>>;

/// How long an aborted handler may take to let go before it is answered for.
const LET_GO: Duration = Duration::from_secs(1);

/// How long the hook after an invocation may take. It holds up the answer.
const HOOK_LIMIT: Duration = Duration::from_secs(10);

/// How long the rest of an unwanted body is read, so that the caller, who still writes, gets its
/// answer instead of a closed connection.
const DISCARD: Duration = Duration::from_secs(5);

/// An invocation on its way to the handler, which a layer passes on: see
/// [`App::layer`](crate::App::layer).
///
/// ```
/// # use custom_handler::{App, Invocation, Next};
/// let app = App::new().layer(async |invocation: Invocation, next: Next| {
///     println!("{} begins", invocation.context().invocation_id());
///     next.run(invocation).await
/// });
/// ```
pub struct Invocation {
    pub(crate) context: Context,
    /// Place among the functions, if there is such a one.
    pub(crate) function: Option<usize>,
    pub(crate) unread: Body,
    pub(crate) body: Vec<u8>,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Invocation {
    /// Function and ids. The name of the function is the caller's: there may be none of that name.
    pub fn context(&self) -> &Context {
        &self.context
    }
}

/// What a layer stands around: the layers within it, and the handler.
///
/// ```
/// # use custom_handler::{App, Invocation, Next};
/// let app = App::new().layer(|invocation: Invocation, next: Next| next.run(invocation));
/// ```
pub struct Next {
    stack: Arc<Stack>,
    at: usize,
}

/// All layers of an app, from the outermost on, and its functions.
pub(crate) struct Stack {
    layers: Vec<Layer>,
    pub(crate) functions: Vec<Function>,
}

impl Stack {
    /// The layers of the app are in the order in which they were added.
    pub(crate) fn new(
        functions: Vec<Function>,
        layers: Vec<Layer>,
        limit: usize,
        deadline: Duration,
    ) -> Arc<Self> {
        let mut layers: Vec<_> = layers.into_iter().rev().collect();
        layers.push(boxed(report));
        layers.push(boxed(move |invocation, next| limit_body(invocation, next, limit)));
        layers.push(boxed(move |invocation, next| limit_time(invocation, next, deadline)));
        layers.push(boxed(catch_panics));
        Arc::new(Self { layers, functions })
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.functions.iter().map(|function| function.name.as_str()).collect()
    }

    /// Runs an invocation to its end. It must be polled by a task of its own: a caller that hangs
    /// up does not cancel the work.
    pub(crate) fn run(self: Arc<Self>, invocation: Invocation) -> Boxed<Ending> {
        Next { stack: self, at: 0 }.run(invocation)
    }
}

impl Next {
    /// Runs the rest, down to the handler.
    #[must_use = "the handler runs when the future is awaited"]
    pub fn run(self, invocation: Invocation) -> Pin<Box<dyn Future<Output = Ending> + Send>> {
        let Self { stack, at } = self;
        let within = Next { stack: stack.clone(), at: at + 1 };
        match stack.layers.get(at) {
            Some(layer) => layer(invocation, within),
            None => Box::pin(handle(stack, invocation)),
        }
    }
}

pub(crate) fn boxed<F>(layer: impl Fn(Invocation, Next) -> F + Send + Sync + 'static) -> Layer
where
    F: Future<Output = Ending> + Send + 'static,
{
    Box::new(move |invocation, next| Box::pin(layer(invocation, next)))
}

/// Reports the end by one event, in the span of the app's layers or else in one of its own.
async fn report(invocation: Invocation, next: Next) -> Ending {
    let (began, context) = (Instant::now(), invocation.context.clone());
    let outer = Span::current();
    let (function, id) = (context.function(), context.invocation_id());
    let span = match outer.is_none() {
        true => {
            let traceparent = context.traceparent();
            tracing::info_span!("invocation", function, invocation_id = id, traceparent)
        }
        false => outer,
    };
    let ending = next.run(invocation).instrument(span.clone()).await;
    span.in_scope(|| ending.report(&context, began.elapsed()));
    ending
}

/// Reads the body, of a function that exists. The host sends bodies in chunks without a length,
/// which warp's own limit does not take.
async fn limit_body(mut invocation: Invocation, next: Next, limit: usize) -> Ending {
    let refusal = match invocation.function {
        None => {
            let reason = format!("there is no function `{}`", invocation.context.function());
            Ending::failed(404, "unknown_function", reason)
        }
        Some(_) => match read(&mut invocation, limit).await {
            None => return next.run(invocation).await,
            Some(refusal) => refusal,
        },
    };
    discard(invocation.unread).await;
    refusal
}

/// `None` when all is read.
async fn read(invocation: &mut Invocation, limit: usize) -> Option<Ending> {
    loop {
        match invocation.unread.try_next().await {
            Ok(None) => return None,
            Ok(Some(part)) if part.len() > limit - invocation.body.len() => {
                let reason = format!("the body has more than {limit} bytes");
                return Some(Ending::failed(413, "body_too_large", reason));
            }
            Ok(Some(part)) => invocation.body.extend_from_slice(&part),
            Err(_) => {
                let reason = "the connection closed before the end of the body";
                return Some(Ending::failed(400, "body_incomplete", reason));
            }
        }
    }
}

pub(crate) async fn discard(mut body: Body) {
    let rest = async { while let Ok(Some(_)) = body.try_next().await {} };
    let _ = timeout(DISCARD, rest).await;
}

/// Runs the rest in a task of its own, so that a loop in it that never yields stays its own, until
/// the deadline or the end of the process.
async fn limit_time(invocation: Invocation, next: Next, deadline: Duration) -> Ending {
    let mut stop = invocation.stop.clone();
    let mut task = tokio::spawn(next.run(invocation).instrument(Span::current()));
    let ending = tokio::select! {
        joined = &mut task => {
            return joined.unwrap_or_else(|error| Ending::failed(500, "panicked", error.to_string()));
        }
        () = sleep(deadline) => {
            let reason = format!("the handler took more than {deadline:?}");
            Ending::failed(500, "deadline_exceeded", reason)
        }
        true = async { stop.wait_for(|stop| *stop).await.is_ok() } => {
            Ending::failed(500, "stopped", "the process is stopping")
        }
    };
    task.abort();
    // Let its destructors run before somebody else begins the same work.
    let _ = timeout(LET_GO, task).await;
    ending
}

async fn catch_panics(invocation: Invocation, next: Next) -> Ending {
    let note = Note::default();
    let run = pin!(note.watch(async move { next.run(invocation).await }));
    AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(|_| {
        let place = note.take().unwrap_or_else(|| "an unknown place".to_owned());
        Ending::failed(500, "panicked", format!("the handler panicked at {place}"))
    })
}

/// The innermost: decodes the trigger and calls the handler.
async fn handle(stack: Arc<Stack>, invocation: Invocation) -> Ending {
    let Invocation { context, function, body, .. } = invocation;
    let function = &stack.functions[function.unwrap_or_default()];
    let payload = Payload::from_slice(&body);
    drop(body);
    match payload.and_then(|payload| (function.start)(Input::Payload(payload), context)) {
        Ok(job) => {
            let outcome = job.await;
            let unknown = function.unknown_output(&outcome);
            Ending::of(outcome, unknown)
        }
        Err(error) => Ending::failed(400, "undecodable", error.to_string()),
    }
}

/// Runs a hook in a task of its own, for its panics.
pub(crate) async fn run_hook(hook: impl Future<Output = ()> + Send + 'static) {
    if timeout(HOOK_LIMIT, tokio::spawn(hook)).await.is_err() {
        tracing::error!("the hook after an invocation timed out; the answer is sent now");
    }
}
