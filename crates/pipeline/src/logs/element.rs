//! The known elements of a log, and where their values lie.

use crate::{
    blanks::is_blank,
    dimensions::{COUNT, DIMENSIONS},
};

/// A known element below `<log>`: that of a dimension by its place, or one of those below.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element(pub usize);

pub const LOG_DATE: Element = Element(COUNT);
pub const IP_ADDRESS: Element = Element(COUNT + 1);
pub const PHONE_NUMBER: Element = Element(COUNT + 2);

pub const NAMES: [&str; COUNT + 3] = {
    let mut names = [""; COUNT + 3];
    let mut place = 0;
    while place < COUNT {
        names[place] = DIMENSIONS[place].element;
        place += 1;
    }
    names[LOG_DATE.0] = "logDate";
    names[IP_ADDRESS.0] = "ipAddress";
    names[PHONE_NUMBER.0] = "phoneNumber";
    names
};

impl Element {
    pub const fn name(self) -> &'static str {
        NAMES[self.0]
    }
}

/// Where each element's text lies, trimmed; `None` where the element is absent.
pub type Spans = [Option<(usize, usize)>; NAMES.len()];

/// What stands for a character that XML itself names.
pub fn predefined(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

/// The known element of this name.
pub fn index_of(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name)
}

/// Where a text lies once trimmed, out of where it lies with the blanks around it.
pub fn trimmed(text: &str, start: usize, end: usize) -> (usize, usize) {
    let value = &text[start..end];
    // As nearly all are.
    if let (Some(b'!'..=b'~'), Some(b'!'..=b'~')) =
        (value.as_bytes().first(), value.as_bytes().last())
    {
        return (start, end);
    }
    let skipped = value.len() - value.trim_start_matches(is_blank).len();
    (start + skipped, start + skipped + value.trim_matches(is_blank).len())
}

/// A sound log for unit tests.
#[cfg(test)]
pub const GOOD: &str = "<reviewlog><log><logDate>04-25-2021</logDate><device>Mobile</device>\
    <location>Kansas</location><os>Apple iOS</os><ipAddress>9.200.232.57</ipAddress>\
    <phoneNumber>821-540-5777</phoneNumber></log></reviewlog>";
