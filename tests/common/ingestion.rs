//! A stand-in for the ingestion endpoint of Application Insights.

#![allow(clippy::unwrap_used)]

use std::{io::Read, sync::mpsc, time::Duration};

use serde_json::{Value, json};

use super::receiver::listen;

/// What was sent to it.
pub struct Ingestion {
    port: u16,
    envelopes: mpsc::Receiver<Value>,
}

impl Ingestion {
    /// Listens on a port of its own.
    pub fn start() -> Self {
        let (sender, envelopes) = mpsc::channel();
        let port = listen(move |request| {
            let mut text = String::new();
            flate2::read::GzDecoder::new(&request.body[..]).read_to_string(&mut text).unwrap();
            let envelopes: Vec<Value> = serde_json::from_str(&text).unwrap();
            let count = envelopes.len();
            envelopes.into_iter().for_each(|envelope| sender.send(envelope).unwrap());
            let answer = json!({"itemsReceived": count, "itemsAccepted": count, "errors": []});
            ("application/json", answer.to_string().into_bytes())
        });
        Self { port, envelopes }
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
