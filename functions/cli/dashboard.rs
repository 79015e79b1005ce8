//! `dashboard`, and the end of `demo --open`: the page on this machine, until Ctrl-C.

use std::{convert::Infallible, env, io, process::Stdio, sync::Arc};

use anyhow::Context;
use chrono::Utc;
use tokio::net::TcpListener;
use warp::{
    Filter,
    host::Authority,
    http::{Response, StatusCode},
    path::FullPath,
};

use super::Ended;
use crate::{
    dashboard::{self, Answer, Desk, Input},
    deps::Deps,
    reader::Reader,
    settings::{Feeds, WarehouseSetting},
};

/// Ports that are tried in turn.
const PORTS: std::ops::Range<u16> = 7070..7080;

/// What is shown, and the lake whose refused rows can be listed.
pub struct Shown {
    desk: Desk,
    deps: Option<Deps>,
}

impl Shown {
    pub fn warehouse(warehouse: &WarehouseSetting, feeds: Feeds) -> Self {
        Self { desk: Desk::new(Reader::new(warehouse), None, feeds), deps: None }
    }

    pub fn all(deps: Deps) -> Self {
        Self { desk: deps.dashboard.clone(), deps: Some(deps) }
    }
}

/// Serves the page to this machine only.
pub async fn serve(shown: Shown, port: Option<u16>, open: bool) -> anyhow::Result<Ended> {
    // The log says why a page cannot be shown, as it does under the host.
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_target(false);
    let _ = log.with_max_level(tracing::Level::WARN).try_init();
    let listener = listen(port).await?;
    let address = format!("http://127.0.0.1:{}/", listener.local_addr()?.port());
    super::print(&format!("dashboard     {address} (Ctrl-C stops it)"));
    if open {
        show(&address);
    }
    tokio::select! {
        () = warp::serve(page(Arc::new(shown))).incoming(listener).run() => {}
        pressed = tokio::signal::ctrl_c() => pressed.context("cannot wait for Ctrl-C")?,
    }
    Ok(Ended::Well)
}

async fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    if let Some(port) = port {
        return TcpListener::bind(("127.0.0.1", port)).await.with_context(|| {
            format!("cannot listen on port {port} of 127.0.0.1; choose another --port")
        });
    }
    for port in PORTS {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            bound => return bound.context("cannot listen on 127.0.0.1"),
        }
    }
    TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on 127.0.0.1")
}

/// Whether a request names this machine. Another name that leads here, of a page that rebinds its
/// own, would give that page the numbers.
fn is_local(host: Option<Authority>) -> bool {
    host.is_none_or(|host| ["127.0.0.1", "localhost"].contains(&host.host()))
}

fn page(
    shown: Arc<Shown>,
) -> impl Filter<Extract = (Response<String>,), Error = warp::Rejection> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    // The server drops the body of an answer to HEAD.
    let method = warp::get().or(warp::head()).unify();
    let headers = warp::host::optional().and(warp::header::optional("if-none-match"));
    method.and(warp::path::full()).and(query).and(headers).and_then(
        move |path: FullPath, query, host, if_none_match| {
            let shown = shown.clone();
            async move {
                if !is_local(host) {
                    return Ok(misdirected());
                }
                let path = path.as_str().to_owned();
                let input = Input { path, query, if_none_match, now: Utc::now() };
                let answer = dashboard::run(&shown.desk, shown.deps.as_ref(), input).await;
                Ok::<_, Infallible>(response(answer))
            }
        },
    )
}

fn misdirected() -> Response<String> {
    let mut refusal =
        Response::new("this page is served to 127.0.0.1 and localhost alone\n".to_owned());
    *refusal.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    refusal
}

fn response(answer: Answer) -> Response<String> {
    let response = Response::builder().status(answer.status);
    let response = answer
        .headers
        .iter()
        .fold(response, |response, (name, value)| response.header(*name, value));
    response.body(answer.body).unwrap_or_default()
}

/// Opens the browser if there may be one. Without one, the address is on the screen.
fn show(address: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if env::var_os("DISPLAY").or(env::var_os("WAYLAND_DISPLAY")).is_some() {
        "xdg-open"
    } else {
        return;
    };
    let mut command = std::process::Command::new(opener);
    let _ = command
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}
