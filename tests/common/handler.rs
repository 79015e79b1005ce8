//! The app as the Functions host sees it: a process on a port, called over HTTP.

#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

pub struct Handler {
    child: Child,
    port: u16,
}

impl Handler {
    /// Starts `serve` and waits until it answers.
    pub fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_movie-analytics"))
            .arg("serve")
            .current_dir(folder)
            .env_remove("RUST_BACKTRACE")
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let handler = Self { child, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "serve does not listen");
            thread::sleep(Duration::from_millis(5));
        }
        handler
    }

    /// Calls a function with a body in chunks, as the host does. Status and JSON of the answer.
    pub fn call(&self, function: &str, body: &Value, headers: &[(&str, &str)]) -> (u16, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let body = body.to_string();
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(
            stream,
            "POST /{function} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\
             Content-Type: application/json; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n\
             {:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")))
    }

    /// Kills the process, as the host does, and returns the lines of stdout and stderr.
    pub fn stop(mut self) -> (Vec<String>, Vec<String>) {
        self.child.kill().unwrap();
        let lines = |stream: Box<dyn Read>| {
            BufReader::new(stream).lines().map(Result::unwrap).collect::<Vec<_>>()
        };
        let stdout = lines(Box::new(self.child.stdout.take().unwrap()));
        let stderr = lines(Box::new(self.child.stderr.take().unwrap()));
        self.child.wait().unwrap();
        (stdout, stderr)
    }
}

/// A test that does not ask what was said, or fails before, leaves no process behind.
impl Drop for Handler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A queue message as the host sends it.
pub fn message(text: &str, deliveries: u32) -> Value {
    serde_json::json!({
        "Data": { "message": serde_json::to_string(text).unwrap() },
        "Metadata": { "DequeueCount": deliveries.to_string() },
    })
}

/// A GET of an HTTP function as the host sends it.
pub fn get(function: &str) -> Value {
    serde_json::json!({
        "Data": { "request": { "Url": format!("http://localhost:7071/api/{function}"),
                               "Method": "GET", "Query": {}, "Headers": {}, "Params": {} } },
        "Metadata": {},
    })
}

/// A timer as the host sends it.
pub fn timer() -> Value {
    serde_json::json!({
        "Data": { "timer": { "Schedule": { "AdjustForDST": true }, "ScheduleStatus": null,
                             "IsPastDue": false } },
        "Metadata": { "sys": { "MethodName": "timer" } },
    })
}
