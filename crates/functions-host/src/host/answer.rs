//! The handler's answer, with the rules by which the host reads it.

use bytes::Bytes;
use serde_json::{Map, Value};
use warp::http::{Response, header};

use super::values::scalar_text;

/// What a successful invocation says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// Outputs by the name of their binding.
    pub outputs: Map<String, Value>,
    pub logs: Vec<String>,
}

/// Reads an answer, or says why the invocation fails.
pub(crate) fn read(response: &Response<Bytes>) -> Result<Answer, String> {
    let status = response.status();
    if !status.is_success() {
        let reason = status.canonical_reason().unwrap_or_default();
        let status = status.as_u16();
        return Err(format!(
            "Response status code does not indicate success: {status} ({reason})."
        ));
    }
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(response.body());
    if matches!(text.trim_start_matches('\u{feff}').trim(), "" | "null") {
        let what = if text.trim().is_empty() { "an empty body" } else { "`null`" };
        return Err(format!(
            "THE HANDLER ANSWERED {} WITH {what}. The real host would not end this \
             invocation before functionTimeout, and would then kill the handler with everything \
             else that runs in it. Answer a JSON object: `{{}}` is enough",
            status.as_u16()
        ));
    }
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !matches!(kind, "application/json" | "text/json") {
        return Err(format!(
            "the handler answered with the content type `{kind}`, and the host takes \
             application/json only"
        ));
    }
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| format!("the handler answered with invalid JSON ({error}): {text}"))?;
    let Value::Object(members) = value else {
        return Err(format!("the handler answered with JSON that is no object: {text}"));
    };
    let mut answer = Answer::default();
    for (name, value) in members {
        match (name.to_ascii_lowercase().as_str(), value) {
            ("outputs", Value::Object(outputs)) => answer.outputs = outputs,
            ("logs", value) => answer.logs = logs(value)?,
            ("outputs" | "returnvalue", Value::Null) => {}
            ("outputs", _) => return Err("`Outputs` of the answer is no object".into()),
            ("returnvalue", _) => return Err("the test host does not know `ReturnValue`".into()),
            _ => {}
        }
    }
    Ok(answer)
}

fn logs(value: Value) -> Result<Vec<String>, String> {
    let wrong = || "`Logs` of the answer is no array of strings".to_owned();
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(lines) => lines
            .into_iter()
            .map(|line| match line {
                Value::String(text) => Ok(text),
                Value::Array(_) | Value::Object(_) => Err(wrong()),
                scalar => Ok(scalar_text(&scalar)),
            })
            .collect(),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_as(status: u16, kind: &str, body: &'static str) -> Result<Answer, String> {
        let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
        read(&response.body(Bytes::from(body)).unwrap())
    }

    fn ok(body: &'static str) -> Result<Answer, String> {
        read_as(200, "application/json; charset=utf-8", body)
    }

    #[test]
    fn members_have_no_case_and_all_are_optional() {
        assert_eq!(ok("{}"), Ok(Answer::default()));
        let answer = ok(r#"{"OUTPUTS":{"a":1},"logs":["x",1],"returnValue":null,"x":0}"#);
        let answer = answer.unwrap();
        assert_eq!(Value::from(answer.outputs), json!({ "a": 1 }));
        assert_eq!(answer.logs, ["x", "1"]);
    }

    #[test]
    fn what_fails_an_invocation_is_named() {
        for (body, expected) in [
            ("", "an empty body"),
            (" ", "functionTimeout"),
            ("null", "functionTimeout"),
            ("\u{feff}null\n", "functionTimeout"),
            ("[1]", "no object"),
            ("{oops", "{oops"),
            (r#"{"Logs":[{}]}"#, "Logs"),
            (r#"{"Outputs":[]}"#, "Outputs"),
            (r#"{"ReturnValue":1}"#, "ReturnValue"),
        ] {
            let error = ok(body).unwrap_err();
            assert!(error.contains(expected), "{body:?}: {error}");
        }
        assert!(read_as(204, "", "").unwrap_err().contains("an empty body"));
        assert!(read_as(500, "", "{}").unwrap_err().contains("500 (Int"));
        assert!(read_as(200, "text/plain", "{}").unwrap_err().contains("text/plain"));
    }
}
