//! A client that speaks like the host: raw HTTP over TCP, bodies in chunks without a length.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::{net::SocketAddr, time::Duration};

use custom_handler::{App, Error, Stopped};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
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
    pub async fn start(app: App) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
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
        self.connect().await.post(function, body.to_string().as_bytes()).await
    }
}

/// A connection, kept alive.
pub struct Client(BufReader<TcpStream>);

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
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

    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    pub async fn post(&mut self, function: &str, body: &[u8]) -> Reply {
        self.begin("POST", &format!("/{function}")).await;
        for chunk in body.chunks(64 << 10) {
            self.chunk(chunk).await;
        }
        self.chunk(b"").await;
        self.reply().await
    }

    /// A request with its own headers; the body goes in chunks.
    pub async fn replay(&mut self, head: &str, body: &str) -> Reply {
        let head = head.replace('\n', "\r\n") + "\r\n\r\n";
        self.0.write_all(head.as_bytes()).await.unwrap();
        for chunk in body.as_bytes().chunks(1000) {
            self.chunk(chunk).await;
        }
        self.chunk(b"").await;
        self.reply().await
    }

    pub async fn request(&mut self, method: &str, path: &str) -> Reply {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        self.0.write_all(head.as_bytes()).await.unwrap();
        self.reply().await
    }

    /// The head of a request as the host writes it.
    pub async fn begin(&mut self, method: &str, path: &str) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\
             X-Azure-Functions-HostVersion: 4.1037.0.0\r\n\
             X-Azure-Functions-InvocationId: {ID}\r\n\
             User-Agent: Azure-Functions-Host/4.1037.0.0\r\n\
             traceparent: {TRACE}\r\n\
             Content-Type: application/json; charset=utf-8\r\n\
             Transfer-Encoding: chunked\r\n\r\n"
        );
        self.0.write_all(head.as_bytes()).await.unwrap();
    }

    /// An empty one ends the body.
    pub async fn chunk(&mut self, bytes: &[u8]) {
        self.0.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await.unwrap();
        self.0.write_all(bytes).await.unwrap();
        self.0.write_all(b"\r\n").await.unwrap();
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

/// An invocation by a text on a queue.
pub fn queue_message(text: &str) -> Value {
    let metadata = json!({ "DequeueCount": "1", "Id": "\"3f0e\"" });
    json!({ "Data": { "msg": json!(text).to_string() }, "Metadata": metadata })
}
