//! The handler's answer, with the rules by which the host reads it.

use serde_json::{Map, Value};

use super::values::scalar_text;

/// What a successful invocation says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// Outputs by the name of their binding.
    pub outputs: Map<String, Value>,
    pub logs: Vec<String>,
}

/// Reads an answer, or says why the invocation fails.
pub(crate) fn read(status: u16, reason: &str, kind: &str, body: &[u8]) -> Result<Answer, String> {
    if !(200..300).contains(&status) {
        return Err(format!(
            "Response status code does not indicate success: {status} ({reason})."
        ));
    }
    let text = String::from_utf8_lossy(body);
    if matches!(text.trim_start_matches('\u{feff}').trim(), "" | "null") {
        let what = if text.trim().is_empty() { "an empty body" } else { "`null`" };
        return Err(format!(
            "THE HANDLER ANSWERED {status} WITH {what}. The real host would not end this \
             invocation before functionTimeout, and would then kill the handler with everything \
             else that runs in it. Answer a JSON object: `{{}}` is enough"
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

    fn ok(body: &str) -> Result<Answer, String> {
        read(200, "OK", "application/json; charset=utf-8", body.as_bytes())
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
        assert!(read(204, "No Content", "", b"").unwrap_err().contains("an empty body"));
        assert!(read(500, "Internal Server Error", "", b"{}").unwrap_err().contains("500 (Int"));
        assert!(read(200, "OK", "text/plain", b"{}").unwrap_err().contains("text/plain"));
    }
}
