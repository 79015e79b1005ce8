//! The XML of one session log: `<reviewlog><log>` with the known elements in any order.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{
    element::{Element, Spans, index_of, predefined, trimmed},
    plain,
    well_formed::{Faults, is_char, is_sound},
};
use crate::{RowReason, refusal::RowRefusal};

const fn malformed() -> RowRefusal {
    RowRefusal::of_column(RowReason::MalformedXml, "log")
}

/// The name of a tag without its prefix.
fn local<'a>(tag: &'a BytesStart<'_>) -> &'a str {
    let name = tag.name().0;
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// The values of one log.
pub struct Log<'a> {
    text: &'a str,
    spans: Spans,
}

impl<'a> Log<'a> {
    pub fn value(&self, element: Element) -> Option<&'a str> {
        self.spans[element.0].map(|(start, end)| &self.text[start..end])
    }
}

/// Reads logs. Kept from row to row, so that reading allocates nothing.
#[derive(Default)]
pub struct LogReader {
    /// Texts of the elements of a log that does not have them in one piece.
    text: String,
    spans: Spans,
}

impl LogReader {
    /// The values of a document. Elements nested deeper than `max_depth` make it malformed.
    pub fn read<'a>(
        &'a mut self,
        document: &'a str,
        max_depth: usize,
    ) -> Result<Log<'a>, RowRefusal> {
        let faults = Faults::of(document);
        if faults.control {
            return Err(malformed());
        }
        if let Some(spans) = plain::read(document, &faults, max_depth) {
            return Ok(Log { text: document, spans });
        }
        self.read_any(document, &faults, max_depth)?;
        Ok(Log { text: &self.text, spans: self.spans })
    }

    /// Reads a document of any form, in place of the one before.
    fn read_any(
        &mut self,
        document: &str,
        faults: &Faults,
        max_depth: usize,
    ) -> Result<(), RowRefusal> {
        self.text.clear();
        self.spans = Spans::default();
        // Some programs put one before each document that they write.
        let document = document.strip_prefix('\u{feff}').unwrap_or(document);
        let mut reader = Reader::from_str(document);
        reader.config_mut().check_end_names = true;
        reader.config_mut().check_comments = true;
        let (mut depth, mut roots, mut logs) = (0_usize, 0_usize, 0_usize);
        // Whether depth 1 is `reviewlog`, depth 2 is `log`, and which element depth 3 is.
        let (mut in_root, mut in_log) = (false, false);
        let mut element: Option<(usize, usize)> = None;
        let mut declared = false;
        loop {
            match reader.read_event().map_err(|_| malformed())? {
                Event::Start(tag) | Event::Empty(tag) if !is_sound(&tag) => {
                    return Err(malformed());
                }
                Event::Start(tag) => {
                    depth += 1;
                    match depth {
                        _ if depth > max_depth => return Err(malformed()),
                        1 => {
                            roots += 1;
                            in_root = local(&tag) == "reviewlog";
                        }
                        2 if in_root && local(&tag) == "log" => {
                            logs += 1;
                            in_log = true;
                        }
                        3 if in_log => element = self.begin(local(&tag))?,
                        _ => {}
                    }
                }
                Event::End(_) => {
                    if depth == 3
                        && let Some((index, start)) = element.take()
                    {
                        self.spans[index] = Some(trimmed(&self.text, start, self.text.len()));
                    }
                    if depth == 2 {
                        in_log = false;
                    }
                    depth = depth.checked_sub(1).ok_or(malformed())?;
                }
                Event::Empty(_) if depth >= max_depth => return Err(malformed()),
                Event::Empty(tag) => match depth {
                    0 => roots += 1,
                    1 if in_root && local(&tag) == "log" => logs += 1,
                    2 if in_log => {
                        if let Some((index, start)) = self.begin(local(&tag))? {
                            self.spans[index] = Some((start, start));
                        }
                    }
                    _ => {}
                },
                Event::Text(text) if faults.in_text(&text) => return Err(malformed()),
                Event::Text(text) if depth == 0 => {
                    if !text.trim().is_empty() {
                        return Err(malformed());
                    }
                }
                Event::Text(text) if depth == 3 && element.is_some() => self.text.push_str(&text),
                Event::CData(text) if depth == 3 && element.is_some() => self.text.push_str(&text),
                Event::CData(_) if depth == 0 => return Err(malformed()),
                Event::GeneralRef(reference) => {
                    let resolved = match reference.resolve_char_ref() {
                        Ok(Some(character)) if is_char(character) => character,
                        Ok(None) => predefined(&reference).ok_or(malformed())?,
                        Ok(Some(_)) | Err(_) => return Err(malformed()),
                    };
                    if depth == 0 {
                        return Err(malformed());
                    }
                    if depth == 3 && element.is_some() {
                        self.text.push(resolved);
                    }
                }
                Event::DocType(_) => {
                    return Err(RowRefusal::of_column(RowReason::XmlDtd, "log"));
                }
                Event::Text(_) | Event::CData(_) => {}
                // The XML declaration stands at the very beginning or nowhere.
                Event::Decl(_) if !document.starts_with("<?xml") || declared => {
                    return Err(malformed());
                }
                Event::Decl(_) => declared = true,
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        match (depth, roots, logs) {
            (0, 1, 1) => Ok(()),
            (0, 1, 0) => Err(RowRefusal::of_column(RowReason::MissingElement, "log")),
            _ => Err(malformed()),
        }
    }

    /// A known element begins: its index and where its text will start. Twice the same name
    /// would leave open which one counts.
    fn begin(&mut self, name: &str) -> Result<Option<(usize, usize)>, RowRefusal> {
        let Some(index) = index_of(name) else { return Ok(None) };
        if self.spans[index].is_some() {
            return Err(malformed());
        }
        Ok(Some((index, self.text.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::element::{GOOD, IP_ADDRESS, LOG_DATE, NAMES, PHONE_NUMBER};
    use super::*;
    use crate::dimensions::place;

    const DEPTH: usize = 8;

    type Values = [Option<String>; NAMES.len()];

    /// The values of a document; where it has the plain form, both readers must find the same.
    fn read(document: &str) -> Result<Values, RowReason> {
        let values = |log: &Log| {
            NAMES.map(|name| index_of(name).and_then(|n| log.value(Element(n)).map(str::to_owned)))
        };
        let mut reader = LogReader::default();
        let read = reader.read(document, DEPTH).map(|log| values(&log));
        let read = read.map_err(|refusal| refusal.reason);
        let faults = Faults::of(document);
        if !faults.control {
            let any = reader.read_any(document, &faults, DEPTH);
            let any = any.map(|()| values(&Log { text: &reader.text, spans: reader.spans }));
            assert_eq!(any.map_err(|refusal| refusal.reason), read, "{document}");
        }
        read
    }

    fn device(inner: &str) -> Result<Option<String>, RowReason> {
        let values = read(&format!("<reviewlog><log>{inner}</log></reviewlog>"))?;
        Ok(values[place("device")].clone())
    }

    fn is_plain(document: &str) -> bool {
        plain::read(document, &Faults::of(document), DEPTH).is_some()
    }

    #[test]
    fn both_readers_find_the_same_in_every_variant_of_a_plain_log() {
        assert!(is_plain(GOOD) && plain::read(GOOD, &Faults::of(GOOD), 2).is_none());
        let parts = "~ ~\n~\u{c}~<~</~>~/~&amp;~&~x~]]>~\u{a0}~<log>~</log>~</reviewlog>~<device>~\
            </device>~<b>t</b>~<b/>~<!-- c -->~<![CDATA[<]]>~\"";
        let mut plain_ones = 0;
        for at in 0..=GOOD.len() {
            for part in parts.split('~') {
                for cut in [0, 1, 5, 8, 23] {
                    let end = (at + cut).min(GOOD.len());
                    let document = [&GOOD[..at], part, &GOOD[end..]].concat();
                    plain_ones += usize::from(is_plain(&document));
                    let _ = read(&document);
                }
            }
        }
        assert!(plain_ones > 1_000, "{plain_ones}");
    }

    #[test]
    fn every_known_element_is_found_by_name() {
        let found = read(GOOD).unwrap();
        let value = |element: Element| found[element.0].as_deref();
        let others = [LOG_DATE, IP_ADDRESS, PHONE_NUMBER].map(value);
        assert_eq!(others, [Some("04-25-2021"), Some("9.200.232.57"), Some("821-540-5777")]);
        for (name, text) in
            [("device", Some("Mobile")), ("location", Some("Kansas")), ("browser", None)]
        {
            assert_eq!(value(Element(place(name))), text);
        }
    }

    #[test]
    fn values_are_trimmed_and_put_together_from_text_cdata_and_entities() {
        for (inner, value) in [
            ("<device> Tab </device>", "Tab"),
            ("<device>A &amp; B</device>", "A & B"),
            ("<device>&#65;&#x42;</device>", "AB"),
            ("<device><![CDATA[<x> & ]]>y</device>", "<x> & y"),
            ("<device>a<!-- no -->b</device>", "ab"),
            ("<device>a<b>c</b>d</device>", "ad"),
            ("<device/>", ""),
            ("<other><device>no</device></other><device>yes</device>", "yes"),
            ("<?pi x?><device a='1'>q</device>", "q"),
        ] {
            assert_eq!(device(inner), Ok(Some(value.to_owned())), "{inner}");
        }
    }

    #[test]
    fn documents_that_are_not_well_formed_are_refused() {
        for document in [
            "<reviewlog><log>",
            "<reviewlog><log></reviewlog>",
            "<reviewlog><log/></reviewlog><reviewlog/>",
            "<reviewlog><log/><log/></reviewlog>",
            "<reviewlog><log/></reviewlog>text",
            "text<reviewlog><log/></reviewlog>",
            "<reviewlog><log><device>a</device><device>b</device></log></reviewlog>",
            "<reviewlog><log><device>&unknown;</device></log></reviewlog>",
            "<reviewlog><log><device>a & b</device></log></reviewlog>",
            "<reviewlog><log><a><a><a><a><a><a><a/></a></a></a></a></a></a></log></reviewlog>",
            "no xml",
            "</log>",
        ] {
            assert_eq!(read(document).err(), Some(RowReason::MalformedXml), "{document}");
        }
    }

    #[test]
    fn a_document_without_a_log_misses_its_element() {
        for document in ["<reviewlog></reviewlog>", "<reviewlog/>", "<log><device>x</device></log>"]
        {
            assert_eq!(read(document).err(), Some(RowReason::MissingElement), "{document}");
        }
    }

    #[test]
    fn a_document_type_is_refused_before_anything_of_it_is_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"cc\">]><reviewlog><log/></reviewlog>";
        assert_eq!(read(bomb).err(), Some(RowReason::XmlDtd));
    }
}
