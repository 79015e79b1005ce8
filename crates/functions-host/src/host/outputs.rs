//! Output bindings: what the host makes of their values.

use serde_json::{Map, Value};
use warp::http::{Response, StatusCode, header::CONTENT_TYPE};

use super::{
    config::{Function, Output, Queue},
    log::Log,
    values::{from_base64, is_between, rewrite_dates, scalar_text},
};
use crate::azurite;

/// Writes the outputs of an answer, and returns that of the HTTP binding. An error fails the
/// invocation although the handler's work is done.
pub(crate) async fn write(
    function: &Function,
    outputs: Map<String, Value>,
    log: &Log,
) -> Result<Option<HttpOutput>, String> {
    let mut http = None;
    for (binding, value) in outputs {
        match function.outputs.get(&binding) {
            Some(Output::Queue(queue)) => {
                let wrong = |error| format!("the output `{binding}` cannot be written: {error}");
                for text in messages(value).map_err(wrong)? {
                    put(queue, &text).await.map_err(|error| wrong(error.to_string()))?;
                }
            }
            Some(Output::Http) => {
                let wrong = |error| format!("the output `{binding}` {error}");
                http = Some(http_response(value).map_err(wrong)?);
            }
            None => log.warning(&format!(
                "`{}` answered with the output `{binding}`, which function.json does not have \
                 (case counts): the host ignores it without a word",
                function.name
            )),
        }
    }
    Ok(http)
}

/// As the host does, which makes a queue that is not there.
pub(crate) async fn put(queue: &Queue, text: &str) -> Result<(), azurite::Error> {
    let queues = &queue.queues;
    match queues.put(&queue.name, text).await {
        Err(error) if error.has_code("QueueNotFound") => {
            queues.create(&queue.name).await?;
            queues.put(&queue.name, text).await
        }
        done => done,
    }
}

/// The texts that a value becomes on a queue.
fn messages(value: Value) -> Result<Vec<String>, String> {
    let items = match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        Value::String(text) => match from_base64(&text) {
            // The trap: whatever looks like base64 is taken for bytes.
            Some(bytes) => return Ok(vec![taken(String::from_utf8_lossy(&bytes).into_owned())?]),
            None if is_between(&text, '{', '}') || is_between(&text, '[', ']') => {
                match serde_json::from_str(&text) {
                    Ok(Value::Array(items)) => items,
                    Ok(object) => vec![object],
                    Err(error) => return Err(format!("it looks like JSON and is none: {error}")),
                }
            }
            None => vec![Value::String(text)],
        },
        other => vec![other],
    };
    items.into_iter().map(encode).collect()
}

/// What the queue service takes. Messages go as XML, which has no control characters: the real
/// service answers 400, and the emulator does not notice.
fn taken(text: String) -> Result<String, String> {
    if text.len() > 64 * 1024 {
        return Err(format!("a message has {} bytes, and a queue takes 64 KiB", text.len()));
    }
    match text.contains(|c: char| c < ' ' && !"\t\n\r".contains(c)) {
        true => Err("a message has control characters, which the queue answers by 400".into()),
        false => Ok(text),
    }
}

/// One message: objects and lists as JSON text with indentation, the rest as .NET's text.
fn encode(mut value: Value) -> Result<String, String> {
    taken(match &value {
        Value::Object(_) | Value::Array(_) => {
            rewrite_dates(&mut value);
            serde_json::to_string_pretty(&value).map_err(|error| error.to_string())?
        }
        Value::Null => return Err("null is no message".into()),
        scalar => scalar_text(scalar),
    })
}

/// What the caller of an HTTP function gets.
pub(crate) type HttpOutput = Response<Vec<u8>>;

fn http_response(value: Value) -> Result<HttpOutput, String> {
    let Value::Object(mut members) = value else {
        return Err("must be an object with `statusCode`, `headers` and `body`".into());
    };
    let status = match members.remove("statusCode") {
        None | Some(Value::Null) => "200".to_owned(),
        Some(status) => scalar_text(&status),
    };
    let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = Response::builder().status(status.ok_or("has a `statusCode` that is none")?);
    if let Some(Value::Object(headers)) = members.remove("headers") {
        // Lengths are those of the body, whatever the handler says.
        let framing = ["content-length", "transfer-encoding"];
        for (name, value) in headers {
            if !framing.iter().any(|framing| name.eq_ignore_ascii_case(framing)) {
                response = response.header(name, scalar_text(&value));
            }
        }
    }
    let body = match members.remove("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.into_bytes(),
        Some(mut value) => {
            rewrite_dates(&mut value);
            value.to_string().into_bytes()
        }
    };
    let has_type = response.headers_ref().is_some_and(|all| all.contains_key(CONTENT_TYPE));
    if !body.is_empty() && !has_type {
        // JSON too.
        response = response.header(CONTENT_TYPE, "text/plain; charset=utf-8");
    }
    response.body(body).map_err(|error| format!("has an illegal header: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_messages_as_the_host_makes_them() {
        for (value, texts) in [
            (json!(["done", "x!", 1]), Some(vec!["done", "x!", "1"])),
            (json!(" [1, {\"a\": 1}]"), Some(vec!["1", "{\n  \"a\": 1\n}"])),
            (json!([]), Some(vec![])),
            (json!("[oops]"), None),
            (json!(["x".repeat(65_537)]), None),
            (json!("aGVsbG8="), Some(vec!["hello"])),
            (json!("done!"), Some(vec!["done!"])),
            // The trap: base64 outside of a list is decoded.
            (json!("done"), Some(vec!["v\u{fffd}\u{fffd}"])),
            (json!("abcd"), None),
            (json!(["abcd"]), Some(vec!["abcd"])),
        ] {
            let seen = messages(value.clone());
            let texts = texts.map(|texts| texts.into_iter().map(str::to_owned).collect());
            assert_eq!(seen.ok(), texts, "{value}");
        }
    }

    #[test]
    fn the_http_output_becomes_a_response() {
        let response = http_response(json!({
            "statusCode": "202", "status": 500, "headers": { "x-run": 42 }, "body": { "a": 1 },
        }));
        let response = response.unwrap();
        assert_eq!((response.status().as_u16(), &response.body()[..]), (202, &b"{\"a\":1}"[..]));
        assert_eq!(response.headers()["x-run"], "42");
        let kind = &response.headers()["content-type"];
        assert_eq!(kind, "text/plain; charset=utf-8", "of JSON, too");
        assert_eq!(http_response(json!({})).unwrap().status(), 200);
        for wrong in [json!("ok"), json!({ "statusCode": 7 }), json!({ "headers": { "a b": 1 } })] {
            assert!(http_response(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
