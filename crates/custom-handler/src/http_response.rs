//! The value of an `http` output binding.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::not_json;

/// The answer to the caller of an `httpTrigger`: the output of the binding of type `http`, by
/// custom `res`. A failed invocation ([`Outcome::try_again`](crate::Outcome::try_again)) is a 500
/// to the caller without any of this.
///
/// A body is text or JSON. The host cannot be handed bytes this way; a function that answers
/// with images or archives needs `enableForwardingHttpRequest`, which is another protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: Result<Value, String>,
}

impl HttpResponse {
    fn new(status: u16) -> Self {
        // The host ignores the status of a response that has no `body`, so there always is one.
        Self { status, headers: Vec::new(), body: Ok(Value::String(String::new())) }
    }

    /// Text, as `text/plain; charset=utf-8` unless a header says otherwise: `text/html` for a page.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        let response = Self::new(status).header("Content-Type", "text/plain; charset=utf-8");
        Self { body: Ok(Value::String(body.into())), ..response }
    }

    /// JSON. Strings in it that are dates with a time may come out in another notation of the
    /// same instant.
    pub fn json(status: u16, body: impl Serialize) -> Self {
        let response = Self::new(status).header("Content-Type", "application/json");
        let body = serde_json::to_value(body).map_err(|error| not_json(&error));
        Self { body, ..response }
    }

    /// Sets a header. The host takes one value for a name: a second call replaces the first.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
        self.headers.push((name, value));
        self
    }

    /// `statusCode` is a number, never `status`, which the host does not look at.
    pub(crate) fn into_value(self) -> Result<Value, String> {
        let headers: Map<_, _> =
            self.headers.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        Ok(json!({ "statusCode": self.status, "headers": headers, "body": self.body? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_response_has_status_headers_and_a_body() {
        let none = HttpResponse::json(204, ()).header("a", "b").into_value().unwrap();
        let headers = json!({ "Content-Type": "application/json", "a": "b" });
        assert_eq!(none, json!({ "statusCode": 204, "headers": headers, "body": null }));
        let page = HttpResponse::text(200, "<p>").header("content-type", "text/html");
        let expected = json!({ "content-type": "text/html" });
        assert_eq!(page.into_value().unwrap()["headers"], expected);
    }
}
