//! A handler that does what a request says: the message, the body of the HTTP request, or for
//! timers the variable `DO` is JSON of [`Instructions`]. Requests are appended to the file
//! `REQUESTS`.

use std::{fs::OpenOptions, io::Write, path::PathBuf, time::Duration};

use serde::Deserialize;
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

#[derive(Default, Deserialize)]
#[serde(default)]
struct Instructions {
    /// The rest is done only while this file is not there, and the file is made.
    once: Option<PathBuf>,
    sleep_ms: u64,
    exit: Option<i32>,
    status: Option<u16>,
    answer: Value,
}

async fn obey(path: FullPath, headers: HeaderMap, body: Value) -> Response<String> {
    write_down(&path, &headers, &body);
    let name = path.as_str().trim_start_matches('/');
    let mut instructions = instructions(&body);
    if let Some(file) = &instructions.once
        && (file.exists() || std::fs::write(file, "").is_err())
    {
        instructions = Instructions::default();
    }
    tokio::time::sleep(Duration::from_millis(instructions.sleep_ms)).await;
    if let Some(code) = instructions.exit {
        eprintln!("leaving with {code}");
        std::process::exit(code);
    }
    let done = json!({ "Outputs": {}, "Logs": [format!("{name} ran")], "ReturnValue": null });
    let answer = match instructions.answer {
        Value::Null => done.to_string(),
        Value::String(text) => text,
        value => value.to_string(),
    };
    let response = Response::builder().status(instructions.status.unwrap_or(200));
    response.header("content-type", "application/json").body(answer).unwrap_or_default()
}

/// What the trigger's value says.
fn instructions(body: &Value) -> Instructions {
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
