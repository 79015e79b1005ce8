//! HTTP to the host, over warp.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use bytes::Buf;
use futures_util::{Stream, TryStreamExt};
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
    task::JoinHandle,
    time::timeout,
};
use warp::{
    Filter,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
    path::FullPath,
};

use crate::{
    App, Context,
    invocation::{Answer, Failure, invoke},
};

/// How long the rest of an unwanted body is read, so that the caller, who still writes, gets its
/// answer instead of a closed connection.
const DISCARD: Duration = Duration::from_secs(5);

/// How long abandoned invocations may take to be answered.
const FAREWELL: Duration = Duration::from_secs(2);

/// An app that serves. Dropped, it takes no more calls.
pub(crate) struct Server {
    shared: Arc<Shared>,
    close: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

struct Shared {
    app: Arc<App>,
    /// Set when invocations have to end at once. Each has a receiver as long as it runs, whether
    /// or not its caller still waits.
    stop: watch::Sender<bool>,
}

impl Server {
    pub(crate) fn start(app: App, listener: TcpListener) -> Self {
        crate::panics::install();
        let shared = Arc::new(Shared { app: Arc::new(app), stop: watch::Sender::new(false) });
        let (close, closed) = oneshot::channel();
        let server = warp::serve(routes(shared.clone())).incoming(listener);
        let serving = server.graceful(async { closed.await.unwrap_or_default() }).run();
        Self { shared, close, serving: tokio::spawn(serving) }
    }

    /// Takes no more calls, and waits for those in flight until `hurry` is ready; then cancels
    /// them. Returns how many were cancelled.
    pub(crate) async fn drain(self, hurry: impl Future<Output = ()>) -> usize {
        let Self { shared, close, serving } = self;
        let _ = close.send(());
        let mut drained = pin!(async {
            let _ = serving.await;
            shared.stop.closed().await;
        });
        tokio::select! {
            () = &mut drained => return 0,
            () = hurry => {}
        }
        let abandoned = shared.stop.receiver_count();
        shared.stop.send_replace(true);
        let _ = timeout(FAREWELL, drained).await;
        abandoned
    }
}

/// A single route: warp's merging of rejections turns a 404 into a 405 as soon as there are two.
fn routes(
    shared: Arc<Shared>,
) -> impl Filter<Extract = (Response<String>,), Error = warp::Rejection> + Clone {
    warp::method()
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .then(move |method, path, headers, body| {
            let shared = shared.clone();
            async move { respond(&shared, method, path, headers, body).await }
        })
}

async fn respond<B: Buf>(
    shared: &Arc<Shared>,
    method: Method,
    path: FullPath,
    headers: HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Response<String> {
    let mut body = pin!(body);
    let app = &shared.app;
    let names = || app.functions().map(|(name, _)| name).collect::<Vec<_>>();
    let path = path.as_str();
    if path == "/" && matches!(method, Method::GET | Method::HEAD) {
        // The host asks every 25 ms whether we listen; later it asks for our health.
        return response(Answer { status: 200, body: json!({ "functions": names() }) });
    }
    // The path is the folder's name, whatever the route: exact, in its case, nothing below it.
    let name = path.strip_prefix('/').unwrap_or(path);
    let function = app.functions.iter().position(|function| function.name == name);
    if path == "/" || (function.is_some() && method != Method::POST) {
        discard(body).await;
        return not_allowed(if path == "/" { "GET" } else { "POST" });
    }
    let context = context(name, &headers);
    let read = match function {
        Some(function) => read(&mut body, app.body_limit).await.map(|body| (function, body)),
        None => {
            let reason = format!("there is no function `{}`", context.function);
            Err(Failure::new(404, "unknown_function", reason))
        }
    };
    let (function, all) = match read {
        Ok(read) => read,
        Err(failure) => {
            discard(body).await;
            // The host posts; others who look around cause no alert.
            if method == Method::POST {
                app.span(&context).in_scope(|| failure.report(&context, Duration::ZERO));
            }
            let mut answer = failure.answer();
            if function.is_none() {
                answer.body["functions"] = json!(names());
            }
            return response(answer);
        }
    };
    // A task of its own: a caller that hangs up does not cancel it.
    let invocation = invoke(app.clone(), function, context, all, shared.stop.subscribe());
    // Only `App::instrument` could panic there, whose message is on stderr already.
    let failed = |_| Answer { status: 500, body: json!({ "error": "the invocation failed" }) };
    response(tokio::spawn(invocation).await.unwrap_or_else(failed))
}

fn context(function: &str, headers: &HeaderMap) -> Context {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    Context {
        function: function.escape_debug().to_string(),
        invocation_id: text("X-Azure-Functions-InvocationId").unwrap_or("unknown".to_owned()),
        traceparent: text("traceparent"),
        subject: Arc::default(),
    }
}

/// The host sends bodies in chunks without a length, which warp's own limit does not take.
async fn read<B: Buf>(
    mut body: impl Stream<Item = Result<B, warp::Error>> + Unpin,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    let incomplete = |_| {
        let reason = "the connection closed before the end of the body";
        Failure::new(400, "body_incomplete", reason)
    };
    let mut all = Vec::new();
    while let Some(mut part) = body.try_next().await.map_err(incomplete)? {
        if part.remaining() > limit - all.len() {
            let reason = format!("the body has more than {limit} bytes");
            return Err(Failure::new(413, "body_too_large", reason));
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
    let _ = timeout(DISCARD, rest).await;
}

fn not_allowed(allowed: &'static str) -> Response<String> {
    let reason = format!("only {allowed} is allowed here");
    let mut refusal = response(Answer { status: 405, body: json!({ "error": reason }) });
    refusal.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
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
