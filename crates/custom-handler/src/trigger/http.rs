//! `httpTrigger`, as the host sends it while it does not forward requests as they are.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Trigger;
use crate::{DecodeError, Payload};

/// A request to the host. The host checked the key that `authLevel` asks for; the key may stand in
/// the URL, the query and the headers.
///
/// ```
/// use custom_handler::{Context, HttpRequest, HttpResponse, Outcome, OutputError};
///
/// async fn greet(request: HttpRequest, _: Context) -> Result<Outcome, OutputError> {
///     let name = request.query.get("name").map_or("stranger", String::as_str);
///     Outcome::done().output("res", HttpResponse::text(200, format!("hello {name}"))?)
/// }
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct HttpRequest {
    /// In upper case: `GET`.
    pub method: String,
    /// Whole URL as the host saw it, with its query.
    pub url: String,
    /// By name; the values of a repeated one are joined by commas.
    pub query: BTreeMap<String, String>,
    /// By name in small letters; the values of a repeated one are joined by commas.
    pub headers: BTreeMap<String, String>,
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
    /// A request as a test makes it.
    ///
    /// ```
    /// let request = custom_handler::HttpRequest::new("GET", "http://localhost:7071/api/greet")
    ///     .with_query("name", "Ada")
    ///     .with_header("Accept", "text/plain")
    ///     .with_body("");
    /// assert_eq!(request.headers["accept"], "text/plain");
    /// ```
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Self { method: method.to_ascii_uppercase(), url: url.into(), ..Self::default() }
    }

    /// The same with a query parameter; the URL stays as it is.
    pub fn with_query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.insert(name.into(), value.into());
        self
    }

    /// The same with a header.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_ascii_lowercase(), value.into());
        self
    }

    /// The same with a body.
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| DecodeError::json("request body", &error))
    }
}

impl Trigger for HttpRequest {
    const KIND: &'static str = "httpTrigger";

    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let is_request =
            |value: &Value| value.get("Method").is_some() && value.get("Url").is_some();
        let mut request = payload.take_trigger(Self::KIND, is_request)?;
        let mut take = |name| request.get_mut(name).map(Value::take).unwrap_or_default();
        let (Value::String(method), Value::String(url)) = (take("Method"), take("Url")) else {
            return Err(DecodeError::new("expected a request with `Method` and `Url`"));
        };
        let headers = pairs(take("Headers"), |name| name.to_ascii_lowercase());
        let kind = headers.get("content-type").map(String::as_str).unwrap_or_default();
        let body = match take("Body") {
            Value::Null => Vec::new(),
            Value::String(text) if is_binary(kind) => STANDARD.decode(&text).map_err(|_| {
                DecodeError::new("expected the body of this content type to be base64")
            })?,
            body => text(body).into_bytes(),
        };
        let query = pairs(take("Query"), |name| name);
        Ok(Self { method: method.to_ascii_uppercase(), url, query, headers, body })
    }
}

/// Content types whose bodies the host encodes as base64.
fn is_binary(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/octet-stream" || kind.starts_with("multipart/")
}

/// The members of an object whose values are texts, or arrays of texts.
fn pairs(value: Value, name: impl Fn(String) -> String) -> BTreeMap<String, String> {
    let Value::Object(members) = value else { return BTreeMap::new() };
    let joined = |value| match value {
        Value::Array(values) => values.into_iter().map(text).collect::<Vec<_>>().join(","),
        value => text(value),
    };
    members.into_iter().map(|(key, value)| (name(key), joined(value))).collect()
}

fn text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
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
    fn names_of_headers_are_in_small_letters_and_repeated_values_are_joined() {
        let headers = json!({ "Cookie": ["a=1", "b=2"], "X": "y" });
        let request =
            json!({ "Method": "GET", "Url": "u", "Headers": headers, "Query": { "n": 42 } });
        let request = decode(request).unwrap();
        assert_eq!((&*request.headers["cookie"], &*request.headers["x"]), ("a=1,b=2", "y"));
        assert_eq!(request.query["n"], "42");
        assert!(decode(json!({ "Method": "GET" })).is_err());
    }
}
