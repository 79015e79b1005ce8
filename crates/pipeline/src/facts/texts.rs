//! Texts of dimensions as codes, each held once.

use indexmap::IndexSet;

use crate::dimensions::COUNT;

/// Text of key and code 0: what a fact shows where the log names nothing.
pub const UNKNOWN: &str = "Unknown";

/// Bytes that a text takes beside its own: its place in the set while that grows, and the
/// allocator's share.
const BYTES_PER_TEXT: usize = 96;

/// Texts in the order of their codes. Code 0 is always [`UNKNOWN`].
#[derive(Clone, Debug)]
pub struct Interner {
    texts: IndexSet<Box<str>, ahash::RandomState>,
    bytes: usize,
}

impl Default for Interner {
    fn default() -> Self {
        let mut interner = Self { texts: IndexSet::default(), bytes: 0 };
        interner.code(UNKNOWN);
        interner
    }
}

impl Interner {
    /// The code of a text, a new one where it has none yet.
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.texts.get_index_of(text) {
            return code as u32;
        }
        self.bytes += text.len() + BYTES_PER_TEXT;
        self.texts.insert_full(text.into()).0 as u32
    }

    /// The text of a code, where there is one.
    pub fn text(&self, code: u32) -> Option<&str> {
        self.texts.get_index(code as usize).map(AsRef::as_ref)
    }

    /// Texts by code.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }

    /// Memory that the texts take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Gives codes of one set of texts those of another, which takes only what is asked for.
pub(super) struct Recoder<'a> {
    from: &'a [Interner; COUNT],
    codes: [Vec<u32>; COUNT],
}

/// No code yet.
const NONE: u32 = u32::MAX;

impl<'a> Recoder<'a> {
    pub(super) fn new(from: &'a [Interner; COUNT]) -> Self {
        Self { from, codes: from.each_ref().map(|texts| vec![NONE; texts.texts.len()]) }
    }

    pub(super) fn recode(
        &mut self,
        codes: [u32; COUNT],
        into: &mut [Interner; COUNT],
    ) -> [u32; COUNT] {
        std::array::from_fn(|place| {
            let known = &mut self.codes[place][codes[place] as usize];
            if *known == NONE {
                // Every code of the set has a text.
                *known = into[place].code(self.from[place].text(codes[place]).unwrap_or_default());
            }
            *known
        })
    }
}

/// Memory that all texts take.
pub(super) fn bytes(texts: &[Interner; COUNT]) -> usize {
    texts.iter().map(Interner::bytes).sum()
}
