//! HTTP to the host, over warp.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use bytes::Buf;
use futures_util::{Stream, StreamExt};
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
    App, Context, Ending, caller,
    layer::{Invocation, Stack, discard},
};

/// How long abandoned invocations may take to be answered.
const FAREWELL: Duration = Duration::from_secs(2);

/// An app that serves. Dropped, it takes no more calls.
pub(crate) struct Server {
    shared: Arc<Shared>,
    close: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

struct Shared {
    stack: Arc<Stack>,
    /// Set when handlers have to end at once.
    stop: watch::Sender<bool>,
    /// Each invocation has a receiver as long as it runs, whether or not its caller still waits.
    running: watch::Sender<()>,
}

impl Server {
    pub(crate) fn start<S: Send + Sync + 'static>(app: App<S>, listener: TcpListener) -> Self {
        crate::panics::install();
        let (stop, running) = (watch::Sender::new(false), watch::Sender::new(()));
        let shared = Arc::new(Shared { stack: app.into_stack(), stop, running });
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
            shared.running.closed().await;
        });
        tokio::select! {
            () = &mut drained => return 0,
            () = hurry => {}
        }
        let abandoned = shared.running.receiver_count();
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

async fn respond<B: Buf + 'static>(
    shared: &Arc<Shared>,
    method: Method,
    path: FullPath,
    headers: HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>> + Send + 'static,
) -> Response<String> {
    let unread = body.map(|part| part.map(|mut part| part.copy_to_bytes(part.remaining()))).boxed();
    let stack = shared.stack.clone();
    let path = path.as_str();
    if let Some((status, reason)) = caller::refused(&method, &headers) {
        discard(unread).await;
        return response(status, &json!({ "error": reason }));
    }
    if path == "/" && matches!(method, Method::GET | Method::HEAD) {
        // The host asks every 25 ms whether we listen; later it asks for our health.
        return response(200, &json!({ "functions": stack.names() }));
    }
    // The path is the folder's name, whatever the route: exact, in its case, nothing below it.
    let name = path.strip_prefix('/').unwrap_or(path);
    let function = stack.functions.iter().position(|function| function.name == name);
    if path == "/" || (function.is_some() && method != Method::POST) {
        discard(unread).await;
        return not_allowed(if path == "/" { "GET" } else { "POST" });
    }
    // The host posts; others who look around cause no alert.
    if method != Method::POST {
        discard(unread).await;
        let reason = format!("there is no function `{}`", name.escape_debug());
        return response(404, &json!({ "error": reason, "functions": stack.names() }));
    }
    let (context, stop) = (context(name, &headers), shared.stop.subscribe());
    let invocation = Invocation { context, function, unread, body: Vec::new(), stop };
    // A task of its own: a caller that hangs up does not cancel it.
    let (running, run) = (shared.running.subscribe(), stack.clone().run(invocation));
    let ended = tokio::spawn(async move {
        let ending = run.await;
        drop(running);
        ending
    });
    // Only a layer of the app could panic there, whose message is on stderr already.
    let failed = |_| Ending::failed(500, "panicked", "the invocation failed");
    let mut ending = ended.await.unwrap_or_else(failed);
    if function.is_none() {
        ending.body["functions"] = json!(stack.names());
    }
    response(ending.status(), &ending.body)
}

fn context(function: &str, headers: &HeaderMap) -> Context {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let (id, parent) = (text("X-Azure-Functions-InvocationId"), text("traceparent"));
    Context::new(function.escape_debug().to_string(), id, parent)
}

fn not_allowed(allowed: &'static str) -> Response<String> {
    let reason = format!("only {allowed} is allowed here");
    let mut refusal = response(405, &json!({ "error": reason }));
    refusal.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    refusal
}

/// Always JSON: the host takes no other type, and an empty body would leave it waiting.
fn response(status: u16, body: &serde_json::Value) -> Response<String> {
    let mut response = Response::new(body.to_string());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
