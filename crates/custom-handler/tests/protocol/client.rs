//! A client that speaks like the host: raw HTTP over TCP, bodies in chunks without a length.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use custom_handler::{App, Error, Stopped};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

pub const ID: &str = "5e0f4a2c-5d0f-4a5c-8f64-5e9a4c1f7a3d";
pub const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// An app that serves within the test.
pub struct Server {
    pub address: SocketAddr,
    shutdown: oneshot::Sender<()>,
    serving: JoinHandle<Result<Stopped, Error>>,
}

impl Server {
    pub async fn start<S: Send + Sync + 'static>(app: App<S>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, asked) = oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(listener, async move { drop(asked.await) }));
        Self { address, shutdown, serving }
    }

    pub fn stop(self) -> JoinHandle<Result<Stopped, Error>> {
        self.shutdown.send(()).unwrap();
        self.serving
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Posts an invocation on a connection of its own.
    pub async fn invoke(&self, function: &str, body: &Value) -> Reply {
        self.connect().await.post(function, &body.to_string()).await
    }
}

/// A connection, kept alive.
pub struct Client(BufReader<TcpStream>);

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// In small letters.
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/json\r\n"), "{}", self.head);
        let value: Value = serde_json::from_str(&self.body).unwrap();
        assert!(value.is_object(), "the host takes objects only: {value}");
        value
    }

    /// Status and reason of a failure.
    pub fn failure(&self) -> (u16, String) {
        (self.status, self.json()["error"].as_str().unwrap().to_owned())
    }
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    pub async fn post(&mut self, function: &str, body: &str) -> Reply {
        self.send(&head(function), body).await;
        self.reply().await
    }

    pub async fn request(&mut self, method: &str, path: &str) -> Reply {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        self.0.write_all(head.as_bytes()).await.unwrap();
        self.reply().await
    }

    /// Sends a request with the lines of this head; the body goes in chunks.
    pub async fn send(&mut self, head: &str, body: &str) {
        let head = head.replace('\n', "\r\n") + "\r\n\r\n";
        self.0.write_all(head.as_bytes()).await.unwrap();
        for chunk in body.as_bytes().chunks(64 << 10) {
            self.0.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.unwrap();
            self.0.write_all(chunk).await.unwrap();
            self.0.write_all(b"\r\n").await.unwrap();
        }
        self.0.write_all(b"0\r\n\r\n").await.unwrap();
    }

    pub async fn reply(&mut self) -> Reply {
        let reading = tokio::time::timeout(Duration::from_secs(20), self.read());
        reading.await.expect("no answer within 20 s")
    }

    async fn read(&mut self) -> Reply {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).await.unwrap();
            assert_ne!(read, 0, "the connection ended after {head:?}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).expect("a length, and so a body");
        let length: usize = length.split('\r').next().unwrap().parse().unwrap();
        assert!(length > 0, "the host hangs on empty bodies");
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        Reply { status, head, body: String::from_utf8(body).unwrap() }
    }
}

/// The head of an invocation as the host writes it.
pub fn head(function: &str) -> String {
    format!(
        "POST /{function} HTTP/1.1\nHost: 127.0.0.1\nX-Azure-Functions-HostVersion: 4.1037.0.0\n\
         X-Azure-Functions-InvocationId: {ID}\nUser-Agent: Azure-Functions-Host/4.1037.0.0\n\
         traceparent: {TRACE}\nContent-Type: application/json; charset=utf-8\n\
         Transfer-Encoding: chunked"
    )
}

/// An invocation by a text on a queue.
pub fn queue_message(text: &str) -> Value {
    let metadata = json!({ "DequeueCount": "1", "Id": "\"3f0e\"" });
    json!({ "Data": { "msg": json!(text).to_string() }, "Metadata": metadata })
}
