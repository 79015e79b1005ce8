//! Bodies of any bytes in place of the host's: decoded or refused, by each trigger.

use custom_handler::{EventGridEvents, HttpRequest, Payload, QueueMessage, Timer, Trigger};

pub fn check(data: &[u8]) {
    let Ok(payload) = Payload::from_slice(data) else { return };
    let _ = QueueMessage::decode(payload.clone()).map(|message| message.text().map(str::len));
    let _ = Timer::decode(payload.clone());
    let _ = HttpRequest::decode(payload.clone());
    let _ = EventGridEvents::decode(payload.clone());
}
