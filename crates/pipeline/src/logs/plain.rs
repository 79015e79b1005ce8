//! The form that nearly all logs have, read in one pass: elements without attributes that hold
//! text and nothing else. Everything else is left to the XML reader, which decides alone what is
//! well formed; where this reader finds values, that one finds the same.

use memchr::memchr2;

use super::{
    element::{Spans, index_of, trimmed},
    well_formed::Faults,
};

/// Depth of the elements with values.
const DEPTH: usize = 3;

/// Where the values of a document lie in it, if it has the plain form.
pub fn read(document: &str, faults: &Faults, max_depth: usize) -> Option<Spans> {
    if faults.any() || max_depth < DEPTH {
        return None;
    }
    let mut spans = Spans::default();
    let mut rest = Rest { document, at: 0 };
    rest.skip_blanks();
    rest.take("<reviewlog>")?;
    rest.skip_blanks();
    rest.take("<log>")?;
    loop {
        rest.skip_blanks();
        rest.take("<")?;
        if rest.take("/log>").is_some() {
            break;
        }
        let name = rest.name()?;
        let start = rest.at;
        rest.text()?;
        let end = rest.at;
        rest.take("</")?;
        rest.take(name)?;
        rest.take(">")?;
        if let Some(index) = index_of(name) {
            // Twice the same name is for the XML reader to refuse.
            if spans[index].replace(trimmed(document, start, end)).is_some() {
                return None;
            }
        }
    }
    rest.skip_blanks();
    rest.take("</reviewlog>")?;
    rest.skip_blanks();
    (rest.at == document.len()).then_some(spans)
}

/// What is still to be read.
struct Rest<'a> {
    document: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    fn bytes(&self) -> &'a [u8] {
        &self.document.as_bytes()[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at += self.bytes().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }

    fn take(&mut self, wanted: &str) -> Option<()> {
        self.bytes().starts_with(wanted.as_bytes()).then(|| self.at += wanted.len())
    }

    /// A name of letters, and the end of its tag.
    fn name(&mut self) -> Option<&'a str> {
        let letters = self.bytes().iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let name = &self.document[self.at..self.at + letters];
        self.at += letters;
        self.take(">")?;
        (letters > 0).then_some(name)
    }

    /// Text up to the next tag; none where it has references, which stand for other text.
    fn text(&mut self) -> Option<()> {
        let end = memchr2(b'<', b'&', self.bytes())?;
        self.at += end;
        (self.document.as_bytes()[self.at] == b'<').then_some(())
    }
}
