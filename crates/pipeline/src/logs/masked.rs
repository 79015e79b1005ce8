//! What quarantine may show of a refused log: its structure, its date, and the words of its
//! dimensions.

use quick_xml::{Reader, events::Event};

use super::element::{IP_ADDRESS, LOG_DATE, PHONE_NUMBER, predefined};
use crate::dimensions::DIMENSIONS;

/// The text of a refused row with `#` for each letter and digit of whatever could be an address
/// or a telephone number; `None` unless its XML tokenizes, because only then it is known what
/// stands where.
///
/// Kept are names of elements, a date in `<logDate>`, and of the dimensions those words that have
/// neither a digit nor a colon. Attributes, comments, character references, unknown elements and
/// everything outside of the XML may hold anything, so nothing of them is kept.
pub fn masked(line: &[u8]) -> Option<Vec<u8>> {
    let line = std::str::from_utf8(line).ok()?;
    let (before, document) = line.split_at(line.find('<')?);
    let closing = document.len() - document.trim_end_matches('"').len();
    let (document, closing) = document.split_at(document.len() - closing);
    let is_quoted = before.ends_with('"');
    let document = if is_quoted { document.replace("\"\"", "\"") } else { document.to_owned() };

    let mut shown = String::with_capacity(document.len());
    let mut inside = None;
    let mut reader = Reader::from_str(&document);
    let mut from = 0;
    loop {
        let event = reader.read_event().ok()?;
        let to = usize::try_from(reader.buffer_position()).ok()?;
        let markup = document.get(from..to)?;
        match &event {
            Event::Eof => break,
            Event::DocType(_) => return None,
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.name().0;
                inside = matches!(event, Event::Start(_)).then(|| name.to_owned());
                push_tag(&mut shown, markup, name);
            }
            Event::End(tag) => {
                inside = None;
                push_tag(&mut shown, markup, tag.name().0);
            }
            Event::Text(_) => {
                let name = inside.take().unwrap_or_default();
                push_text(&mut shown, markup, &name);
                // A date stands there once.
                inside = Some(name).filter(|name| name != LOG_DATE.name());
            }
            Event::GeneralRef(name) if predefined(name).is_some() => shown.push_str(markup),
            Event::CData(text) => {
                shown.push_str("<![CDATA[");
                push_hidden(&mut shown, text);
                shown.push_str("]]>");
            }
            _ => push_hidden(&mut shown, markup),
        }
        from = to;
    }
    let mut raw = String::with_capacity(line.len());
    push_hidden(&mut raw, before);
    raw.push_str(&if is_quoted { shown.replace('"', "\"\"") } else { shown });
    raw.push_str(closing);
    Some(raw.into_bytes())
}

/// Whether a row of whatever file holds a log, or a part of one.
pub fn is_in(line: &[u8]) -> bool {
    let signs = [&b"reviewlog"[..], IP_ADDRESS.name().as_bytes(), PHONE_NUMBER.name().as_bytes()];
    signs.into_iter().any(|sign| memchr::memmem::find(line, sign).is_some())
}

/// Every letter and digit as `#`.
pub fn hidden(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    push_hidden(&mut shown, text);
    shown
}

fn push_hidden(shown: &mut String, text: &str) {
    shown.extend(text.chars().map(|c| if c.is_alphanumeric() { '#' } else { c }));
}

/// A tag with nothing hidden but its attributes, and its name where that is no word.
fn push_tag(shown: &mut String, markup: &str, name: &str) {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphabetic());
    match markup.split_once(name).filter(|_| is_word) {
        Some((open, rest)) => {
            shown.push_str(open);
            shown.push_str(name);
            push_hidden(shown, rest);
        }
        None => push_hidden(shown, markup),
    }
}

fn push_text(shown: &mut String, text: &str, inside: &str) {
    if inside == LOG_DATE.name() && looks_like_a_date(text.trim().as_bytes()) {
        shown.push_str(text);
    } else if DIMENSIONS.iter().any(|dimension| dimension.element == inside) {
        for word in text.split_inclusive(char::is_whitespace) {
            match word.chars().any(|c| c.is_numeric() || c == ':') {
                true => push_hidden(shown, word),
                false => shown.push_str(word),
            }
        }
    } else {
        push_hidden(shown, text);
    }
}

/// Groups of at most four digits between two equal dashes or slashes: no address and no
/// telephone number has this form.
fn looks_like_a_date(text: &[u8]) -> bool {
    let shape: Vec<u8> =
        text.iter().map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte }).collect();
    [&b"00-00-0000"[..], b"0-00-0000", b"00-0-0000", b"0-0-0000", b"0000-00-00", b"00/00/0000"]
        .contains(&shape.as_slice())
}

#[cfg(test)]
mod tests {
    use super::{super::element::GOOD, *};

    fn shown(line: &str) -> String {
        String::from_utf8(masked(line.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn structure_date_and_dimensions_are_kept() {
        let expected = GOOD.replace("9.200.232.57", "#.###.###.##");
        let expected = expected.replace("821-540-5777", "###-###-####");
        assert_eq!(shown(&format!("7,\"{GOOD}\"")), format!("#,\"{expected}\""));
        assert_eq!(shown(&format!("7,{GOOD},note 8")), format!("#,{expected},#### #"));
    }

    #[test]
    fn nothing_that_could_be_an_address_or_a_number_is_kept() {
        for (text, kept) in [
            ("<logDate>9.200.232.57</logDate>", "<logDate>#.###.###.##</logDate>"),
            ("<logDate>821-540-5777</logDate>", "<logDate>###-###-####</logDate>"),
            ("<device>iPad dead:beef::cafe 9</device>", "<device>iPad ####:####::#### #</device>"),
            ("<ipAddress>dead:beef::cafe</ipAddress>", "<ipAddress>####:####::####</ipAddress>"),
            ("<phoneNumber>FLOWERS</phoneNumber>", "<phoneNumber>#######</phoneNumber>"),
            ("<device>８２１</device>", "<device>###</device>"),
            ("<device>&#57;.&#x32;</device>", "<device>&###;.&####;</device>"),
            ("<os>a &amp; b</os>", "<os>a &amp; b</os>"),
            ("<os><![CDATA[9.200]]></os>", "<os><![CDATA[#.###]]></os>"),
            ("<!-- call FLOWERS -->", "<!-- #### ####### -->"),
            ("<device ip='dead:beef::1'/>", "<device ##='####:####::#'/>"),
            ("<ip9.2>x</ip9.2>", "<###.#>#</###.#>"),
            ("<?note 9?>", "<?#### #?>"),
        ] {
            assert_eq!(shown(text), kept, "{text}");
        }
    }

    #[test]
    fn quotes_of_attributes_stay_doubled() {
        let line = "7,\"<log a=\"\"b\"\"><os>x</os></log>\"";
        assert_eq!(shown(line), "#,\"<log #=\"\"#\"\"><os>x</os></log>\"");
    }

    #[test]
    fn what_does_not_tokenize_is_not_kept() {
        assert_eq!(masked(&GOOD.as_bytes()[..GOOD.len() - 3]), None);
        assert_eq!(masked(b"<!DOCTYPE a><reviewlog/>"), None);
        assert_eq!(masked(b"7,no xml"), None);
        assert_eq!(masked(b"7,<log>\xff</log>"), None);
    }
}
