//! How the host calls the handler, header by header as recorded: it sends no `Accept`, which
//! `reqwest` always does.

use std::{convert::Infallible, error::Error};

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

/// Why there is no answer.
pub(crate) struct Broken {
    /// Nobody listens.
    pub is_connect: bool,
    pub text: String,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self(Pool::builder(TokioExecutor::new()).build_http())
    }

    /// Sends a request, and reads the whole answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, Broken> {
        let answer = self.0.request(request).await;
        let answer = answer.map_err(|error| Broken::new(error.is_connect(), &error))?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| Broken::new(false, &error))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

impl Broken {
    fn new(is_connect: bool, error: &dyn Error) -> Self {
        let mut text = format!("the handler did not answer: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self { is_connect, text }
    }
}

pub(crate) fn empty() -> Body {
    Empty::new().boxed()
}

/// A body whose length is not known beforehand goes in chunks.
pub(crate) fn chunked(text: String) -> Body {
    BodyExt::boxed(StreamBody::new(stream::once(future::ok(Frame::data(Bytes::from(text))))))
}
