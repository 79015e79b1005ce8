//! The value of an `http` output binding.

use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{OutputError, error::not_json};

/// The answer to the caller of an `httpTrigger`: the output of the binding of type `http`, by
/// custom `res`. A failed invocation ([`Outcome::try_again`](crate::Outcome::try_again)) is a 500
/// to the caller without any of this.
///
/// A body is text or JSON. The host cannot be handed bytes this way; a function that answers
/// with images or archives needs `enableForwardingHttpRequest`, which is another protocol.
///
/// ```
/// use custom_handler::{HttpResponse, OutputError};
///
/// let busy = HttpResponse::text(503, "later")?.header("Retry-After", "60")?;
/// assert_eq!((busy.status(), busy.body()), (503, &"later".into()));
/// assert!(busy.headers().any(|header| header == ("Retry-After", "60")));
/// # Ok::<(), OutputError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HttpResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

impl HttpResponse {
    fn new(status: u16, kind: &str, body: Value) -> Result<Self, OutputError> {
        // What is below 200 is no last answer.
        let valid = StatusCode::from_u16(status).is_ok_and(|status| !status.is_informational());
        if !valid {
            return Err(OutputError(format!(
                "{status} is no status of a response: take 200 to 999"
            )));
        }
        Self { status, headers: Vec::new(), body }.header("Content-Type", kind)
    }

    /// Text, as `text/plain; charset=utf-8` unless a header says otherwise: `text/html` for a page.
    /// The status is 200 to 999.
    pub fn text(status: u16, body: impl Into<String>) -> Result<Self, OutputError> {
        // The host ignores the status of a response that has no `body`, so there always is one.
        Self::new(status, "text/plain; charset=utf-8", Value::String(body.into()))
    }

    /// JSON. Strings in it that are dates with a time may come out in another notation of the
    /// same instant.
    pub fn json(status: u16, body: impl Serialize) -> Result<Self, OutputError> {
        let body = serde_json::to_value(body).map_err(|error| not_json(&error))?;
        Self::new(status, "application/json", body)
    }

    /// Sets a header. The host takes one value for a name: a second call replaces the first. Names
    /// and values are those of the crate `http`: no line breaks, no letters beyond ASCII.
    pub fn header(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, OutputError> {
        let (name, value) = (name.into(), value.into());
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(OutputError(format!("`{}` is no name of a header", name.escape_debug())));
        }
        if HeaderValue::from_str(&value).is_err() {
            return Err(OutputError(format!(
                "the value of the header `{name}` has characters that a header cannot have"
            )));
        }
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
        self.headers.push((name, value));
        Ok(self)
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Names and values of the headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body; text is a JSON string.
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// `statusCode` is a number, never `status`, which the host does not look at.
    pub(crate) fn into_value(self) -> Value {
        let headers: Map<_, _> =
            self.headers.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        json!({ "statusCode": self.status, "headers": headers, "body": self.body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_response_has_status_headers_and_a_body() {
        let none = HttpResponse::json(204, ()).unwrap().header("a", "b").unwrap().into_value();
        let headers = json!({ "Content-Type": "application/json", "a": "b" });
        assert_eq!(none, json!({ "statusCode": 204, "headers": headers, "body": null }));
        let page = HttpResponse::text(200, "<p>").unwrap().header("content-type", "text/html");
        let expected = json!({ "content-type": "text/html" });
        assert_eq!(page.unwrap().into_value()["headers"], expected);
    }

    #[test]
    fn a_status_or_header_that_http_does_not_have_is_an_error() {
        for status in [0, 99, 101, 1000] {
            let error = HttpResponse::text(status, "").unwrap_err().to_string();
            assert!(error.starts_with(&format!("{status} is no status")), "{error}");
        }
        let header = |name: &str, value: &str| {
            HttpResponse::text(200, "").unwrap().header(name, value).map(drop)
        };
        assert_eq!(header("X-Run-Id", "42"), Ok(()));
        for (name, value) in
            [("a", "b\r\nSet-Cookie: c"), ("a", "b\0"), ("a\r\nb", "c"), ("a b", "c"), ("", "c")]
        {
            let error = header(name, value).unwrap_err().to_string();
            assert!(!error.contains('\r') && error.contains("header"), "{error}");
        }
    }
}
