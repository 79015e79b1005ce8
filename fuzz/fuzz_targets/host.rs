//! Bodies of any bytes in place of the host's: decoded or refused, by each trigger.

#![no_main]

use custom_handler::{EventGridEvents, HttpRequest, Payload, QueueMessage, Timer, Trigger};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(payload) = Payload::from_slice(body) else { return };
    let _ = QueueMessage::decode(&mut payload.clone()).map(|message| message.text().map(str::len));
    let _ = Timer::decode(&mut payload.clone());
    let _ = HttpRequest::decode(&mut payload.clone());
    let _ = EventGridEvents::decode(&mut payload.clone());
});
