//! A stand-in for the ingestion endpoint of Application Insights.

#![allow(clippy::unwrap_used)]

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

/// What was sent to it.
pub struct Ingestion {
    port: u16,
    envelopes: mpsc::Receiver<Value>,
}

impl Ingestion {
    /// Listens on a port of its own.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let sender = sender.clone();
                thread::spawn(move || {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let mut byte = [0];
                        if stream.read_exact(&mut byte).is_err() {
                            return;
                        }
                        head.push(byte[0]);
                    }
                    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                    let mut body = vec![0; length.unwrap().trim().parse().unwrap()];
                    stream.read_exact(&mut body).unwrap();
                    let mut text = String::new();
                    flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
                    let envelopes: Vec<Value> = serde_json::from_str(&text).unwrap();
                    let count = envelopes.len();
                    envelopes.into_iter().for_each(|envelope| sender.send(envelope).unwrap());
                    let answer =
                        json!({"itemsReceived": count, "itemsAccepted": count, "errors": []});
                    let answer = answer.to_string();
                    write!(
                        stream,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\
                         Content-Length: {}\r\n\r\n{answer}",
                        answer.len()
                    )
                    .unwrap();
                });
            }
        });
        Self { port, envelopes: receiver }
    }

    /// The setting that sends telemetry here.
    pub fn connection_string(&self) -> String {
        format!(
            "InstrumentationKey=00000000-0000-0000-0000-000000000001;\
             IngestionEndpoint=http://127.0.0.1:{}/",
            self.port
        )
    }

    /// All envelopes, in the order of their arrival.
    pub fn sent(self) -> Vec<Value> {
        let next = || self.envelopes.recv_timeout(Duration::from_millis(300)).ok();
        std::iter::from_fn(next).collect()
    }
}
