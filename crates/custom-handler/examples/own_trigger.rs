//! A trigger that the crate does not have: small blobs.
//!
//! `measure/function.json` has a `blobTrigger` with `"path": "inbox/{name}"`.

use base64::{Engine, engine::general_purpose::STANDARD};
use custom_handler::{App, Context, DecodeError, Error, Outcome, Payload, Stopped, Trigger};

struct Blob {
    name: String,
    content: Vec<u8>,
}

impl Trigger for Blob {
    const KIND: &'static str = "blobTrigger";

    fn decode(mut payload: Payload) -> Result<Self, DecodeError> {
        let value = payload.take_trigger(Self::KIND, serde_json::Value::is_string)?;
        let content = value.as_str().and_then(|text| STANDARD.decode(text).ok());
        let content = content.ok_or(DecodeError::new("expected a blob as base64"))?;
        Ok(Self { content, name: payload.metadata_text("name").unwrap_or_default() })
    }
}

#[tokio::main]
async fn main() -> Result<Stopped, Error> {
    App::new()
        .function("measure", async |blob: Blob, _: Context| {
            Outcome::done().log(format!("{} has {} bytes", blob.name, blob.content.len()))
        })
        .run()
        .await
}
