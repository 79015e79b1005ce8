//! Messages as the queue service writes them.

use chrono::{DateTime, Utc};
use quick_xml::{
    Reader,
    escape::{escape, resolve_predefined_entity},
    events::Event,
};

/// A message of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Given by the service.
    pub id: String,
    /// Proves who received it last. Empty for a message that was only looked at.
    pub pop_receipt: String,
    /// How often it was received, this time included.
    pub dequeue_count: u32,
    /// What it says.
    pub text: String,
    /// When it was put.
    pub inserted: DateTime<Utc>,
    /// When the service drops it.
    pub expires: DateTime<Utc>,
    /// When others can receive it. For a message that was only looked at: when it was put.
    pub next_visible: DateTime<Utc>,
}

/// The body that puts a message.
pub(crate) fn body(text: &str) -> String {
    let text = escape(text);
    format!("<QueueMessage><MessageText>{text}</MessageText></QueueMessage>")
}

/// The messages of a list, or why they are not understood.
pub(crate) fn parse(xml: &str) -> Result<Vec<Message>, String> {
    let mut reader = Reader::from_str(xml);
    let (mut messages, mut message, mut text) = (Vec::new(), Message::default(), String::new());
    loop {
        match reader.read_event().map_err(|error| format!("is no XML: {error}"))? {
            Event::Start(tag) => {
                if tag.name().0 == "QueueMessage" {
                    message = Message::default();
                }
                text.clear();
            }
            Event::Text(part) => text.push_str(&part),
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(part) => match part.resolve_char_ref() {
                Ok(Some(character)) => text.push(character),
                _ => text.push_str(resolve_predefined_entity(&part).unwrap_or_default()),
            },
            Event::End(tag) if tag.name().0 == "QueueMessage" => {
                if message.pop_receipt.is_empty() {
                    message.next_visible = message.inserted;
                }
                messages.push(std::mem::take(&mut message));
            }
            Event::End(tag) => set(&mut message, tag.name().0, std::mem::take(&mut text))?,
            Event::Eof => return Ok(messages),
            _ => {}
        }
    }
}

fn set(message: &mut Message, element: &str, text: String) -> Result<(), String> {
    match element {
        "MessageId" => message.id = text,
        "PopReceipt" => message.pop_receipt = text,
        "MessageText" => message.text = text,
        "InsertionTime" => message.inserted = time(&text)?,
        "ExpirationTime" => message.expires = time(&text)?,
        "TimeNextVisible" => message.next_visible = time(&text)?,
        "DequeueCount" => {
            message.dequeue_count =
                text.parse().map_err(|_| format!("has the dequeue count `{text}`"))?;
        }
        _ => {}
    }
    Ok(())
}

/// As in headers: `Mon, 23 Nov 2026 06:15:01 GMT`.
pub(crate) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc2822(text).map_err(|_| format!("has the time `{text}`"))?;
    Ok(time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_messages_is_understood() {
        let xml = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><QueueMessagesList>\
            <QueueMessage><MessageId>1</MessageId><InsertionTime>Mon, 23 Nov 2026 06:15:01 GMT\
            </InsertionTime><ExpirationTime>Fri, 31 Dec 9999 23:59:59 GMT</ExpirationTime>\
            <PopReceipt>a+b=</PopReceipt><TimeNextVisible>Mon, 23 Nov 2026 06:25:01 GMT\
            </TimeNextVisible><DequeueCount>4</DequeueCount><MessageText>{&quot;a&quot;: \
            &lt;b&gt; &#x263A;}</MessageText></QueueMessage><QueueMessage><MessageId>2\
            </MessageId><MessageText/></QueueMessage></QueueMessagesList>";
        let messages = parse(xml).unwrap();
        assert_eq!((messages.len(), messages[0].dequeue_count), (2, 4));
        assert_eq!(messages[0].text, "{\"a\": <b> \u{263a}}");
        assert_eq!(messages[0].pop_receipt, "a+b=");
        assert_eq!((messages[0].next_visible - messages[0].inserted).num_seconds(), 600);
        assert_eq!((messages[1].id.as_str(), messages[1].text.as_str()), ("2", ""));
        assert!(parse("<QueueMessagesList/>").unwrap().is_empty());
        assert!(parse("<a><DequeueCount>x</DequeueCount></a>").is_err());
    }
}
