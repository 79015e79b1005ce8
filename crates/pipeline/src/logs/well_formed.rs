//! What makes a document malformed that the tokenizer lets pass.

use memchr::memchr;
use quick_xml::events::BytesStart;

/// What of a whole document is seen at one glance, before its events are read.
pub struct Faults {
    /// It holds a control character, which XML has no place for, not even escaped.
    pub control: bool,
    /// It may hold `]]>` outside of CDATA.
    brackets: bool,
}

impl Faults {
    pub fn of(document: &str) -> Self {
        let bytes = document.as_bytes();
        // Without an early end, so that many bytes are compared at once.
        let control = bytes.iter().fold(false, |found, byte| found | !is_char(char::from(*byte)));
        Self { control, brackets: memchr(b']', bytes).is_some() }
    }

    /// Whether there may be any of these faults.
    pub fn any(&self) -> bool {
        self.control || self.brackets
    }

    /// `]]>` ends CDATA and stands nowhere else.
    pub fn in_text(&self, text: &str) -> bool {
        self.brackets && text.contains("]]>")
    }
}

/// Whether a character may stand in a document. Of bytes it knows only those below 128.
pub fn is_char(character: char) -> bool {
    !matches!(character, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// Whether a tag has a name, and attributes that are quoted, differ and refer to nothing unknown.
pub fn is_sound(tag: &BytesStart<'_>) -> bool {
    is_name(tag.name().0) && (tag.attributes_raw().is_empty() || has_sound_attributes(tag))
}

fn is_name(name: &str) -> bool {
    // As nearly all are.
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return true;
    }
    let mut characters = name.chars();
    let first = |c: char| c.is_alphabetic() || c == '_' || c == ':';
    let other = |c: char| first(c) || c.is_numeric() || matches!(c, '-' | '.' | '\u{b7}');
    characters.next().is_some_and(first) && characters.all(other)
}

fn has_sound_attributes(tag: &BytesStart<'_>) -> bool {
    tag.attributes().all(|attribute| {
        attribute.is_ok_and(|attribute| {
            let value = &attribute.value;
            is_name(attribute.key.0)
                && !value.contains('<')
                && quick_xml::escape::unescape(value).is_ok()
        })
    })
}
