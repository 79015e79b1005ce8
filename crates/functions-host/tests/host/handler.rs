//! A handler that does what a request tells it to: the message, the body of the HTTP request, or
//! for timers the variable `DO` is a JSON object like
//! `{"sleep_ms": 1, "once": "file", "exit": 1, "status": 200, "content_type": "text/plain", "answer": "{}"}`.
//! With `once` the rest is done only while the file is not there, and the file is made. Requests
//! are appended to the file `REQUESTS`.

use std::{fs::OpenOptions, io::Write, path::Path, time::Duration};

use serde_json::{Value, json};
use warp::{
    Filter,
    http::{HeaderMap, Response},
    path::FullPath,
};

#[tokio::main]
async fn main() {
    if let Some(code) = number("EXIT") {
        eprintln!("this handler\ndoes not\nwant to\nstart");
        std::process::exit(code);
    }
    println!("listening");
    eprintln!("a warning");
    let port = number("FUNCTIONS_CUSTOMHANDLER_PORT").unwrap_or_default();
    let get = warp::get().map(|| Response::new(String::new()));
    let post =
        warp::path::full().and(warp::header::headers_cloned()).and(warp::body::json()).then(obey);
    let port = u16::try_from(port).unwrap_or_default();
    warp::serve(get.or(post)).run(([127, 0, 0, 1], port)).await;
}

fn number(variable: &str) -> Option<i32> {
    std::env::var(variable).ok()?.parse().ok()
}

async fn obey(path: FullPath, headers: HeaderMap, body: Value) -> Response<String> {
    write_down(&path, &headers, &body);
    let name = path.as_str().trim_start_matches('/');
    let orders = orders(&body);
    let first = orders["once"].as_str().is_none_or(|file| {
        let file = Path::new(file);
        !file.exists() && std::fs::write(file, "").is_ok()
    });
    let default = json!({ "Outputs": {}, "Logs": [format!("{name} ran")], "ReturnValue": null });
    let default = default.to_string();
    if !first {
        return response(200, "application/json", default);
    }
    if let Some(time) = orders["sleep_ms"].as_u64() {
        tokio::time::sleep(Duration::from_millis(time)).await;
    }
    if let Some(code) = orders["exit"].as_i64() {
        eprintln!("leaving with {code}");
        std::process::exit(i32::try_from(code).unwrap_or(1));
    }
    let answer = match &orders["answer"] {
        Value::Null => default,
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let status = orders["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let kind = orders["content_type"].as_str().unwrap_or("application/json");
    response(status.unwrap_or(200), kind, answer)
}

/// What the trigger's value says.
fn orders(body: &Value) -> Value {
    let value = body["Data"].as_object().and_then(|data| data.values().next());
    let text = match value {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| text.clone()),
        Some(Value::Object(request)) if request.contains_key("Url") => {
            request.get("Body").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        _ => std::env::var("DO").unwrap_or_default(),
    };
    serde_json::from_str(&text).unwrap_or_default()
}

fn response(status: u16, kind: &str, body: String) -> Response<String> {
    let response = Response::builder().status(status).header("content-type", kind).body(body);
    response.unwrap_or_default()
}

fn write_down(path: &FullPath, headers: &HeaderMap, body: &Value) {
    let Ok(file) = std::env::var("REQUESTS") else { return };
    let headers = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), Value::from(value))
    });
    let headers = Value::Object(headers.collect());
    let line = json!({ "path": path.as_str(), "headers": headers, "body": body });
    let file = OpenOptions::new().create(true).append(true).open(file);
    if let Ok(mut file) = file {
        // In one write: it is read meanwhile.
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}
