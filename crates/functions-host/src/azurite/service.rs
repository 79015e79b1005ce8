//! Signed requests to a storage service.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::Utc;
use hmac::{Hmac, Mac};
use reqwest::{Client, Method, Response, Url};
use sha2::Sha256;

use super::{Account, Error};

/// Of the storage services' interface.
const API_VERSION: &str = "2021-12-02";

const BLOB_TYPE: &str = "x-ms-blob-type";

/// Enough for a file of some hundred megabytes to an emulator.
const TIME_TO_ANSWER: Duration = Duration::from_secs(60);

/// A request to one object of an account.
pub(crate) struct Request<'a> {
    pub method: Method,
    /// Of the service.
    pub endpoint: &'a str,
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, String)],
    /// `x-ms-blob-type`, for requests that write a blob.
    pub blob_type: Option<&'static str>,
    pub body: Vec<u8>,
    /// For errors: `create`, `read`.
    pub doing: &'static str,
}

/// What makes requests as an account.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    client: Client,
    pub account: Account,
}

impl Service {
    pub(crate) fn new(account: &Account) -> Self {
        Self { client: Client::new(), account: account.clone() }
    }

    /// Sends the request; an answer that is no success is an error.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Response, Error> {
        let Request { method, endpoint, path, query, blob_type, body, doing } = request;
        let name = path.join("/");
        let unusable =
            || Error::Connection { problem: "has an endpoint that is no URL".to_owned() };
        let mut url = Url::parse(endpoint).map_err(|_| unusable())?;
        url.path_segments_mut().map_err(|()| unusable())?.pop_if_empty().extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let date = Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let signature = self.signature(&method, &url, query, blob_type, body.len(), &date);
        let mut request = self.client.request(method, url);
        if let Some(blob_type) = blob_type {
            request = request.header(BLOB_TYPE, blob_type);
        }
        let answer = request
            .timeout(TIME_TO_ANSWER)
            .header("x-ms-date", date)
            .header("x-ms-version", API_VERSION)
            .header("authorization", format!("SharedKey {}:{signature}", self.account.name()))
            .header("content-length", body.len())
            .body(body)
            .send()
            .await
            .map_err(|error| unreachable(doing, &name, error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        let code = answer.headers().get("x-ms-error-code").and_then(|code| code.to_str().ok());
        let code = code.unwrap_or_default().to_owned();
        Err(Error::Refused { doing, name, status, code })
    }

    /// The scheme `Shared Key`: the parts of the request in a fixed order, below the key.
    fn signature(
        &self,
        method: &Method,
        url: &Url,
        query: &[(&str, String)],
        blob_type: Option<&str>,
        length: usize,
        date: &str,
    ) -> String {
        let length = if length == 0 { String::new() } else { length.to_string() };
        let mut query: Vec<_> = query.iter().map(|(name, value)| (*name, value)).collect();
        query.sort();
        let query: String = query.iter().map(|(name, value)| format!("\n{name}:{value}")).collect();
        let blob_type = blob_type.map(|kind| format!("{BLOB_TYPE}:{kind}\n")).unwrap_or_default();
        // The empty lines are headers that we never send.
        let text = format!(
            "{method}\n\n\n{length}\n\n\n\n\n\n\n\n\n{blob_type}x-ms-date:{date}\n\
             x-ms-version:{API_VERSION}\n/{}{}{query}",
            self.account.name(),
            url.path()
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(self.account.key())
            .expect("a key of any length makes an HMAC");
        mac.update(text.as_bytes());
        BASE64_STANDARD.encode(mac.finalize().into_bytes())
    }
}

/// Without the URL, which the name says better.
pub(crate) fn unreachable(doing: &'static str, name: &str, error: reqwest::Error) -> Error {
    Error::Unreachable { doing, name: name.to_owned(), source: error.without_url() }
}
