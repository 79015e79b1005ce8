//! How the host calls the handler, header by header as recorded: it sends no `Accept`, which
//! `reqwest` always does.

use std::{convert::Infallible, error::Error, iter};

use bytes::Bytes;
use futures_util::{future, stream};
use http_body_util::{BodyExt, Empty, StreamBody, combinators::BoxBody};
use hyper::body::Frame;
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};
use warp::http::{Request, Response};

pub(crate) type Body = BoxBody<Bytes, Infallible>;

#[derive(Clone)]
pub(crate) struct Client(Pool<HttpConnector, Body>);

impl Client {
    pub(crate) fn new() -> Self {
        Self(Pool::builder(TokioExecutor::new()).build_http())
    }

    /// Sends a request, and reads the whole answer. The error says why there is none.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, String> {
        let answer = self.0.request(request).await.map_err(|error| text(&error))?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| text(&error))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    /// Whether somebody answers `GET` of this address with anything.
    pub(crate) async fn answers(&self, url: &str) -> bool {
        let request = Request::get(url).body(Empty::new().boxed());
        let Ok(request) = request else { return false };
        self.0.request(request).await.map_or_else(|error| !error.is_connect(), |_| true)
    }
}

/// With its causes.
fn text(error: &dyn Error) -> String {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    let causes: String = causes.map(|cause| format!(": {cause}")).collect();
    format!("the handler did not answer: {error}{causes}")
}

/// A body whose length is not known beforehand goes in chunks.
pub(crate) fn chunked(text: String) -> Body {
    BodyExt::boxed(StreamBody::new(stream::once(future::ok(Frame::data(Bytes::from(text))))))
}
