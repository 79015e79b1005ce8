//! `httpTrigger`, as the host sends it while it does not forward requests as they are.

use std::{collections::BTreeMap, fmt};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Trigger, bytes};
use crate::{DecodeError, Payload};

/// A request to the host. The host checked the key that `authLevel` asks for; the key may stand in
/// the URL, the query and the headers.
#[derive(Clone, Default, PartialEq)]
pub struct HttpRequest {
    /// In upper case: `GET`.
    pub method: String,
    /// Whole URL as the host saw it, with its query.
    pub url: String,
    /// By name; the values of a repeated one are joined by commas.
    pub query: BTreeMap<String, String>,
    /// By name, whatever its case.
    pub headers: Headers,
    /// Empty when there is none, **and when the caller sent it in chunks**: the host passes on
    /// only bodies that have a Content-Length.
    pub body: Vec<u8>,
}

/// Method and path alone: the rest may hold keys and personal data.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        out.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &path)
            .finish_non_exhaustive()
    }
}

impl HttpRequest {
    /// The body as text.
    pub fn text(&self) -> Result<&str, DecodeError> {
        str::from_utf8(&self.body).map_err(|_| DecodeError::NotText { what: "request body" })
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| DecodeError::json("request body", &error))
    }
}

/// Headers; the case of their names does not count.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let matching = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        matching.map(|(_, value)| value.as_str())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl Trigger for HttpRequest {
    const KIND: &'static str = "httpTrigger";

    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let is_request =
            |value: &Value| value.get("Method").is_some() && value.get("Url").is_some();
        let mut value = payload.take_trigger(Self::KIND, is_request)?;
        let expected = "a request to be an object with `Method` and `Url`";
        let Some(request) = value.as_object_mut() else {
            return Err(DecodeError::Shape { expected });
        };
        let mut take = |name| request.remove(name).unwrap_or_default();
        let (Value::String(method), Value::String(url)) = (take("Method"), take("Url")) else {
            return Err(DecodeError::Shape { expected });
        };
        let headers: Headers = pairs(take("Headers")).into_iter().collect();
        let body = match take("Body") {
            Value::Null => Vec::new(),
            Value::String(text) if is_binary(&headers) => {
                let expected = "the body of this content type to be base64";
                bytes(&text).ok_or(DecodeError::Shape { expected })?
            }
            Value::String(text) => text.into_bytes(),
            other => other.to_string().into_bytes(),
        };
        Ok(Self {
            method: method.to_ascii_uppercase(),
            url,
            query: joined(take("Query")),
            headers,
            body,
        })
    }
}

/// Content types whose bodies the host encodes as base64.
fn is_binary(headers: &Headers) -> bool {
    let kind = headers.get("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/octet-stream" || kind.starts_with("multipart/")
}

/// The members of an object whose values are texts, or arrays of texts.
fn pairs(value: Value) -> Vec<(String, String)> {
    let Value::Object(members) = value else { return Vec::new() };
    let mut pairs = Vec::new();
    for (name, value) in members {
        match value {
            Value::Array(values) => {
                pairs.extend(values.into_iter().filter_map(text).map(|text| (name.clone(), text)));
            }
            value => pairs.extend(text(value).map(|text| (name, text))),
        }
    }
    pairs
}

fn joined(value: Value) -> BTreeMap<String, String> {
    let mut all = BTreeMap::<String, String>::new();
    for (name, text) in pairs(value) {
        let joined = all.entry(name);
        joined.and_modify(|all| *all = format!("{all},{text}")).or_insert(text);
    }
    all
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decode(request: Value) -> Result<HttpRequest, DecodeError> {
        let body = json!({ "Data": { "req": request } }).to_string();
        HttpRequest::decode(Payload::from_slice(body.as_bytes())?)
    }

    #[test]
    fn bodies_of_binary_types_are_base64_and_others_are_text() {
        let body = |kind: &str, body: &str| {
            let headers = json!({ "content-TYPE": [kind] });
            let request = json!({ "Method": "post", "Url": "u", "Headers": headers, "Body": body });
            decode(request).map(|request| request.body)
        };
        assert_eq!(body("application/octet-stream", "/wA="), Ok(vec![0xff, 0]));
        assert_eq!(body("Multipart/form-data; boundary=x", "YQ=="), Ok(b"a".to_vec()));
        assert_eq!(body("text/plain", "YQ=="), Ok(b"YQ==".to_vec()));
        assert!(body("application/octet-stream", "no base64").is_err());
    }

    #[test]
    fn names_of_headers_have_no_case_and_the_first_value_counts() {
        let headers = json!({ "Cookie": ["a=1", "b=2"], "X": "y", "N": null });
        let request =
            json!({ "Method": "GET", "Url": "u", "Headers": headers, "Query": { "n": 42 } });
        let request = decode(request).unwrap();
        assert_eq!(request.headers.get("cookie"), Some("a=1"));
        assert_eq!((request.headers.get("x"), request.headers.get("n")), (Some("y"), None));
        assert_eq!(request.query["n"], "42");
        assert!(decode(json!({ "Method": "GET" })).is_err());
    }
}
