//! HTTP triggers, and the part of the host's own interface that people use by hand.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use warp::{
    Filter,
    http::{HeaderMap, Method, Response, StatusCode, header},
    path::FullPath,
};

use super::{
    Host, by_hand,
    config::{AuthLevel, Function, Trigger},
    identity::{Key, identity},
    invoke::{BY_HAND, Call, invoke},
    values::{Metadata, to_base64},
};

/// As the host calls headers that HTTP/1 clients write in lower case.
fn title(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at_checked(1).unwrap_or(("", part));
        first.to_ascii_uppercase() + rest
    });
    parts.collect::<Vec<_>>().join("-")
}

/// A request to the host.
struct Request {
    method: Method,
    path: String,
    /// The values of each name.
    query: BTreeMap<String, Vec<String>>,
    raw_query: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Request {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn url(&self, host: &Host) -> String {
        let named = self.header(header::HOST);
        let authority =
            if named.is_empty() { format!("127.0.0.1:{}", host.port) } else { named.to_owned() };
        let mark = if self.raw_query.is_empty() { "" } else { "?" };
        format!("http://{authority}{}{mark}{}", self.path, self.raw_query)
    }

    /// Which key of the app the caller gave.
    fn key(&self, host: &Host) -> Option<Key> {
        let keys = host.options.check_keys.as_ref()?;
        let given = match (self.header("x-functions-key"), self.query.get("code")) {
            ("", Some(codes)) => &codes[0],
            (key, _) => key,
        };
        match given {
            given if given == keys.master => Some(Key::Master),
            given if given == keys.function => Some(Key::Function),
            _ => None,
        }
    }

    fn may_call(&self, host: &Host, level: AuthLevel) -> bool {
        let key = self.key(host);
        host.options.check_keys.is_none()
            || match level {
                AuthLevel::Anonymous => true,
                AuthLevel::Function => key.is_some(),
                AuthLevel::Admin => matches!(key, Some(Key::Master)),
            }
    }
}

pub(crate) async fn serve(host: Arc<Host>, listener: TcpListener) {
    let stopping = host.clone();
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    let routes = warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::body::bytes())
        .then(move |method, path: FullPath, raw_query: String, headers, body| {
            let host = host.clone();
            async move {
                // A base without meaning: only the query is read from it.
                let url = reqwest::Url::parse(&format!("http://host/?{raw_query}"));
                let mut query = BTreeMap::<String, Vec<String>>::new();
                for (name, value) in url.iter().flat_map(|url| url.query_pairs()) {
                    query.entry(name.into_owned()).or_default().push(value.into_owned());
                }
                let path = path.as_str().to_owned();
                let request = Request { method, path, query, raw_query, headers, body };
                respond(host, request).await
            }
        });
    let stopping = async move { stopping.stopping().await };
    warp::serve(routes).incoming(listener).graceful(stopping).run().await;
}

async fn respond(host: Arc<Host>, request: Request) -> Response<Vec<u8>> {
    let path = percent_decode_str(&request.path).decode_utf8_lossy().into_owned();
    if let Some(name) = path.strip_prefix("/admin/functions/") {
        return admin(host, name, &request);
    }
    match path.as_str() {
        "/" => return plain(StatusCode::OK, "This is the test host of custom-handler.\n"),
        "/admin/host/status" => {
            return plain(StatusCode::OK, "{\"state\":\"Running\",\"id\":\"test host\"}\n");
        }
        _ => {}
    }
    let prefix = host.root.host_json.extensions.http.route_prefix.trim_matches('/');
    let below = path.trim_start_matches('/');
    let below = match below.get(..prefix.len()) {
        Some(start) if start.eq_ignore_ascii_case(prefix) => &below[prefix.len()..],
        _ => return not_found(),
    };
    if !prefix.is_empty() && !below.starts_with('/') {
        return not_found();
    }
    let found = host.root.functions.iter().filter_map(|function| match &function.trigger {
        Trigger::Http { route, methods, auth_level } if !function.disabled => {
            let allowed = methods.as_ref().is_none_or(|methods| {
                methods.iter().any(|method| method.eq_ignore_ascii_case(request.method.as_str()))
            });
            let parameters = route.matches(below).filter(|_| allowed)?;
            Some((function, *auth_level, parameters))
        }
        _ => None,
    });
    // The route that leaves least open.
    let found = found.min_by_key(|(_, _, parameters)| parameters.len());
    let Some((function, level, parameters)) = found else { return not_found() };
    if !request.may_call(&host, level) {
        return plain(StatusCode::UNAUTHORIZED, "");
    }
    let (invocation, output) =
        invoke(&host, function, call(&host, function, &request, parameters)).await;
    match output {
        Some(response) => response,
        None if invocation.succeeded => plain(StatusCode::OK, ""),
        None => plain(StatusCode::INTERNAL_SERVER_ERROR, ""),
    }
}

/// What the handler gets of a request.
fn call(
    host: &Host,
    function: &Function,
    request: &Request,
    parameters: Vec<(String, String)>,
) -> Call {
    let mut all = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        all.entry(title(name.as_str())).or_default().push(value);
    }
    let kind = request.header(header::CONTENT_TYPE).to_ascii_lowercase();
    let binary = kind.starts_with("application/octet-stream") || kind.starts_with("multipart/");
    let body = match binary {
        true => to_base64(&request.body),
        false => String::from_utf8_lossy(&request.body).into_owned(),
    };
    let length: usize = request.header(header::CONTENT_LENGTH).parse().unwrap_or_default();

    let query = &request.query;
    let last: BTreeMap<_, _> = query.iter().map(|(name, all)| (name, all.last())).collect();
    let mut metadata = Metadata::default();
    // A key is no parameter.
    for (name, value) in last.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("code")) {
        metadata.set(name, json!(value));
    }
    if length > 0 && kind.starts_with("application/json") {
        metadata.copy_members(&body);
    }
    metadata.set("Query", json!(last));
    let joined: BTreeMap<_, _> = all.iter().map(|(name, all)| (name, all.join(", "))).collect();
    metadata.set("Headers", json!(joined));
    for (name, value) in &parameters {
        metadata.set(name, json!(value));
    }
    let mut value = json!({
        "Url": request.url(host),
        "Method": request.method.as_str(),
        "Query": query.iter().map(|(name, all)| (name, all.join(","))).collect::<BTreeMap<_, _>>(),
        "Headers": all,
        "Params": Map::from_iter(parameters.into_iter().map(|(name, value)| (name, value.into()))),
        "Identities": [identity(request.key(host))],
    });
    // Bodies that come in chunks are missing, as in the host.
    if length > 0 {
        value["Body"] = body.into();
    }
    let traceparent = Some(request.header("traceparent").to_owned());
    Call { traceparent, ..Call::new(function, BY_HAND.into(), value, metadata) }
}

/// `POST /admin/functions/<name>`: 202 at once, the result only in the log.
fn admin(host: Arc<Host>, name: &str, request: &Request) -> Response<Vec<u8>> {
    if !request.may_call(&host, AuthLevel::Admin) {
        return plain(StatusCode::UNAUTHORIZED, "");
    }
    let functions = &host.root.functions;
    let Some(at) = functions.iter().position(|function| function.name.eq_ignore_ascii_case(name))
    else {
        return not_found();
    };
    if request.method != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "");
    }
    let body: Option<Map<String, Value>> = serde_json::from_slice(&request.body).ok();
    let input = match body.map(|mut body| body.remove("input")) {
        Some(Some(Value::String(input))) => input,
        // A timer needs none.
        Some(None) if matches!(functions[at].trigger, Trigger::Timer { .. }) => String::new(),
        _ => {
            let help = "the body must be a JSON object with a string `input`: {\"input\":\"\"}\n";
            return plain(StatusCode::BAD_REQUEST, help);
        }
    };
    if matches!(functions[at].trigger, Trigger::Http { .. }) {
        let help = "the test host calls HTTP functions by their route only\n";
        return plain(StatusCode::BAD_REQUEST, help);
    }
    let running = host.clone();
    let run = async move { drop(by_hand(&running, &running.root.functions[at], &input).await) };
    if let Ok(mut all) = host.by_hand.lock() {
        all.spawn(run);
    }
    plain(StatusCode::ACCEPTED, "")
}

fn not_found() -> Response<Vec<u8>> {
    plain(StatusCode::NOT_FOUND, "")
}

fn plain(status: StatusCode, text: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(text.as_bytes().to_vec());
    *response.status_mut() = status;
    response
}
