//! How the host reads the strings of an answer: three rules that would change a text silently.

/// Whether .NET's `Convert.FromBase64String` takes the text. The host runs it over every output
/// that is a string and, where it succeeds, uses the bytes: `done` and `20240101` are base64.
/// White space counts for nothing there, and neither do the unused bits of the last character.
pub(crate) fn is_base64(text: &str) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let mut length = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes().filter(|byte| !blank(byte)) {
        match byte {
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
        length += 1;
    }
    length.is_multiple_of(4) && padding <= 2 && length >= padding * 2
}

/// Whether Newtonsoft.Json would take the text for a date and write it anew, wherever in an
/// answer it stands: its test for candidates, so a few texts are named that it spares.
pub(crate) fn is_date(text: &str) -> bool {
    let length = text.encode_utf16().count();
    let iso = (19..=40).contains(&length)
        && text.starts_with(|first: char| first.is_numeric())
        && text.encode_utf16().nth(10) == Some(u16::from(b'T'));
    iso || (text.starts_with("/Date(") && text.ends_with(")/"))
}

/// Whether the host parses the text as JSON when it is an output of its own, splitting arrays
/// into messages: it looks at the first and the last character only, and fails on malformed JSON.
pub(crate) fn is_json(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_what_dotnet_takes_for_it() {
        for yes in ["", " ", "done", "20240101", "ab==", "abc=", "a b\r\nc\td", "AB==", "++//"] {
            assert!(is_base64(yes), "{yes:?}");
        }
        for no in ["don", "a===", "====", "ab=c", "done!", "a-b_", "dóne", "abcd="] {
            assert!(!is_base64(no), "{no:?}");
        }
    }

    #[test]
    fn dates_are_what_newtonsoft_tries() {
        for yes in ["2026-11-22T05:00:00", "2026-11-22T05:00:00.1234567+01:00", "/Date(123)/"] {
            assert!(is_date(yes), "{yes:?}");
        }
        for no in ["2026-11-22", "2026-11-22 05:00:00", "x026-11-22T05:00:00", "{}", ""] {
            assert!(!is_date(no), "{no:?}");
        }
    }

    #[test]
    fn json_is_told_by_its_ends() {
        assert!(is_json(" {oops} ") && is_json("[1,2]") && !is_json("{1]") && !is_json("7"));
    }
}
