//! A stand-in for a cluster that takes queries and never answers. It keeps what it was sent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use h2::RecvStream;
use tokio::net::{TcpListener, TcpStream};

pub struct Deaf {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
}

#[derive(Clone, Debug)]
pub struct Call {
    method: String,
    /// Protocol buffers: texts stand in them as they are.
    body: Vec<u8>,
}

impl Deaf {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let deaf = Self { address: listener.local_addr().unwrap(), calls: Arc::default() };
        let calls = Arc::clone(&deaf.calls);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&calls)));
            }
        });
        deaf
    }

    pub fn address(&self) -> String {
        format!("sc://{}", self.address)
    }

    pub fn was_asked(&self, method: &str) -> bool {
        self.calls.lock().unwrap().iter().any(|call| call.method == method)
    }

    /// The one call of a method.
    pub fn heard(&self, method: &str) -> Call {
        let calls = self.calls.lock().unwrap().clone();
        let mut found = calls.iter().filter(|call| call.method == method);
        match (found.next(), found.next()) {
            (Some(call), None) => call.clone(),
            _ => panic!("{method} is not in it once: {calls:?}"),
        }
    }
}

impl Call {
    pub fn names(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// The id of the session: the first UUID, as the message's first field.
    pub fn session(&self) -> String {
        let is_uuid = |text: &&[u8]| {
            text.iter().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
        };
        let uuid = self.body.windows(36).find(is_uuid).expect("a session is named by a UUID");
        String::from_utf8_lossy(uuid).into_owned()
    }
}

async fn serve(stream: TcpStream, calls: Arc<Mutex<Vec<Call>>>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    // Kept open, so that the client goes on waiting.
    let mut unanswered = Vec::new();
    while let Some(Ok((request, respond))) = connection.accept().await {
        unanswered.push(respond);
        let path = request.uri().path().to_owned();
        tokio::spawn(hear(path, request.into_body(), Arc::clone(&calls)));
    }
}

/// Keeps a call once it is there as a whole.
async fn hear(path: String, mut stream: RecvStream, calls: Arc<Mutex<Vec<Call>>>) {
    let mut body = Vec::new();
    while let Some(Ok(part)) = stream.data().await {
        body.extend_from_slice(&part);
    }
    let method = path.rsplit('/').next().unwrap_or_default().to_owned();
    calls.lock().unwrap().push(Call { method, body });
}
