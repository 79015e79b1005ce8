//! HTTP to the host, over warp.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use bytes::Buf;
use futures_util::{
    Stream, TryStreamExt,
    future::{Either, maybe_done, select},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
};
use warp::{
    Filter,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
    path::FullPath,
};

use crate::{
    App, Context,
    invocation::{Answer, invoke, reject},
};

/// How long the rest of a body that nobody wants is read, so that the caller, who still writes,
/// gets to read its answer instead of a broken connection.
const DISCARD: Duration = Duration::from_secs(5);

/// How long abandoned invocations may take to be answered.
const FAREWELL: Duration = Duration::from_secs(2);

/// How serving came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub(crate) cause: Cause,
    /// Invocations that were cancelled because they did not end within the drain limit. The host
    /// was told that they failed.
    pub abandoned: usize,
}

/// What made serving stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The future given to [`App::serve`] became ready.
    Shutdown,
    /// SIGINT: Ctrl-C in the terminal of `func`.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// The process that started this one ended without stopping it.
    HostGone,
}

impl Stopped {
    /// The code that the process has to end with: 0 after Ctrl-C, where `func` prints a red line
    /// for anything else. Any other end needs another code, because the host does not start a
    /// handler again that ended with 0.
    pub fn exit_code(self) -> u8 {
        match self.cause {
            Cause::Shutdown | Cause::Interrupted if self.abandoned == 0 => 0,
            // 128 + SIGTERM, as of a process that does not catch it.
            Cause::Terminated => 143,
            Cause::Shutdown | Cause::Interrupted | Cause::HostGone => 1,
        }
    }
}

struct Shared {
    app: Arc<App>,
    /// Invocations that run, whether or not their caller still waits.
    in_flight: watch::Sender<usize>,
    /// Set when those still running have to end at once.
    stop: watch::Sender<bool>,
}

/// One invocation in the count.
struct InFlight(Arc<Shared>);

impl InFlight {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.in_flight.send_modify(|count| *count += 1);
        Self(shared.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.send_modify(|count| *count -= 1);
    }
}

/// Serves until `shutdown`, then drains until the limit, or until `hurry`. Returns the number of
/// invocations that were cancelled.
pub(crate) async fn serve(
    app: App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    hurry: impl Future<Output = ()>,
) -> usize {
    crate::panics::install();
    let limit = app.drain_limit;
    let (in_flight, stop) = (watch::channel(0).0, watch::channel(false).0);
    let shared = Arc::new(Shared { app: Arc::new(app), in_flight, stop });
    let (close, closed) = oneshot::channel::<()>();
    let closed = async move {
        // A dropped sender closes as well.
        let _ = closed.await;
    };
    let server = warp::serve(routes(shared.clone())).incoming(listener).graceful(closed).run();
    let mut server = pin!(maybe_done(server));
    select(server.as_mut(), pin!(shutdown)).await;
    let _ = close.send(());

    let mut idle = shared.in_flight.subscribe();
    let mut drained = pin!(maybe_done(async {
        server.as_mut().await;
        let _ = idle.wait_for(|count| *count == 0).await;
    }));
    let (timer, hurry) = (pin!(tokio::time::sleep(limit)), pin!(hurry));
    let too_long = select(timer, hurry);
    if let Either::Left(_) = select(drained.as_mut(), too_long).await {
        return 0;
    }
    let abandoned = *shared.in_flight.borrow();
    shared.stop.send_replace(true);
    let _ = tokio::time::timeout(FAREWELL, drained).await;
    abandoned
}

/// A single route: warp's merging of rejections turns a 404 into a 405 as soon as there are two.
fn routes(
    shared: Arc<Shared>,
) -> impl Filter<Extract = (Response<String>,), Error = warp::Rejection> + Clone {
    warp::method()
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .and_then(move |method, path, headers, body| {
            let shared = shared.clone();
            async move {
                let response = respond(shared, method, path, headers, body).await;
                Ok::<_, warp::Rejection>(response)
            }
        })
}

async fn respond<B: Buf>(
    shared: Arc<Shared>,
    method: Method,
    path: FullPath,
    headers: HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Response<String> {
    let mut body = pin!(body);
    let app = &shared.app;
    let names = || app.functions().map(|function| Value::from(function.name)).collect::<Vec<_>>();
    let path = path.as_str();
    if path == "/" && matches!(method, Method::GET | Method::HEAD) {
        // The host asks every 25 ms whether we listen; later it asks for our health.
        return response(Answer { status: 200, body: json!({ "functions": names() }) });
    }
    // The path is the folder's name, whatever the route: exact, in its case, nothing below it.
    let name = path.strip_prefix('/').unwrap_or(path);
    let Some(at) = app.functions.iter().position(|function| &*function.name == name) else {
        discard(body).await;
        if path == "/" {
            return not_allowed("GET");
        }
        let reason = format!("there is no function `{}`", name.escape_debug());
        if method == Method::POST {
            reject(app, &context(name, &headers), "unknown_function", &reason);
        }
        let known = json!({ "error": reason, "functions": names() });
        return response(Answer { status: 404, body: known });
    };
    if method != Method::POST {
        discard(body).await;
        return not_allowed("POST");
    }
    let context = context(&app.functions[at].name, &headers);
    let body = match read(body.as_mut(), app.body_limit).await {
        Ok(body) => body,
        Err(unread) => {
            let (status, ending) = match unread {
                Unread::TooLarge => (413, "body_too_large"),
                Unread::Broken => (400, "body_broken_off"),
            };
            let reason = match unread {
                Unread::TooLarge => format!("the body has more than {} bytes", app.body_limit),
                Unread::Broken => "the connection closed before the end of the body".to_owned(),
            };
            discard(body).await;
            reject(app, &context, ending, &reason);
            return response(Answer::error(status, &reason));
        }
    };
    let counted = InFlight::new(&shared);
    let invocation = {
        let (app, stop) = (app.clone(), shared.stop.subscribe());
        tokio::spawn(async move {
            let answer = invoke(app, at, context, body, stop).await;
            drop(counted);
            answer
        })
    };
    // Only `App::instrument` could panic there, whose message is on stderr already.
    let answer = invocation.await.unwrap_or_else(|_| Answer::error(500, "the invocation failed"));
    response(answer)
}

fn context(function: &str, headers: &HeaderMap) -> Context {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let id = text("X-Azure-Functions-InvocationId").unwrap_or("unknown");
    let traceparent = text("traceparent").and_then(|text| text.trim().parse().ok());
    Context::new(function.escape_debug().to_string(), id, traceparent)
}

enum Unread {
    TooLarge,
    Broken,
}

/// The host sends bodies in chunks without a length, which warp's own limit does not take.
async fn read<B: Buf>(
    mut body: impl Stream<Item = Result<B, warp::Error>> + Unpin,
    limit: usize,
) -> Result<Vec<u8>, Unread> {
    let mut all = Vec::new();
    while let Some(mut part) = body.try_next().await.map_err(|_| Unread::Broken)? {
        if part.remaining() > limit - all.len() {
            return Err(Unread::TooLarge);
        }
        while part.has_remaining() {
            let chunk = part.chunk();
            let length = chunk.len();
            all.extend_from_slice(chunk);
            part.advance(length);
        }
    }
    Ok(all)
}

async fn discard<B: Buf>(mut body: impl Stream<Item = Result<B, warp::Error>> + Unpin) {
    let rest = async { while let Ok(Some(_)) = body.try_next().await {} };
    let _ = tokio::time::timeout(DISCARD, rest).await;
}

fn not_allowed(method: &'static str) -> Response<String> {
    let mut refusal = response(Answer::error(405, &format!("only {method} is allowed here")));
    refusal.headers_mut().insert(header::ALLOW, HeaderValue::from_static(method));
    refusal
}

/// Always JSON: the host takes no other type, and an empty body would leave it waiting.
fn response(answer: Answer) -> Response<String> {
    let mut response = Response::new(answer.body.to_string());
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
