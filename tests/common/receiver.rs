//! A stand-in for whoever receives telemetry over HTTP.

#![allow(clippy::unwrap_used)]

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

/// What was sent: the first line and the headers, in lower case, and the body.
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    /// Value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().filter_map(|line| line.split_once(": "));
        values.find(|(other, _)| *other == name).map(|(_, value)| value)
    }
}

/// Listens on a port of its own, which it returns, and answers each request with what `answer`
/// makes of it: a content type and a body.
pub fn listen(answer: impl Fn(Request) -> (&'static str, Vec<u8>) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), answer.clone());
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
                let mut request = Request { head, body: Vec::new() };
                let length = request.header("content-length").unwrap().parse().unwrap();
                request.body = vec![0; length];
                stream.read_exact(&mut request.body).unwrap();
                let (kind, body) = answer(request);
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\
                     Content-Length: {length}\r\n\r\n",
                )
                .unwrap();
                stream.write_all(&body).unwrap();
            });
        }
    });
    port
}
