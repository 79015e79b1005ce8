//! One call of the handler.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use bytes::Bytes;
use chrono::Utc;
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use uuid::Uuid;
use warp::http::{Request, Response, header};

use super::{
    Host, answer,
    client::chunked,
    config::Function,
    log::Invocation,
    outputs::{self, HttpOutput},
    span,
    values::Metadata,
};

/// The version whose source the rules were read from.
const VERSION: &str = "4.1037.0.0";

/// After functionTimeout, before the handler is killed.
const GRACE: Duration = Duration::from_secs(2);

/// The reason of what no trigger asked for.
pub(crate) const BY_HAND: &str = "This function was programmatically called via the host APIs.";

/// What a trigger wants of its function.
pub(crate) struct Call {
    /// Repetitions under `retry` keep it.
    pub id: String,
    pub reason: String,
    /// The trigger's value, encoded as the handler gets it.
    pub value: Value,
    pub metadata: Map<String, Value>,
    pub dequeue_count: Option<u32>,
    /// The caller's, for HTTP.
    pub traceparent: Option<String>,
}

impl Call {
    pub(crate) fn new(
        function: &Function,
        reason: String,
        value: Value,
        metadata: Metadata,
    ) -> Self {
        let id = Uuid::new_v4().to_string();
        let metadata = metadata.finish(&function.name);
        Self { id, reason, value, metadata, dequeue_count: None, traceparent: None }
    }
}

/// Calls the handler, writes the outputs, and writes all of it down.
pub(crate) async fn invoke(
    host: &Host,
    function: &Function,
    call: Call,
) -> (Invocation, Option<HttpOutput>) {
    let name = &function.name;
    let Call { id, reason, value, metadata, dequeue_count, traceparent } = call;
    host.log.information(&format!("Executing '{name}' (Id={id})"));
    let body = json!({ "Data": { &*function.binding: value }, "Metadata": metadata });
    let (started, begun) = (Utc::now(), Instant::now());
    let (mut status, mut logs) = (None, Vec::new());
    let ended = async {
        host.worker.ready().await?;
        let response = send(host, name, &id, body, traceparent).await?;
        status = Some(response.status().as_u16());
        let answer = answer::read(&response)?;
        logs = answer.logs;
        outputs::write(function, answer.outputs, &host.log).await
    };
    let (http, error) = match ended.await {
        Ok(http) => (http, None),
        Err(problem) => (None, Some(problem)),
    };
    let invocation = Invocation {
        function: name.clone(),
        id,
        reason,
        started,
        duration: begun.elapsed(),
        succeeded: error.is_none(),
        error,
        logs,
        dequeue_count,
        status,
    };
    host.log.invocation(invocation.clone());
    (invocation, http)
}

async fn send(
    host: &Host,
    name: &str,
    id: &str,
    body: Value,
    traceparent: Option<String>,
) -> Result<Response<Bytes>, String> {
    let request = Request::post(format!("http://127.0.0.1:{}/{name}", host.worker.port))
        .header("X-Azure-Functions-HostVersion", VERSION)
        .header("X-Azure-Functions-InvocationId", id)
        .header(header::USER_AGENT, format!("Azure-Functions-Host/{VERSION}"))
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header("traceparent", continued(traceparent));
    let request = request.body(chunked(body.to_string())).map_err(|error| error.to_string())?;
    let mut exchange = pin!(host.client.send(request));
    let limit = host.root.host_json.function_timeout;
    if let Ok(response) = timeout(limit, exchange.as_mut()).await {
        return response;
    }
    let problem = format!(
        "Timeout value of {} exceeded by function 'Functions.{name}' (Id: '{id}'); the handler is \
         killed, and all that runs in it",
        span::text(limit)
    );
    host.log.error(&problem);
    // The host does not cancel the request; it kills the process.
    let _ = timeout(GRACE, exchange).await;
    host.worker.restart();
    Err(problem)
}

/// A new span; in the caller's trace where there is one.
fn continued(parent: Option<String>) -> String {
    let trace = parent.as_deref().and_then(|parent| parent.split('-').nth(1));
    let trace = trace.filter(|trace| trace.len() == 32).map(str::to_owned);
    let trace = trace.unwrap_or_else(|| Uuid::new_v4().simple().to_string());
    let span = Uuid::new_v4().simple().to_string();
    format!("00-{trace}-{}-00", &span[..16])
}
